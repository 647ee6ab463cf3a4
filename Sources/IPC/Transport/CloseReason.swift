// CloseReason: why a connection ended.
//
// For: the observers of listeners and links, so that a daemon logs each end once, with its cause.
// Refuses: nothing.
// Called by: FrameChannel, PeerConnection, ClientConnection; the daemons' logs.

/// Why a connection ended. The first cause wins.
public enum CloseReason: Hashable, Sendable {
    /// The peer closed it, or the peer's process is gone.
    case peerClosed
    /// This side closed it: stopped, or drained after a goodbye.
    case closedHere
    /// The peer broke the protocol.
    case fault(FrameFault)
    /// This side turned the peer away, with the code and text it was told.
    case turnedAway(FailureCode, String)
    /// The peer turned this side away, with the code and text it gave.
    case turnedAwayByPeer(FailureCode, String)
    /// No hello came in time.
    case helloTimeout
    /// The peer did not read what was written for it.
    case backlog
    /// The socket failed.
    case socket(String)
}

extension CloseReason: CustomStringConvertible {
    /// One line for the log.
    public var description: String {
        switch self {
        case .peerClosed: "peer closed"
        case .closedHere: "closed here"
        case .fault(let fault): "protocol fault: \(fault)"
        case .turnedAway(let code, let text): "turned away: \(code) \(text)"
        case .turnedAwayByPeer(let code, let text): "turned away by peer: \(code) \(text)"
        case .helloTimeout: "no hello in time"
        case .backlog: "peer does not read"
        case .socket(let text): "socket: \(text)"
        }
    }

    /// Whether this points to a bug rather than to a restart.
    public var isAlarming: Bool {
        switch self {
        case .peerClosed, .closedHere: false
        case .fault, .turnedAway, .turnedAwayByPeer, .helloTimeout, .backlog, .socket: true
        }
    }
}
