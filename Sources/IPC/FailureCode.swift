// FailureCode and CallFailure: every way a call ends without its answer.
//
// For: the failure frame (codes) and the asking side (failures, which add what a client finds out alone).
// Refuses: codes it does not know are read as `internalFault`, which promises nothing.
// Called by: the connections, the clients, everybody who asks.

/// Why a call, or with call number 0 the whole connection, was refused or ended. Numbers are never reused.
public enum FailureCode: UInt16, CaseIterable, Sendable {
    /// The peer has no such message.
    case unknownMessage = 1
    /// The asking role may not ask this, or the user may not claim the role.
    case notPermitted = 2
    /// The payload does not follow the message's layout.
    case malformed = 3
    /// The deadline passed before there was an answer.
    case deadlineExceeded = 4
    /// The asker cancelled.
    case cancelled = 5
    /// A bound was reached: calls in flight, connections, a queue.
    case overloaded = 6
    /// What the answer needs (storage, a sibling) cannot be reached now.
    case unavailable = 7
    /// The peer is about to stop and takes no new calls.
    case draining = 8
    /// The answer or the request is above a limit.
    case tooLarge = 9
    /// A fault of the peer that has no better name.
    case internalFault = 10
    /// No protocol version is understood by both.
    case unsupportedVersion = 11
    /// A frame broke the protocol; the connection is closed.
    case protocolFault = 12
}

extension FailureCode {
    /// Whether a peer that answers this may have done what was asked. After `nothingDone` the call may be repeated
    /// elsewhere or later without thought; after `unknown` only when it is idempotent.
    public var effect: CallEffect {
        switch self {
        case .unknownMessage, .notPermitted, .malformed, .overloaded, .draining, .unsupportedVersion: .nothingDone
        case .deadlineExceeded, .cancelled, .unavailable, .tooLarge, .internalFault, .protocolFault: .unknown
        }
    }
}

/// What is known about the effect of a call that failed.
public enum CallEffect: Hashable, Sendable {
    /// The request was refused or never sent.
    case nothingDone
    /// The request may have been carried out.
    case unknown
}

/// Why a call has no answer, as its asker sees it.
public enum CallFailure: Error, Hashable, Sendable {
    /// The peer answered with a failure frame.
    case refused(FailureCode, String)
    /// There was no connection within the link's patience.
    case notConnected
    /// The connection ended after the request was sent.
    case connectionLost
    /// The deadline passed here first.
    case deadlineExceeded
    /// Cancelled here.
    case cancelled
    /// As many calls are in flight as may be.
    case tooManyInFlight
    /// A field of the request is above its limit; nothing was sent.
    case fieldTooLong
    /// The answer did not follow its layout.
    case malformedAnswer(WireFault)
    /// The link was stopped.
    case stopped
}

extension CallFailure {
    /// Whether the peer may have done what was asked.
    public var effect: CallEffect {
        switch self {
        case .refused(let code, _): code.effect
        case .notConnected, .tooManyInFlight, .fieldTooLong: .nothingDone
        case .connectionLost, .deadlineExceeded, .cancelled, .malformedAnswer, .stopped: .unknown
        }
    }
}

extension CallFailure: CustomStringConvertible {
    /// One line for a log or an operator.
    public var description: String {
        switch self {
        case .refused(let code, let text): text.isEmpty ? "refused: \(code)" : "refused: \(code): \(text)"
        case .notConnected: "not connected"
        case .connectionLost: "connection lost"
        case .deadlineExceeded: "deadline exceeded"
        case .cancelled: "cancelled"
        case .tooManyInFlight: "too many calls in flight"
        case .fieldTooLong: "a field is longer than the protocol allows"
        case .malformedAnswer(let fault): "malformed answer: \(fault)"
        case .stopped: "stopped"
        }
    }
}
