// JSONScanner: a bounded pull scanner over received bytes.
//
// For: reading what the gateway acts on from a body or an event without building a tree, and knowing where it stands, so
//   that a single value can be replaced and every other byte left alone (cases ).
// Refuses: everything RFC 8259 refuses, nesting deeper than `deepest`. Keeps number text, key order and duplicate keys.
//   It does not check UTF-8 inside strings; see `JSONText.isValidUTF8`.
// Called by: Translation, JSONValue, gatewayd's admin routes.

/// The kinds of JSON value.
@frozen
public enum JSONKind: UInt8, Sendable {
    case object, array, string, number, boolean, null
}

/// A position in a JSON text from which the caller pulls values in the order of the bytes.
///
/// The caller owns the bytes and keeps them in place while the scanner and the `JSONText`s it gave are used. After a fault
/// the scanner must not be used again. Length is bounded by the caller's buffer.
@frozen
public struct JSONScanner {
    @usableFromInline let base: UnsafePointer<UInt8>
    @usableFromInline let end: Int
    /// Offset of the next byte to be looked at.
    public var position: Int { at }
    @usableFromInline var at: Int
    @usableFromInline var depth: Int
    /// A container was just entered: no comma is due before its first part.
    @usableFromInline var isFresh: Bool

    /// Most containers that may enclose a value: twice the nesting of the deepest tool schemas seen in the wild (about 60), and
    /// the number of bits in the word that remembers them.
    @inlinable
    public static var deepest: Int { 128 }

    /// A scanner at the start of `bytes`.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; with `end` 0 the stand-in is never read.
        let start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        base = start.assumingMemoryBound(to: UInt8.self)
        end = bytes.count
        at = 0
        depth = 0
        isFresh = false
    }

    /// The kind of the next value, which stays unread. Leading white space is passed.
    @inlinable
    public mutating func peek() throws(JSONFault) -> JSONKind {
        switch try significantByte() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw JSONFault(.unexpectedByte, at: at)
        }
    }

    /// Enters the object that comes next; read its members with `nextMember()`.
    @inlinable
    public mutating func enterObject() throws(JSONFault) { try enter(UInt8(ascii: "{")) }

    /// Enters the array that comes next; read its elements after each `nextElement()`.
    @inlinable
    public mutating func enterArray() throws(JSONFault) { try enter(UInt8(ascii: "[")) }

    /// The key of the next member, whose value the caller must then read or skip; `nil` after the last one.
    @inlinable
    public mutating func nextMember() throws(JSONFault) -> JSONText? {
        var byte = try significantByte()
        if byte == UInt8(ascii: "}") {
            leave()
            return nil
        }
        if isFresh {
            isFresh = false
        } else {
            guard byte == UInt8(ascii: ",") else { throw JSONFault(.unexpectedByte, at: at) }
            at &+= 1
            byte = try significantByte()
        }
        guard byte == UInt8(ascii: "\"") else { throw JSONFault(.unexpectedByte, at: at) }
        let key = try textAtQuote()
        guard try significantByte() == UInt8(ascii: ":") else { throw JSONFault(.unexpectedByte, at: at) }
        at &+= 1
        return key
    }

    /// Whether another element follows, which the caller must then read or skip; `false` after the last one.
    @inlinable
    public mutating func nextElement() throws(JSONFault) -> Bool {
        let byte = try significantByte()
        if byte == UInt8(ascii: "]") {
            leave()
            return false
        }
        if isFresh {
            isFresh = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw JSONFault(.unexpectedByte, at: at) }
        at &+= 1
        guard try significantByte() != UInt8(ascii: "]") else { throw JSONFault(.unexpectedByte, at: at) }
        return true
    }

    /// The string that comes next.
    @inlinable
    public mutating func text() throws(JSONFault) -> JSONText {
        guard try significantByte() == UInt8(ascii: "\"") else { throw JSONFault(.otherKind, at: at) }
        return try textAtQuote()
    }

    /// Checks that nothing but white space follows.
    @inlinable
    public mutating func finish() throws(JSONFault) {
        while at < end {
            guard Self.isSpace(base[at]) else { throw JSONFault(.trailingBytes, at: at) }
            at &+= 1
        }
    }
}

extension JSONScanner {
    /// Passes white space and returns the byte that follows, which stays unread.
    @inlinable
    @inline(__always)
    mutating func significantByte() throws(JSONFault) -> UInt8 {
        while at < end {
            let byte = base[at]
            if byte > 0x20 { return byte }
            guard Self.isSpace(byte) else { throw JSONFault(.unexpectedByte, at: at) }
            at &+= 1
        }
        throw JSONFault(.endOfInput, at: end)
    }

    @inlinable
    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    @inlinable
    mutating func enter(_ opener: UInt8) throws(JSONFault) {
        guard try significantByte() == opener else { throw JSONFault(.otherKind, at: at) }
        guard depth < Self.deepest else { throw JSONFault(.tooDeep, at: at) }
        at &+= 1
        depth &+= 1
        isFresh = true
    }

    @inlinable
    @inline(__always)
    mutating func leave() {
        at &+= 1
        depth &-= 1
        isFresh = false
    }

    /// The string whose opening quote is at `at`.
    @inlinable
    @inline(__always)
    mutating func textAtQuote() throws(JSONFault) -> JSONText {
        let start = at &+ 1
        let special = ByteSearch.stringSpecial(base, start, end)
        if special < end, base[special] == UInt8(ascii: "\"") {
            at = special &+ 1
            return JSONText(base: base, start: start, end: special, isEscaped: false)
        }
        let close = try closingQuote(special)
        at = close &+ 1
        return JSONText(base: base, start: start, end: close, isEscaped: true)
    }

    /// The closing quote of a string, from the first byte of it that is special, checking every escape passed.
    @usableFromInline
    func closingQuote(_ from: Int) throws(JSONFault) -> Int {
        var special = from
        while special < end {
            switch base[special] {
            case UInt8(ascii: "\""): return special
            case UInt8(ascii: "\\"): special = try afterEscape(special)
            default: throw JSONFault(.controlCharacter, at: special)
            }
            special = ByteSearch.stringSpecial(base, special, end)
        }
        throw JSONFault(.endOfInput, at: end)
    }

    /// The offset behind the escape at `backslash`.
    private func afterEscape(_ backslash: Int) throws(JSONFault) -> Int {
        guard backslash + 1 < end else { throw JSONFault(.endOfInput, at: end) }
        switch base[backslash + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return backslash + 2
        case UInt8(ascii: "u"):
            for digit in backslash + 2..<backslash + 6 {
                guard digit < end else { throw JSONFault(.endOfInput, at: end) }
                guard Self.isHexDigit(base[digit]) else { throw JSONFault(.badEscape, at: digit) }
            }
            return backslash + 6
        default: throw JSONFault(.badEscape, at: backslash + 1)
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
