// JSONWriter: JSON text appended to bytes.
//
// For: bodies, events and answers the gateway writes itself.
// Refuses: nothing: strings come as String (always valid UTF-8) and are escaped; raw parts are the caller's word.
// Called by: Translation, gatewayd, weirctl, JSONValue.

/// Writes one JSON value after the bytes it was given, with no white space.
///
/// Commas and colons are put by the writer. Objects and arrays are closures, so they cannot be left open:
/// ```swift
/// JSONWriter.append(to: &out) { $0.object { $0.member("ok", true) } }
/// ```
public struct JSONWriter {
    /// What has been written, with what was there before.
    public private(set) var bytes: [UInt8]
    /// A value has been written in the current container, so a comma is due before the next one.
    private var needsComma = false

    /// A writer that appends to `bytes`.
    public init(after bytes: consuming [UInt8] = []) { self.bytes = bytes }

    /// Lets `body` write after `out`'s bytes in place: the buffer is lent to the writer and given back.
    public static func append(to out: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(after: out.lend())
        body(&writer)
        out = writer.bytes
    }

    /// An object whose members `body` writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        container(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// An array whose elements `body` writes.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        container(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// A string, escaped.
    public mutating func string(_ text: String) {
        comma()
        Self.appendString(text, to: &bytes)
    }

    /// An integer.
    public mutating func integer(_ value: some BinaryInteger) {
        comma()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// `true` or `false`.
    public mutating func boolean(_ value: Bool) { raw(value ? "true" : "false") }

    /// `null`.
    public mutating func null() { raw("null") }

    /// A value that is JSON already.
    public mutating func raw(_ text: StaticString) {
        comma()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// A value that is JSON already, such as a slice of a received text.
    public mutating func raw(_ slice: UnsafeRawBufferPointer) {
        comma()
        bytes.append(contentsOf: slice)
    }

    /// A value that is JSON already, as a range of a received text.
    public mutating func raw(_ slice: Slice<UnsafeRawBufferPointer>) { raw(UnsafeRawBufferPointer(rebasing: slice)) }

    /// A key in the spelling of a received text; exactly one value must follow.
    public mutating func key(_ text: JSONText) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.spelling)
        bytes.append(contentsOf: "\":".utf8)
        needsComma = false
    }

    /// A string whose text is received JSON, escaped once more.
    public mutating func string(spelling slice: Slice<UnsafeRawBufferPointer>) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        Self.appendEscaped(UnsafeRawBufferPointer(rebasing: slice), to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// The key of a member; exactly one value must follow.
    public mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func container(_ opener: UInt8, _ closer: UInt8, _ body: (inout JSONWriter) -> Void) {
        comma()
        bytes.append(opener)
        needsComma = false
        body(&self)
        bytes.append(closer)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}

extension JSONWriter {
    /// A member with a string value.
    public mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    /// A member with a string value, or with `null`.
    public mutating func member(_ name: String, _ text: String?) {
        key(name)
        if let text { string(text) } else { null() }
    }

    /// A member with an integer value.
    public mutating func member(_ name: String, _ value: some BinaryInteger) {
        key(name)
        integer(value)
    }

    /// A member with a boolean value.
    public mutating func member(_ name: String, _ value: Bool) {
        key(name)
        boolean(value)
    }

    /// A member whose value is an object.
    public mutating func member(_ name: String, object body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    /// A member whose value is an array.
    public mutating func member(_ name: String, array body: (inout JSONWriter) -> Void) {
        key(name)
        array(body)
    }
}

extension JSONWriter {
    /// Appends `text` as a JSON string with its quotes.
    public static func appendString(_ text: String, to out: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            out.append(UInt8(ascii: "\""))
            appendEscaped(UnsafeRawBufferPointer(utf8), to: &out)
            out.append(UInt8(ascii: "\""))
        }
    }

    /// Appends bytes of UTF-8 text as the inside of a JSON string: `"`, `\` and control characters escaped, all else as is.
    public static func appendEscaped(_ text: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        guard let start = text.baseAddress else { return }
        let base = start.assumingMemoryBound(to: UInt8.self)
        var at = 0
        while true {
            let special = ByteSearch.stringSpecial(base, at, text.count)
            out.append(contentsOf: UnsafeBufferPointer(start: base + at, count: special - at))
            guard special < text.count else { return }
            appendEscape(base[special], to: &out)
            at = special + 1
        }
    }

    private static func appendEscape(_ byte: UInt8, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: out.append(UInt8(ascii: "b"))
        case 0x09: out.append(UInt8(ascii: "t"))
        case 0x0A: out.append(UInt8(ascii: "n"))
        case 0x0C: out.append(UInt8(ascii: "f"))
        case 0x0D: out.append(UInt8(ascii: "r"))
        case 0x00..<0x20:
            out.append(contentsOf: "u00".utf8)
            out.append(UInt8(ascii: "0") + (byte >> 4))
            out.append((byte & 15) < 10 ? UInt8(ascii: "0") + (byte & 15) : UInt8(ascii: "a") + (byte & 15) - 10)
        default: out.append(byte)
        }
    }
}

extension [UInt8] {
    /// Hands the storage to somebody else and leaves nothing behind, so that appending there does not copy.
    mutating func lend() -> [UInt8] {
        var lent: [UInt8] = []
        swap(&self, &lent)
        return lent
    }
}
