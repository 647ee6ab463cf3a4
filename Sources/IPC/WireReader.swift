// WireReader: bytes to values, little endian, never past the end.
//
// For: every payload we receive.
// Refuses: payloads that end inside a field (`truncated`), lengths above the field's limit, text that is not UTF-8,
// numbers that name nothing. Bytes after the last known field are skipped: a newer peer may have appended fields.
// Called by: the messages' `init(from:)`, Hello, the connections.

/// Why a payload could not be read. The fault of whoever sent it.
public enum WireFault: Error, Hashable, Sendable {
    /// The payload ends inside a field.
    case truncated
    /// A text, byte string or list is longer than its field allows.
    case tooLong
    /// A text is not UTF-8 or does not follow its field's grammar.
    case badText
    /// A number is not one of those its field may have.
    case badNumber
}

/// Something with a layout in docs/PROTOCOL.md: a message, or a structure inside one.
public protocol WireValue: Sendable {
    /// Appends the value's fields in the order of the document.
    func encode(to writer: inout WireWriter)
    /// Reads the fields back; unknown trailing bytes are left to the caller, who skips them.
    init(from reader: inout WireReader) throws(WireFault)
}

/// Reads values in the layout of docs/PROTOCOL.md, "Types". The bytes must stay where they are while it is used.
public struct WireReader {
    @usableFromInline var cursor: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer

    /// A reader of `bytes`, which it does not own.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; any non-null address serves, since nothing is read from it.
        cursor = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        end = cursor + bytes.count
    }

    /// Bytes not yet read. More than zero after the last known field means that the sender is newer.
    @inlinable
    public var remaining: Int { end - cursor }

    @inlinable @inline(__always)
    mutating func advance(_ size: Int) throws(WireFault) -> UnsafeRawPointer {
        guard end - cursor >= size else { throw .truncated }
        let start = cursor
        cursor += size
        return start
    }
}

/// The plain types of docs/PROTOCOL.md, "Types". Each throws `truncated` when the bytes end before it does.
extension WireReader {
    @inlinable @inline(__always)
    public mutating func u8() throws(WireFault) -> UInt8 { try advance(1).load(as: UInt8.self) }

    @inlinable @inline(__always)
    public mutating func u16() throws(WireFault) -> UInt16 {
        UInt16(littleEndian: try advance(2).loadUnaligned(as: UInt16.self))
    }

    @inlinable @inline(__always)
    public mutating func u32() throws(WireFault) -> UInt32 {
        UInt32(littleEndian: try advance(4).loadUnaligned(as: UInt32.self))
    }

    @inlinable @inline(__always)
    public mutating func u64() throws(WireFault) -> UInt64 {
        UInt64(littleEndian: try advance(8).loadUnaligned(as: UInt64.self))
    }

    @inlinable @inline(__always)
    public mutating func i64() throws(WireFault) -> Int64 {
        Int64(littleEndian: try advance(8).loadUnaligned(as: Int64.self))
    }

    @inlinable @inline(__always)
    public mutating func u128() throws(WireFault) -> UInt128 {
        let low = try u64()
        return UInt128(try u64()) << 64 | UInt128(low)
    }

    /// One byte that must be 0 or 1.
    @inlinable @inline(__always)
    public mutating func flag() throws(WireFault) -> Bool {
        let value = try u8()
        guard value <= 1 else { throw .badNumber }
        return value == 1
    }

    /// The bytes of a text field: a length in two bytes, at most `limit`.
    @inlinable @inline(__always)
    mutating func textBytes(atMost limit: Int) throws(WireFault) -> UnsafeRawBufferPointer {
        let length = Int(try u16())
        guard length <= limit else { throw .tooLong }
        return UnsafeRawBufferPointer(start: try advance(length), count: length)
    }

    /// UTF-8 behind a length in two bytes, at most `limit` bytes.
    @inlinable
    public mutating func text(atMost limit: Int) throws(WireFault) -> String {
        let bytes = try textBytes(atMost: limit)
        if Self.isASCII(bytes) {
            // Names, keys and labels: what `validating` would look up at run time is known already.
            return String(unsafeUninitializedCapacity: bytes.count) { room in
                UnsafeMutableRawBufferPointer(room).copyMemory(from: bytes)
                return bytes.count
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .badText }
        return text
    }

    @inlinable
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var bits: UInt8 = 0
        for byte in bytes { bits |= byte }
        return bits < 0x80
    }

    /// Bytes behind a length in one byte, at most `limit`.
    @inlinable
    public mutating func shortBytes(atMost limit: Int) throws(WireFault) -> [UInt8] {
        let length = Int(try u8())
        guard length <= limit else { throw .tooLong }
        return [UInt8](UnsafeRawBufferPointer(start: try advance(length), count: length))
    }

    /// Bytes behind a length in two bytes, at most `limit`.
    public mutating func bytes(atMost limit: Int) throws(WireFault) -> [UInt8] {
        [UInt8](try textBytes(atMost: limit))
    }

    /// A count in two bytes, at most `limit`, then elements that each stand behind their own length; whatever an
    /// element has beyond the fields known here is skipped.
    public mutating func list<Element: WireValue>(
        of type: Element.Type, atMost limit: Int
    ) throws(WireFault) -> [Element] {
        let count = Int(try u16())
        guard count <= limit else { throw .tooLong }
        var elements: [Element] = []
        // A count is a claim until the bytes are there: reserve no more than they could hold.
        elements.reserveCapacity(min(count, remaining / 2))
        for _ in 0..<count {
            let length = Int(try u16())
            var element = WireReader(UnsafeRawBufferPointer(start: try advance(length), count: length))
            elements.append(try Element(from: &element))
        }
        return elements
    }
}
