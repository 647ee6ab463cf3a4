// RateBucket: how many requests may still come, as one 64-bit word.
//
// For: rate limits per key, tenant and instance. The generic cell rate algorithm needs one number per bucket, the
// theoretical arrival time of the next request if all came evenly; so a bucket fits an atomic word and needs no lock
// and no timer.
// Refuses: a request that comes earlier than the burst allows, with the time after which it would not.
// Called by: gatewayd (RateLimiting), which keeps the words and passes the time in.

/// A rate and how far it may be run ahead of.
public struct RateLimit: Hashable, Sendable {
    /// Requests per minute in the long run, `1 ... largestRate`.
    public let requestsPerMinute: Int
    /// Requests that may come at once after a pause, `1 ... largestBurst`.
    public let burst: Int

    /// 100,000 requests a second: more than one machine serves.
    public static let largestRate = 6_000_000
    /// A minute's worth of the largest rate. Together they keep every sum below within 64 bits.
    public static let largestBurst = 6_000_000

    /// `nil` when out of range. Without `burst`, a minute's worth may come at once.
    public init?(requestsPerMinute: Int, burst: Int? = nil) {
        let burst = burst ?? requestsPerMinute
        guard (1...Self.largestRate).contains(requestsPerMinute), (1...Self.largestBurst).contains(burst) else {
            return nil
        }
        self.requestsPerMinute = requestsPerMinute
        self.burst = burst
    }

    /// The time between two requests at the exact rate, rounded up: never more than the rate.
    @inlinable
    var intervalNanos: UInt64 { (60_000_000_000 + UInt64(requestsPerMinute) - 1) / UInt64(requestsPerMinute) }

    /// How far the theoretical arrival time may lie ahead: the whole burst.
    @inlinable
    var spanNanos: UInt64 { intervalNanos * UInt64(burst) }
}

/// Where a caller stands with a limit after a decision.
public struct RateStanding: Hashable, Sendable {
    /// The limit that was asked.
    public let limit: RateLimit
    /// Requests that would be let through now, `0 ... limit.burst`.
    public let remaining: Int
    /// The time until the whole burst is available again.
    public let resetNanos: UInt64
    /// The time until the refused request would be let through; 0 when it was let through.
    public let retryAfterNanos: UInt64

    @inlinable
    init(limit: RateLimit, remaining: Int, resetNanos: UInt64, retryAfterNanos: UInt64) {
        self.limit = limit
        self.remaining = remaining
        self.resetNanos = resetNanos
        self.retryAfterNanos = retryAfterNanos
    }

    /// Whether this one is nearer to its limit than `other`: the fewer requests remain, then the later they come
    /// back.
    @inlinable
    public func isTighter(than other: RateStanding) -> Bool {
        remaining != other.remaining ? remaining < other.remaining : resetNanos > other.resetNanos
    }
}

/// What a bucket says to one request.
public enum RateDecision: Hashable, Sendable {
    /// Let through; the bucket is to be replaced by this one.
    case allowed(RateBucket, RateStanding)
    /// Refused; the bucket stays as it is.
    case limited(RateStanding)
}

/// The state of one limit for one caller.
///
/// With an atomic word: load, `decide`, and on `.allowed` compare-and-exchange the old word for the new one; on
/// failure decide again.
public struct RateBucket: Hashable, Sendable {
    /// The theoretical arrival time in nanoseconds of the caller's monotonic clock; 0 for a bucket that was never
    /// used.
    public let word: UInt64

    /// A bucket from its word.
    @inlinable
    public init(word: UInt64 = 0) { self.word = word }

    /// Decides on a request at `now`, nanoseconds of a monotonic clock.
    @inlinable
    public func decide(_ limit: RateLimit, now: UInt64) -> RateDecision {
        let (interval, span) = (limit.intervalNanos, limit.spanNanos)
        // No bucket of this limit is emptier than empty: such a word is left over from a slower limit that a reload
        // has replaced. One request is let through and leaves an empty bucket of this limit behind.
        let arrival = word > now + span ? now + span - interval : max(word, now)
        let next = arrival + interval
        guard next - now <= span else {
            let standing = RateStanding(
                limit: limit, remaining: 0, resetNanos: arrival - now, retryAfterNanos: next - now - span)
            return .limited(standing)
        }
        let standing = RateStanding(
            limit: limit, remaining: Int((span - (next - now)) / interval), resetNanos: next - now, retryAfterNanos: 0)
        return .allowed(RateBucket(word: next), standing)
    }
}
