// RetryVerdict: what follows from an attempt that failed before anything went to the client.
//
// For: one rule for failover and waiting, derived from the kind of failure alone.
// Refuses: to repeat what every upstream would answer the same, to wait beyond the budget, to wait for a silent
// upstream twice.
// Called by: gatewayd (Attempt), once per failed attempt.

/// How an attempt failed before its first content.
public enum UpstreamFault: Hashable, Sendable {
    /// No connection, or it broke before an answer.
    case connect
    /// No answer in time.
    case timeout
    /// An answer that was not one: malformed, empty, HTML.
    case unusable
    /// An HTTP status of 400 or more, with the vendor's `retry-after` in nanoseconds where there was one.
    case status(Int, retryAfterNanos: UInt64?)

    /// What it says about the upstream; `nil` when only about the request (most of 4xx: the same everywhere, cases
    /// T-15, C-04).
    public var trouble: UpstreamTrouble? {
        switch self {
        case .connect: .connect
        case .timeout: .timeout
        case .unusable: .serverError
        case .status(401, _), .status(403, _): .credentialRefused
        case .status(408, _): .timeout
        case .status(429, let after): .rateLimited(retryAfterNanos: after)
        case .status(500..., _): .serverError
        case .status: nil
        }
    }
}

/// What to do next.
public enum RetryVerdict: Hashable, Sendable {
    /// The next attempt of the plan, at once.
    case nextAttempt
    /// The same upstream again after this time, in nanoseconds.
    case again(afterNanos: UInt64)
    /// Give the client this failure.
    case giveUp
}

/// What has happened to a request so far, as far as it matters for trying again.
public struct RetryState: Hashable, Sendable {
    /// Tries so far, all attempts and repetitions together.
    public private(set) var tries = 0
    /// Time spent waiting between tries, in nanoseconds.
    public private(set) var waitedNanos: UInt64 = 0
    /// How often an upstream stayed silent until its timer ended.
    public private(set) var timeouts = 0

    /// At most four tries (case T-14) …
    public static let triesMost = 4
    /// … and at most three seconds of waiting in all (cases T-12, T-14): within any SDK's own patience.
    public static let waitMost: UInt64 = 3_000_000_000
    /// The first pause before the same upstream is asked again without a stated time; it doubles with each try.
    static let firstPause: UInt64 = 250_000_000

    public init() {}

    /// What follows from `fault` of the attempt at hand. `attemptsLeft` is how many of the plan come after it;
    /// `jitter` is any 64 random bits.
    public mutating func decide(_ fault: UpstreamFault, attemptsLeft: Int, jitter: UInt64) -> RetryVerdict {
        tries += 1
        guard let trouble = fault.trouble, tries < Self.triesMost else { return .giveUp }
        if trouble == .timeout {
            timeouts += 1
            // One failover after a silent upstream, not a wait on each: twice the timer is the bound (case T-08).
            if timeouts > 1 { return .giveUp }
        }
        if attemptsLeft > 0 { return .nextAttempt }
        guard case .rateLimited(let stated) = trouble else { return .giveUp }
        let full = Self.firstPause << UInt64(tries - 1)
        let pause = stated ?? full / 2 + jitter % (full / 2 + 1)
        guard pause <= Self.waitMost - waitedNanos else { return .giveUp }
        waitedNanos += pause
        return .again(afterNanos: pause)
    }
}
