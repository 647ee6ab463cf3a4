// FrameDecoder: bytes as they arrive to whole frames, whatever the cuts.
//
// For: both sides of a connection. It copies only what a cut splits; whole frames are handed on where they lie.
// Refuses: lengths out of bounds and unknown kinds, as soon as the bytes that say so are there. After a fault it must
// not be fed.
// Called by: FrameChannel.

/// An incremental decoder of one direction of a connection. Holds at most one unfinished frame.
public struct FrameDecoder {
    /// The most bytes a payload may have now. Small until the hello is accepted.
    public private(set) var payloadLimit: Int
    private var pending: [UInt8] = []

    public init(payloadLimit: Int = IPCLimits.helloBytes) { self.payloadLimit = payloadLimit }

    /// Bytes kept for a frame that is not complete yet.
    public var pendingBytes: Int { pending.count }

    /// Takes the next bytes and delivers each complete frame in order. The payload is valid during the delivery only.
    /// The delivery returns the payload limit for what follows, or `nil` to end the feeding: the rest of the bytes is
    /// dropped then, because the connection is.
    public mutating func feed(
        _ bytes: UnsafeRawBufferPointer, _ deliver: (FrameHeader, UnsafeRawBufferPointer) -> Int?
    ) throws(FrameFault) {
        var rest = bytes[...]
        if !pending.isEmpty, try !finishPending(&rest, deliver) { return }
        while rest.count >= 4 {
            let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress.unsafelyUnwrapped
            let size = try frameSize(UInt32(littleEndian: start.loadUnaligned(as: UInt32.self)))
            guard size <= rest.count else { break }
            let frame = UnsafeRawBufferPointer(start: start, count: size)
            rest = rest.dropFirst(size)
            guard let limit = try Self.hand(frame, deliver).get() else { return }
            payloadLimit = limit
        }
        if !rest.isEmpty { try keep(rest) }
    }

    /// Completes the unfinished frame from `rest`. `false` when it is still unfinished or the delivery said stop.
    private mutating func finishPending(
        _ rest: inout Slice<UnsafeRawBufferPointer>, _ deliver: (FrameHeader, UnsafeRawBufferPointer) -> Int?
    ) throws(FrameFault) -> Bool {
        if pending.count < 4 { take(upTo: 4, &rest) }
        guard let length = pendingLength else { return false }
        let size = try frameSize(length)
        take(upTo: size, &rest)
        if pending.count < size { return try checkPendingKind() }
        // Moved out first: the delivery may end the connection and with it this decoder's use.
        let frame = pending
        pending = []
        guard let limit = try frame.withUnsafeBytes({ Self.hand($0, deliver) }).get() else { return false }
        payloadLimit = limit
        return true
    }

    private mutating func take(upTo size: Int, _ rest: inout Slice<UnsafeRawBufferPointer>) {
        let missing = rest.prefix(size - pending.count)
        pending.append(contentsOf: missing)
        rest = rest.dropFirst(missing.count)
    }

    private mutating func keep(_ rest: Slice<UnsafeRawBufferPointer>) throws(FrameFault) {
        pending = Array(rest)
        if let length = pendingLength { _ = try frameSize(length) }
        _ = try checkPendingKind()
    }

    private var pendingLength: UInt32? {
        guard pending.count >= 4 else { return nil }
        return (0..<4).reduce(0) { length, index in length | UInt32(pending[index]) << UInt32(8 * index) }
    }

    /// Always `false`; faults as soon as the kind is there and is none.
    private func checkPendingKind() throws(FrameFault) -> Bool {
        if pending.count > 4, FrameKind(rawValue: pending[4]) == nil { throw .unknownKind(pending[4]) }
        return false
    }

    /// The size of a frame of that length, itself included; faults when it may not come now.
    @inline(__always)
    private func frameSize(_ length: UInt32) throws(FrameFault) -> Int {
        guard length >= IPCLimits.headerBytes - 4 else { throw .lengthTooSmall(length) }
        guard Int(length) - (IPCLimits.headerBytes - 4) <= payloadLimit else { throw .lengthTooLarge(length) }
        return Int(length) + 4
    }

    @inline(__always)
    private static func hand(
        _ frame: UnsafeRawBufferPointer, _ deliver: (FrameHeader, UnsafeRawBufferPointer) -> Int?
    ) -> Result<Int?, FrameFault> {
        do throws(FrameFault) {
            let header = try FrameHeader(frame.baseAddress.unsafelyUnwrapped)
            return .success(deliver(header, UnsafeRawBufferPointer(rebasing: frame.dropFirst(IPCLimits.headerBytes))))
        } catch {
            return .failure(error)
        }
    }
}
