// Limits: every bound of the protocol and of its transports, by name.
//
// For: one place where a reader finds how much a peer may send, keep open, or make us wait.
// Refuses: nothing itself; FrameDecoder, WireReader, the connections and the clients refuse by these numbers.
// Called by: everything in IPC. docs/PROTOCOL.md prints the same numbers and a test holds the two together.

public import NIOCore

/// The bounds that both sides of a connection keep. Numbers on the wire are in docs/PROTOCOL.md, "Limits".
public enum IPCLimits {
    /// Bytes of a frame before its payload.
    public static let headerBytes = 20
    /// The most bytes a frame's payload may have. The largest answer, a page of 200 errors at their longest,
    /// is under 300 kB.
    public static let payloadBytes = 1 << 20
    /// The most bytes a hello's payload may have: fixed fields and a build name fit in 90. Until the hello is
    /// accepted nothing longer is buffered, so a stranger cannot make us hold a megabyte.
    public static let helloBytes = 256
    /// The most bytes one item of a server stream may have; 64 items in flight then hold at most 1 MiB.
    public static let streamItemBytes = 16 << 10
    /// Calls one connection may have open at once. Four times the 1,024 requests a gateway loop is sized for.
    public static let callsInFlight = 4096
    /// Items a server may send on a new stream before the first window update.
    public static let initialWindow: UInt32 = 64
    /// The most items a window may ever hold.
    public static let largestWindow: UInt32 = 4096
    /// Connections one listener keeps. Five daemons, a few loops each, and an operator's commands are under 64.
    public static let connections = 256
    /// Bytes waiting to be written to a peer that does not read before the connection is closed.
    public static let backlogBytes = 16 << 20
    /// The longest deadline a request may ask for: an audit of ten million entries takes under a minute.
    public static let longestDeadline = TimeAmount.minutes(10)
    /// How long either side waits for the other's hello. A socket-activated daemon starts in well under a second.
    public static let helloDeadline = TimeAmount.seconds(5)
    /// The longest text of a failure, in bytes; longer ones are cut.
    public static let failureTextBytes = 512
    /// The longest build name in a hello, in bytes.
    public static let buildBytes = 64
    /// The most bytes of a Unix socket's path, without its terminating zero (sun_path in unix(7) holds 108).
    public static let pathBytes = 107
}
