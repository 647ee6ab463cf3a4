// Inflater: gzip and zlib decompression with a bound on what comes out.
//
// For: compressed request bodies and upstream answers. A kilobyte can hold a megabyte of zeros; the limit is therefore on
// the output and checked before memory is taken for it.
// Refuses: output over the limit, bytes that are not gzip or zlib, input after the end that is not another gzip member.
// Called by: RequestBody; gatewayd for answers that come compressed although identity was asked for.

internal import CZlib
public import NIOCore

/// Why inflating stopped.
public enum InflateProblem: Error, Hashable, Sendable {
    /// More output than allowed.
    case tooLarge
    /// Not gzip or zlib, or damaged.
    case corrupt
}

/// One compressed stream, fed in pieces. Loop-bound or used by one owner; not Sendable.
public final class Inflater {
    /// Output is taken in steps of at most this, so that a bomb costs one step beyond the limit.
    private static let stepBytes = 16 * 1024
    /// Concatenated gzip members in one body (RFC 1952 §2.2): a writer that flushes by member makes tens, not thousands.
    private static let membersMax = 256

    private let stream: UnsafeMutablePointer<z_stream>
    private var members = 1
    /// Whether the (last) member's end has been seen; false at the end of the input means it was cut.
    public private(set) var isFinished = false

    /// A stream that recognises gzip and zlib by itself.
    public init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; +32: detect gzip or zlib from the header (zlib.h, inflateInit2).
        let status = inflateInit2_(stream, 15 + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib initialises when there is memory and the header matches the library")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates `bytes` onto the end of `output`, which may hold at most `limit` readable bytes afterwards.
    public func inflate(
        _ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer, limit: Int
    ) throws(InflateProblem) {
        guard bytes.count > 0, let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        // zlib's input pointer is not const for historical reasons; inflate does not write through it.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: base)
        stream.pointee.avail_in = UInt32(bytes.count)
        repeat {
            if isFinished { try beginNextMember() }
            try step(into: &output, limit: limit)
        } while stream.pointee.avail_in > 0 || (stream.pointee.avail_out == 0 && !isFinished)
    }

    private func beginNextMember() throws(InflateProblem) {
        members += 1
        guard stream.pointee.avail_in > 0, members <= Self.membersMax, inflateReset(stream) == Z_OK else {
            throw .corrupt
        }
        isFinished = false
    }

    private func step(into output: inout ByteBuffer, limit: Int) throws(InflateProblem) {
        var status = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.stepBytes) { room in
            let capacity = min(room.count, Self.stepBytes)
            stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(capacity)
            status = CZlib.inflate(stream, Z_NO_FLUSH)
            return capacity - Int(stream.pointee.avail_out)
        }
        guard output.readableBytes <= limit else { throw .tooLarge }
        switch status {
        case Z_STREAM_END: isFinished = true
        case Z_OK, Z_BUF_ERROR: break
        default: throw .corrupt
        }
    }
}
