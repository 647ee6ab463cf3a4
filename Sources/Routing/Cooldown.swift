// Cooldown: leaving an upstream alone for a while after it failed, as one 64-bit word.
//
// For: not making every request find out again that an upstream is down, and not hammering one that asked for a
// pause.
// Refuses: an upstream that is benched; when the time is over, one request at a time may try it.
// Called by: CooldownTable.

/// Why an upstream was benched: each kind has its own back-off.
public enum UpstreamTrouble: Hashable, Sendable {
    /// No connection, or it broke before an answer.
    case connect
    /// No answer in time.
    case timeout
    /// Status 5xx, or an answer that was not one.
    case serverError
    /// Status 429. With the vendor's wish, in nanoseconds, where one was stated.
    case rateLimited(retryAfterNanos: UInt64?)
    /// Status 401 or 403: our credential is not accepted.
    case credentialRefused

    /// First pause and longest pause, in milliseconds. The longest is below 30 s, so that a recovered upstream is
    /// back within that (case T-16); a refused credential needs an operator, so trying it once a minute is plenty.
    var pauses: (first: UInt64, longest: UInt64) {
        switch self {
        case .connect: (500, 15_000)
        case .timeout: (2000, 20_000)
        case .serverError: (1000, 20_000)
        case .rateLimited: (500, 8000)
        case .credentialRefused: (5000, 60_000)
        }
    }
}

/// The state of one upstream, or of one model there.
///
/// Bits: 0–39 the end of the pause in milliseconds of a monotonic clock, 40–47 failures in a row, 48 whether the
/// vendor stated the pause.
public struct Cooldown: Hashable, Sendable {
    /// All of the state; 0 for an upstream that never failed.
    public let word: UInt64

    /// The state from its word.
    public init(word: UInt64 = 0) { self.word = word }

    /// How long the one request that tries a benched upstream keeps others away: long enough for most first bytes,
    /// short enough to try again soon when that request was itself given up.
    static let trialMillis: UInt64 = 2000
    /// A vendor's stated pause is kept at most this long: a day. What it says beyond is passed on to clients, not
    /// believed.
    static let longestStatedMillis: UInt64 = 86_400_000

    private static let untilMask: UInt64 = (1 << 40) - 1
    private static let statedBit: UInt64 = 1 << 48

    private var untilMillis: UInt64 { word & Self.untilMask }
    /// Failures in a row, at most 255.
    var failures: UInt64 { word >> 40 & 0xFF }
    /// Whether the vendor stated the pause itself: then nobody is let through before its end.
    var isStated: Bool { word & Self.statedBit != 0 }

    private init(untilMillis: UInt64, failures: UInt64, isStated: Bool) {
        word = untilMillis & Self.untilMask | min(failures, 0xFF) << 40 | (isStated ? Self.statedBit : 0)
    }

    /// The rest of the pause in nanoseconds at `now` (nanoseconds of the same clock); 0 when it is over.
    func remainingNanos(now: UInt64) -> UInt64 {
        let end = untilMillis * 1_000_000
        return end > now ? end - now : 0
    }

    /// The state after a failure at `now`. The pause doubles with each failure in a row, and a random half of it
    /// (`jitter`, any 64 random bits) is taken off, so that loops and machines do not come back in step. A stated
    /// pause is taken as stated.
    public func failed(_ trouble: UpstreamTrouble, now: UInt64, jitter: UInt64) -> Cooldown {
        if case .rateLimited(let stated?) = trouble {
            let pause = min((stated + 999_999) / 1_000_000, Self.longestStatedMillis)
            return Cooldown(untilMillis: now / 1_000_000 + pause, failures: failures + 1, isStated: true)
        }
        let (first, longest) = trouble.pauses
        let full = min(longest, first << min(failures, 16))
        let pause = full / 2 + jitter % (full / 2 + 1)
        let until = max(now / 1_000_000 + pause, isStated ? untilMillis : 0)
        return Cooldown(untilMillis: until, failures: failures + 1, isStated: isStated && until == untilMillis)
    }

    /// The state after an answer that was fine.
    public func succeeded() -> Cooldown { Cooldown() }

    /// The state while one request tries an upstream whose pause is over: others stay away for a moment.
    func onTrial(now: UInt64) -> Cooldown {
        Cooldown(untilMillis: now / 1_000_000 + Self.trialMillis, failures: failures, isStated: false)
    }
}
