// JSONPieces: an object or a list written value by value, where the reading between two values may refuse the request.
//
// For: JSONWriter's containers are closures and cannot be left by an error; this one puts the commas between whole values.
// Refuses: nothing; whoever opens a container closes it.
// Called by: RequestForOpenAI, RequestForAnthropic.

import JSON

struct JSONPieces {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    var isEmpty: Bool { bytes.isEmpty }

    /// An element of a list.
    mutating func element(_ write: (inout JSONWriter) -> Void) {
        comma()
        JSONWriter.append(to: &bytes, write)
    }

    /// A member of an object.
    mutating func member(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
        openMember(name)
        JSONWriter.append(to: &bytes, write)
        needsComma = true
    }

    /// A member whose value is written next, by `open` and what follows.
    mutating func openMember(_ name: StaticString) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: "\":".utf8)
        needsComma = false
    }

    /// Begins a container as the next value.
    mutating func open(_ bracket: Unicode.Scalar) {
        comma()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    /// Ends the innermost container.
    mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    /// Appends the elements gathered in `other`.
    mutating func elements(_ other: JSONPieces) {
        guard !other.isEmpty else { return }
        comma()
        bytes.append(contentsOf: other.bytes)
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}

extension JSONWriter {
    /// A value of the body, as it was spelled.
    mutating func value(_ value: BodyValue) { raw(value.bytes) }

    /// A list that is already written.
    mutating func list(_ pieces: JSONPieces) {
        var bytes = [UInt8(ascii: "[")]
        bytes.append(contentsOf: pieces.bytes)
        bytes.append(UInt8(ascii: "]"))
        bytes.withUnsafeBytes { raw($0) }
    }

    /// A string made of spelled parts; what stands between quotes is the caller's word.
    mutating func spelled(_ parts: [UnsafeRawBufferPointer], separator: StaticString = "") {
        var bytes = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(parts.reduce(2) { $0 + $1.count + separator.utf8CodeUnitCount })
        for (index, part) in parts.enumerated() {
            if index > 0 { separator.withUTF8Buffer { bytes.append(contentsOf: $0) } }
            bytes.append(contentsOf: part)
        }
        bytes.append(UInt8(ascii: "\""))
        bytes.withUnsafeBytes { raw($0) }
    }

    /// A received string, as it was spelled.
    mutating func spelled(_ text: JSONText) { spelled([text.spelling]) }
}
