// Expiry: when a token ends, out of what its endpoint said.
//
// For: case O-06. There is always an instant: a token without one would never be refreshed.
// Refuses: the past, ten years from now, and what is neither number nor date; then the provider's default lifetime holds.
// Called by: whoever reads token answers.

public import Tenancy

/// The instant at which a token is taken to end, and why that one.
public struct Expiry: Hashable, Sendable {
    public let instant: UnixMillis
    public let source: Source

    /// Where an instant comes from.
    public enum Source: Hashable, Sendable {
        /// The answer stated it.
        case stated
        /// The answer stated a shorter or longer life than the policy's bounds, and it was taken as the bound.
        case clamped
        /// The answer stated none; the default lifetime holds.
        case assumed
        /// What the answer stated is neither a number nor a date; the default lifetime holds.
        case unreadable
        /// What the answer stated has passed, or is ten years away; the default lifetime holds.
        case implausible
    }

    /// Longer lives are a unit read wrongly: ten years.
    public static let absurd = Millis.days(3653)
    /// A number since 1970 from here on counts milliseconds: as seconds it would be the year 5138, as milliseconds it is
    /// March 1973.
    static let smallestEpochMillis: Double = 1e11

    /// Reads the answer to a request that was sent at `sent`: lifetimes begin no earlier. `lifetime` is what the policy's
    /// rule speaks of, usually `expires_in`; `end` is `expires_at`, used where `lifetime` gives nothing plausible.
    public static func read(
        lifetime: AnswerValue, end: AnswerValue = .missing, sent: UnixMillis, by policy: RefreshPolicy
    ) -> Expiry {
        let readings = [reading(lifetime, by: policy.expiry, sent), reading(end, by: .iso8601, sent)]
        for case .instant(let instant) in readings {
            return clamped(instant, sent, policy)
        }
        let source: Source =
            readings.contains(.implausible) ? .implausible : readings.contains(.unreadable) ? .unreadable : .assumed
        return Expiry(instant: sent + policy.defaultLifetime, source: source)
    }

    private static func clamped(_ instant: UnixMillis, _ sent: UnixMillis, _ policy: RefreshPolicy) -> Expiry {
        let life = min(max(instant - sent, policy.minimumLifetime), policy.maximumLifetime)
        return Expiry(instant: sent + life, source: sent + life == instant ? .stated : .clamped)
    }

    // MARK: One member

    private enum Reading: Hashable {
        case missing, unreadable, implausible
        case instant(UnixMillis)
    }

    private static func reading(_ value: AnswerValue, by rule: ExpiryRule, _ sent: UnixMillis) -> Reading {
        let text: Substring
        switch value {
        case .missing: return .missing
        case .other: return .unreadable
        case .number(let number): text = number[...]
        case .string(let string): text = trimmed(string)
        }
        if text.isEmpty { return .missing }
        guard let instant = number(text).map({ millis($0, by: rule, sent) }) ?? date(text) else { return .unreadable }
        let life = instant - Double(sent.value)
        guard life >= 1, life <= Double(absurd.value) else { return .implausible }
        return .instant(UnixMillis(Int64(instant)))
    }

    private static func millis(_ number: Double, by rule: ExpiryRule, _ sent: UnixMillis) -> Double {
        switch rule {
        case .seconds: Double(sent.value) + number * 1000
        case .milliseconds: Double(sent.value) + number
        case .epochSeconds: number * 1000
        case .epochMilliseconds: number
        case .iso8601: number < smallestEpochMillis ? number * 1000 : number
        }
    }

    private static func date(_ text: Substring) -> Double? {
        ISOInstant.parse(text).map { Double($0.value) }
    }

    /// A JSON number (RFC 8259 §6), a little looser: `Double` alone would take `0x10`, `inf` and `nan`.
    private static func number(_ text: Substring) -> Double? {
        guard text.utf8.count <= 40, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || ".eE+-".utf8.contains($0) })
        else { return nil }
        guard let number = Double(text), number.isFinite else { return nil }
        return number
    }

    private static func trimmed(_ text: String) -> Substring {
        var rest = text[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}
