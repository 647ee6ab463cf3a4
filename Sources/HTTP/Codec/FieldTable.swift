// FieldTable: the header fields of one message as offsets into the bytes that were received.
//
// For: look-ups on the hot path without a String, a dictionary or a copy; strings are made only when asked for.
// Refuses: nothing; the parser has already refused what is not a field.
// Called by: the head parsers write it, RequestHead and ResponseHead carry it, handlers read it.

internal import NIOCore

/// One field: where its name and its trimmed value lie in the head.
struct FieldSlot: Hashable, Sendable {
    var nameStart: UInt32
    var nameLength: UInt32
    var valueStart: UInt32
    var valueLength: UInt32

    var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }
    var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
}

/// The fields of a head, in the order received. Names are compared without case; arguments are given in lower case.
///
/// Values have passed the parser: no CR, LF, NUL or other control bytes but tab; bytes of 0x80 and up may occur.
public struct FieldTable: Sendable {
    /// The whole head, from the first byte received for it to its empty line.
    var bytes = ByteBuffer()
    var slots: [FieldSlot] = []

    init() {}

    /// How many fields there are.
    public var count: Int { slots.count }

    /// The first value of `name`, valid during `body` only; `nil` when there is no such field.
    @inline(__always)
    public func withValue<R>(of name: StaticString, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
        try bytes.withUnsafeReadableBytes { all in
            guard let slot = firstSlot(of: name, in: all) else { return nil }
            return try body(UnsafeRawBufferPointer(rebasing: all[slot.value]))
        }
    }

    /// Whether there is a field `name`.
    public func contains(_ name: StaticString) -> Bool {
        bytes.withUnsafeReadableBytes { firstSlot(of: name, in: $0) != nil }
    }

    /// Whether the first value of `name` is `text` (lower case), compared without case.
    public func value(of name: StaticString, equals text: StaticString) -> Bool {
        bytes.withUnsafeReadableBytes { all in
            guard let slot = firstSlot(of: name, in: all) else { return false }
            return all.equals(text, in: slot.value)
        }
    }

    /// The first value of `name` as text; bytes that are not UTF-8 are replaced.
    public func text(of name: StaticString) -> String? {
        withValue(of: name) { String(decoding: $0, as: UTF8.self) }
    }

    /// All values of `name` as text, in order.
    public func texts(of name: StaticString) -> [String] {
        bytes.withUnsafeReadableBytes { all in
            slots.filter { all.equals(name, in: $0.name) }.map { String(decoding: all[$0.value], as: UTF8.self) }
        }
    }

    /// Every field in order, name as received and value; both valid during the call only.
    public func forEach(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Void)
        rethrows
    {
        try bytes.withUnsafeReadableBytes { all in
            for slot in slots {
                try body(
                    UnsafeRawBufferPointer(rebasing: all[slot.name]), UnsafeRawBufferPointer(rebasing: all[slot.value]))
            }
        }
    }

    @inline(__always)
    private func firstSlot(of name: StaticString, in all: UnsafeRawBufferPointer) -> FieldSlot? {
        let length = UInt32(truncatingIfNeeded: name.utf8CodeUnitCount)
        for slot in slots where slot.nameLength == length && all.equals(name, in: slot.name) { return slot }
        return nil
    }

    mutating func removeAll() {
        bytes = ByteBuffer()
        slots.removeAll(keepingCapacity: true)
    }
}
