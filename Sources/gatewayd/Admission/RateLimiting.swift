// RateLimiting: step 3 of a request: the buckets of the key, its tenant and the whole instance.
//
// For: GCRA decisions on 64-bit words that all event loops share without a lock.
// Refuses: the request when any of the three buckets is empty, with the time until it is not.
// Called by: Gateway.

import HTTP
import Routing
import Synchronization

/// The limits in force where a key or tenant has none of its own; `nil` is no limit.
struct RateDefaults: Sendable {
    let key: RateLimit?
    let tenant: RateLimit?
    let instance: RateLimit?
}

/// What the buckets said.
enum RateVerdict {
    /// Let through, with the tightest of the limits that apply.
    case allowed(RateStanding?)
    case limited(RateStanding)
}

enum RateLimiting {
    /// Asks key, tenant and instance in this order, so that a flood on one key empties nobody else's bucket.
    static func ask(
        _ caller: AuthenticatedKey, _ defaults: RateDefaults, instance: borrowing Atomic<UInt64>, now: UInt64
    ) -> RateVerdict {
        var tightest: RateStanding?
        if let limit = caller.key.rate?.inForce ?? defaults.key,
            let full = take(limit, caller.key.cell.bucket, now, &tightest)
        {
            return .limited(full)
        }
        if let limit = caller.tenant.rate?.inForce ?? defaults.tenant,
            let full = take(limit, caller.tenant.cell.bucket, now, &tightest)
        {
            return .limited(full)
        }
        if let limit = defaults.instance, let full = take(limit, instance, now, &tightest) { return .limited(full) }
        return .allowed(tightest)
    }

    /// Asks the instance alone, for requests of no tenant.
    static func ask(_ defaults: RateDefaults, instance: borrowing Atomic<UInt64>, now: UInt64) -> RateVerdict {
        var tightest: RateStanding?
        if let limit = defaults.instance, let full = take(limit, instance, now, &tightest) { return .limited(full) }
        return .allowed(tightest)
    }

    /// Takes one request out of the bucket in `word`; the standing when it was empty.
    private static func take(
        _ limit: RateLimit, _ word: borrowing Atomic<UInt64>, _ now: UInt64, _ tightest: inout RateStanding?
    ) -> RateStanding? {
        var seen = word.load(ordering: .relaxed)
        while true {
            switch RateBucket(word: seen).decide(limit, now: now) {
            case .limited(let standing): return standing
            case .allowed(let next, let standing):
                let (exchanged, original) = word.compareExchange(
                    expected: seen, desired: next.word, ordering: .relaxed)
                guard exchanged else {
                    seen = original
                    continue
                }
                if tightest.map({ standing.isTighter(than: $0) }) ?? true { tightest = standing }
                return nil
            }
        }
    }
}

extension RateStanding {
    /// Whole seconds until the refused request would be let through, at least 1.
    var retryAfterSeconds: Int { max(1, Int((retryAfterNanos + 999_999_999) / 1_000_000_000)) }

    /// Writes the vendor's rate-limit fields; account routes use OpenAI's names. `retry-after` is the refusal's own.
    func append(to headers: inout HeaderBlock, _ manner: Manner) {
        RateLimitHeaders.forEach(manner == .anthropic ? .anthropic : .openai, self, now: Clock.unixMillis()) {
            name, value in
            if retryAfterNanos == 0 || name.utf8CodeUnitCount > 11 { headers.append(name, value) }
        }
    }
}
