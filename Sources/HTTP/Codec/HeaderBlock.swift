// HeaderBlock: header fields being written, already in wire form.
//
// For: answers of handlers and requests to upstreams; appending is a bounded copy into one buffer, no dictionary in between.
// Refuses: CR, LF, NUL and other control bytes (header injection), names that are not tokens, and the framing fields, which
// this module writes itself.
// Called by: handlers, UpstreamHeadBuilder, ResponseWriter.

internal import NIOCore

/// Header fields in wire form: "name: value\r\n" each.
///
/// Every `append` returns whether the field was taken; a refused field leaves the block as it was. The names
/// `content-length`, `transfer-encoding` and `connection` are always refused: whoever writes the message writes those.
public struct HeaderBlock: Sendable {
    var bytes: ByteBuffer

    /// An empty block; `capacity` in bytes avoids growing.
    public init(capacity: Int = 256) { bytes = ByteBufferAllocator().buffer(capacity: capacity) }

    /// Lets `body` append to the end of `buffer`. The memory is moved in and out, so that it stays unshared and no append
    /// has to copy it.
    static func append(to buffer: inout ByteBuffer, _ body: (inout HeaderBlock) -> Void) {
        var block = HeaderBlock(taking: ByteBuffer())
        swap(&block.bytes, &buffer)
        body(&block)
        swap(&block.bytes, &buffer)
    }

    init(taking bytes: ByteBuffer) { self.bytes = bytes }

    /// Whether nothing was appended.
    public var isEmpty: Bool { bytes.readableBytes == 0 }

    /// Appends a field whose parts are known at compile time.
    @discardableResult
    public mutating func append(_ name: StaticString, _ value: StaticString) -> Bool {
        append(name, UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    /// Appends a field with a text value.
    @discardableResult
    public mutating func append(_ name: StaticString, _ value: String) -> Bool {
        var value = value
        return value.withUTF8 { append(name, UnsafeRawBufferPointer($0)) }
    }

    /// Appends a field with a decimal number.
    @discardableResult
    public mutating func append(_ name: StaticString, _ value: Int) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DecimalText.bytesMax) { scratch in
            let count = DecimalText.write(value, to: scratch)
            return append(name, UnsafeRawBufferPointer(start: scratch.baseAddress, count: count))
        }
    }

    /// Appends a field whose value is `value`'s bytes. `name` is a literal of our own and must be a token.
    @discardableResult
    public mutating func append(_ name: StaticString, _ value: UnsafeRawBufferPointer) -> Bool {
        let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        assert(name.allSatisfy(ByteClass.isToken), "a field's name is a token")
        return write(name, value)
    }

    /// Appends a field, for headers handed on from another message.
    @discardableResult
    public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> Bool {
        guard !name.isEmpty, name.allSatisfy(ByteClass.isToken) else { return false }
        return write(name, value)
    }

    private mutating func write(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool {
        guard !Self.isReserved(name), value.firstNonFieldValue(in: 0..<value.count) == nil else { return false }
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: name.count + value.count + 4) { target in
            var offset = 0
            target.put(name, &offset)
            target.put(": ", &offset)
            target.put(value, &offset)
            target.put("\r\n", &offset)
            return offset
        }
        return true
    }

    private static func isReserved(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 10: name.equals("connection", in: 0..<10)
        case 14: name.equals("content-length", in: 0..<14)
        case 17: name.equals("transfer-encoding", in: 0..<17)
        default: false
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Copies `source` to `offset` and moves it on. The caller has reserved the room.
    @inline(__always)
    func put(_ source: UnsafeRawBufferPointer, _ offset: inout Int) {
        guard let from = source.baseAddress, source.count > 0 else { return }
        (baseAddress! + offset).copyMemory(from: from, byteCount: source.count)
        offset &+= source.count
    }

    @inline(__always)
    func put(_ text: StaticString, _ offset: inout Int) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount), &offset)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes a number at `offset` and moves it on; `DecimalText.bytesMax` bytes are reserved.
    @inline(__always)
    func putDecimal(_ value: Int, _ offset: inout Int) {
        let room = UnsafeMutableRawBufferPointer(rebasing: self[offset...]).bindMemory(to: UInt8.self)
        offset &+= DecimalText.write(value, to: room)
    }
}

/// Decimal and hexadecimal numbers as ASCII, without a String.
enum DecimalText {
    /// "-9223372036854775808".
    static let bytesMax = 20

    /// Writes `value` and returns how many bytes that took.
    static func write(_ value: Int, to target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var magnitude = value.magnitude
        var digits = 1
        var rest = magnitude / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        let length = digits + (value < 0 ? 1 : 0)
        if value < 0 { target[0] = UInt8(ascii: "-") }
        var index = length - 1
        for _ in 0..<digits {
            target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
            index -= 1
        }
        return length
    }

    /// Writes `value` >= 0 in hexadecimal and returns how many bytes that took.
    static func writeHex(_ value: Int, to target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let digits = Swift.max(1, (Int.bitWidth - value.leadingZeroBitCount + 3) / 4)
        for index in 0..<digits {
            let nibble = UInt8(truncatingIfNeeded: value >> ((digits - 1 - index) * 4)) & 0xF
            target[index] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
        }
        return digits
    }
}
