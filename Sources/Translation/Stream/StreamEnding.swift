// StreamEnding: how far a stream has come and how it ended.
//
// For: the decision whether headers may be sent, whether another attempt may run, and what is billed.
// Refuses: nothing.
// Called by: PassthroughStream makes them, gatewayd acts on them.

/// How far a stream has come.
public enum StreamPhase: Hashable, Sendable {
    /// Nothing of the answer has come yet; nothing may be sent, another attempt may take over.
    case prelude
    /// Content has begun: the status is decided and what was held back has been released.
    case committed
    /// It is over; see `PassthroughStream.ending`.
    case finished
}

/// How a stream ended.
public enum StreamEnding: Hashable, Sendable {
    /// The answer is whole (T-02 included: its reason was there, only the last frame was missing and has been added).
    case complete
    /// It broke off after output. The error event is in the output; no terminal frame follows it (T-01).
    case truncated(StreamFault)
    /// The vendor sent an error after output. It was forwarded and nothing follows it (T-03).
    case failed(VendorError)
    /// The vendor sent an error before anything else. Nothing was output: answer it with its status, or try elsewhere (T-04).
    case refused(VendorError)
    /// No answer came at all. Nothing was output: 502, or try elsewhere (T-07).
    case empty(StreamFault)
}

/// What broke a stream.
public enum StreamFault: UInt8, CaseIterable, Hashable, Sendable {
    /// The body ended before the answer did.
    case endOfInput
    /// The caller broke it off: reset, stall, shutdown.
    case interrupted
    /// A line beyond 1 MiB (S-12).
    case lineTooLong
    /// An event beyond 8 MiB (S-12).
    case eventTooLong
    /// A translated stream had more to hold for its turn than its limit.
    case queueTooLong
}
