// Frame: the 20 bytes before every payload.
//
// For: reading and writing frame headers, and the list of what can break the protocol.
// Refuses: kinds and lengths that docs/PROTOCOL.md does not allow.
// Called by: FrameDecoder (reads), FrameChannel (writes), the tests' strangers.

/// What a frame is.
public enum FrameKind: UInt8, CaseIterable, Sendable {
    case hello = 1
    case request = 2
    case response = 3
    case failure = 4
    case cancel = 5
    case streamItem = 6
    case streamEnd = 7
    case windowUpdate = 8
    case goodbye = 9
}

/// A frame's header without its length, which the decoder keeps to itself.
public struct FrameHeader: Hashable, Sendable {
    public var kind: FrameKind
    /// Bits without meaning yet; readers skip them.
    public var flags: UInt8
    /// The call's message number, 0 where there is none. Not yet known to be one of ours.
    public var message: UInt16
    /// The call's number, 0 where the frame is about the connection.
    public var call: UInt64
    /// In requests: milliseconds the asker waits; 0 = the message's default.
    public var deadlineMillis: UInt32

    public init(_ kind: FrameKind, message: UInt16 = 0, call: UInt64 = 0, deadlineMillis: UInt32 = 0, flags: UInt8 = 0)
    {
        self.kind = kind
        self.flags = flags
        self.message = message
        self.call = call
        self.deadlineMillis = deadlineMillis
    }
}

/// How a peer broke the protocol. The connection ends with it.
public enum FrameFault: Error, Hashable, Sendable {
    /// The length does not even cover the header.
    case lengthTooSmall(UInt32)
    /// The length is above what may come now: a hello's limit before the hello, a frame's limit after.
    case lengthTooLarge(UInt32)
    /// No such kind.
    case unknownKind(UInt8)
    /// This side may not receive this kind, or not now.
    case unexpectedKind(FrameKind)
    /// The hello is not one.
    case badHello
    /// A call number is not larger than the one before it.
    case callNumberNotGrowing(UInt64)
    /// A window was widened beyond its limit, or an item came that no window allowed.
    case windowBroken
    /// The payload of a frame that belongs to the transport (failure, windowUpdate, goodbye) does not follow its
    /// layout.
    case badPayload(FrameKind)
}

extension FrameHeader {
    /// The header as it stands before a payload of `payloadBytes` bytes.
    @inline(__always)
    func write(to bytes: UnsafeMutableRawPointer, payloadBytes: Int) {
        let length = UInt32(truncatingIfNeeded: payloadBytes + IPCLimits.headerBytes - 4)
        bytes.storeBytes(of: length.littleEndian, as: UInt32.self)
        bytes.storeBytes(of: kind.rawValue, toByteOffset: 4, as: UInt8.self)
        bytes.storeBytes(of: flags, toByteOffset: 5, as: UInt8.self)
        bytes.storeBytes(of: message.littleEndian, toByteOffset: 6, as: UInt16.self)
        bytes.storeBytes(of: call.littleEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: deadlineMillis.littleEndian, toByteOffset: 16, as: UInt32.self)
    }

    /// Reads the 16 bytes after the length.
    @inline(__always)
    init(_ bytes: UnsafeRawPointer) throws(FrameFault) {
        let number = bytes.load(fromByteOffset: 4, as: UInt8.self)
        guard let kind = FrameKind(rawValue: number) else { throw .unknownKind(number) }
        self.kind = kind
        flags = bytes.load(fromByteOffset: 5, as: UInt8.self)
        message = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        call = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        deadlineMillis = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }
}

extension WireWriter {
    /// Appends one frame. `false`, and nothing appended, when a field passed its limit or the payload is above `limit`.
    @inline(__always)
    mutating func frame(
        _ header: FrameHeader, limit: Int = IPCLimits.payloadBytes, _ payload: (inout WireWriter) -> Void = { _ in }
    ) -> Bool {
        let start = count
        header.write(to: claim(IPCLimits.headerBytes), payloadBytes: 0)
        payload(&self)
        let payloadBytes = count - start - IPCLimits.headerBytes
        guard !overLimit, payloadBytes <= limit else {
            rollBack(to: start)
            return false
        }
        patch(u32: UInt32(truncatingIfNeeded: payloadBytes + IPCLimits.headerBytes - 4), at: start)
        return true
    }
}
