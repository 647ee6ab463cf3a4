// WireWriter: values to bytes, little endian, at the end of a growing region of memory.
//
// For: every frame we send. One writer lives as long as its connection; a flush empties it and keeps its memory.
// Refuses: texts, byte strings and lists beyond the limit named by the caller; it then writes nothing for them and
// says so in `overLimit`, and the call fails with `fieldTooLong` before a byte leaves.
// Called by: Frame, the messages' `encode`, the connections.

/// Writes values in the layout of docs/PROTOCOL.md, "Types". Not thread-safe; owns its memory.
public struct WireWriter: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    @usableFromInline var used = 0
    /// Whether a text, byte string or list was longer than its field allows. The message must then not be sent.
    public internal(set) var overLimit = false

    /// A writer with room for `capacity` bytes before it first grows.
    public init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// Bytes written.
    @inlinable
    public var count: Int { used }

    /// What was written. Valid until the writer is next touched.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: used) }

    /// Room for `size` more bytes, counted as written; the caller fills it at once.
    @inlinable @inline(__always)
    mutating func claim(_ size: Int) -> UnsafeMutableRawPointer {
        let start = used
        let end = start &+ size
        if end > capacity { grow(to: end) }
        used = end
        return base + start
    }

    @usableFromInline @inline(never)
    mutating func grow(to needed: Int) {
        let larger = max(needed, capacity * 2)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        memory.copyMemory(from: base, byteCount: used)
        base.deallocate()
        base = memory
        capacity = larger
    }

    /// Forgets everything after `mark` and that a limit was passed.
    mutating func rollBack(to mark: Int) {
        used = mark
        overLimit = false
    }

    /// Overwrites four bytes written before: lengths are known last.
    @inline(__always)
    mutating func patch(u32 value: UInt32, at offset: Int) {
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Notes that a field does not fit its limit.
    @usableFromInline
    mutating func refuse() { overLimit = true }
}

/// The plain types of docs/PROTOCOL.md, "Types".
extension WireWriter {
    @inlinable @inline(__always)
    public mutating func u8(_ value: UInt8) { claim(1).storeBytes(of: value, as: UInt8.self) }

    @inlinable @inline(__always)
    public mutating func u16(_ value: UInt16) { claim(2).storeBytes(of: value.littleEndian, as: UInt16.self) }

    @inlinable @inline(__always)
    public mutating func u32(_ value: UInt32) { claim(4).storeBytes(of: value.littleEndian, as: UInt32.self) }

    @inlinable @inline(__always)
    public mutating func u64(_ value: UInt64) { claim(8).storeBytes(of: value.littleEndian, as: UInt64.self) }

    @inlinable @inline(__always)
    public mutating func i64(_ value: Int64) { claim(8).storeBytes(of: value.littleEndian, as: Int64.self) }

    /// A 128-bit number, least significant byte first.
    @inlinable @inline(__always)
    public mutating func u128(_ value: UInt128) {
        u64(UInt64(truncatingIfNeeded: value))
        u64(UInt64(truncatingIfNeeded: value >> 64))
    }

    /// One byte, 0 or 1.
    @inlinable @inline(__always)
    public mutating func flag(_ value: Bool) { u8(value ? 1 : 0) }

    /// A length in two bytes and UTF-8, refused above `limit` bytes.
    @inlinable
    public mutating func text(_ value: String, atMost limit: Int) {
        var value = value
        value.withUTF8 { utf8 in
            guard utf8.count <= limit else { return refuse() }
            let room = claim(2 + utf8.count)
            room.storeBytes(of: UInt16(truncatingIfNeeded: utf8.count).littleEndian, as: UInt16.self)
            if let start = utf8.baseAddress { (room + 2).copyMemory(from: start, byteCount: utf8.count) }
        }
    }

    /// A length in one byte and the bytes.
    @inlinable
    public mutating func shortBytes(_ value: [UInt8]) {
        value.withUnsafeBytes { bytes in
            guard bytes.count <= Int(UInt8.max) else { return refuse() }
            let room = claim(1 + bytes.count)
            room.storeBytes(of: UInt8(truncatingIfNeeded: bytes.count), as: UInt8.self)
            if let start = bytes.baseAddress { (room + 1).copyMemory(from: start, byteCount: bytes.count) }
        }
    }

    /// A length in two bytes and the bytes, refused above `limit`.
    public mutating func bytes(_ value: [UInt8], atMost limit: Int) {
        guard value.count <= limit else { return refuse() }
        u16(UInt16(value.count))
        value.withUnsafeBytes { raw($0) }
    }

    /// A count in two bytes, then each element behind its own length in two bytes, so that fields which an older
    /// reader does not know are skipped. Refused above `limit` elements.
    public mutating func list<Element: WireValue>(_ elements: [Element], atMost limit: Int) {
        guard elements.count <= limit else { return refuse() }
        u16(UInt16(elements.count))
        for element in elements {
            let start = count
            u16(0)
            element.encode(to: &self)
            let length = count - start - 2
            guard length <= Int(UInt16.max) else { return refuse() }
            base.storeBytes(of: UInt16(length).littleEndian, toByteOffset: start, as: UInt16.self)
        }
    }
}

extension WireWriter {
    /// Bytes that were encoded before, as they are.
    mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        let room = claim(bytes.count)
        if let start = bytes.baseAddress { room.copyMemory(from: start, byteCount: bytes.count) }
    }
}
