// Link messages (0x0001 …): what every peer answers, whatever its duty.
//
// For: finding out whether a sibling is alive.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: the connections, weirctl.

/// `link.ping`: is the peer's event loop alive? Answered by the transport itself.
public struct PingRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .linkPing }
    public typealias Answer = PingAnswer
    /// Any number.
    public var token: UInt64

    public init(token: UInt64) {
        self.token = token
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(token)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        token = try reader.u64()
    }
}

/// The answer to `link.ping`.
public struct PingAnswer: WireValue, Hashable {
    /// The same number.
    public var token: UInt64

    public init(token: UInt64) {
        self.token = token
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(token)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        token = try reader.u64()
    }
}
