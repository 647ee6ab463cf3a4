// RequestTarget: the four forms a request target may have (RFC 9112 §3.2), read into offsets.
//
// For: RequestLine, of which this is the longest part.
// Refuses: authority-form (CONNECT is not served), `*` without OPTIONS, user names in an authority, other schemes.
// Called by: RequestLine.parse.

extension RequestLine {
    /// Fills `target`, `authority`, `path` and `query`, or says what is wrong.
    mutating func readTarget(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> RequestProblem? {
        target = range
        if method == .connect { return .unsupportedMethod }
        for offset in range where !ByteClass.isTarget(bytes[offset]) { return .malformed(.badTarget) }
        if bytes[range.lowerBound] == ByteClass.slash {
            splitPath(bytes, range)
            return nil
        }
        if bytes[range.lowerBound] == UInt8(ascii: "*") {
            path = range
            return range.count == 1 && method == .options ? nil : .malformed(.badTarget)
        }
        return readAbsolute(bytes, range)
    }

    private mutating func readAbsolute(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> RequestProblem? {
        let schemeLength =
            if hasScheme(bytes, range, "http://") { 7 } else if hasScheme(bytes, range, "https://") { 8 } else { 0 }
        guard schemeLength > 0 else { return .malformed(.badTarget) }
        let start = range.lowerBound + schemeLength
        var end = start
        while end < range.upperBound, bytes[end] != ByteClass.slash, bytes[end] != UInt8(ascii: "?") { end += 1 }
        authority = start..<end
        guard !authority.isEmpty, HostRule.accepts(bytes, authority) else { return .malformed(.badTarget) }
        splitPath(bytes, end..<range.upperBound)
        return nil
    }

    private func hasScheme(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ scheme: StaticString) -> Bool {
        let length = scheme.utf8CodeUnitCount
        return range.count > length && bytes.equals(scheme, in: range.lowerBound..<range.lowerBound + length)
    }

    private mutating func splitPath(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        var end = range.lowerBound
        while end < range.upperBound, bytes[end] != UInt8(ascii: "?") { end += 1 }
        path = range.lowerBound..<end
        query = end < range.upperBound ? end + 1..<range.upperBound : nil
    }
}

/// What may stand in a Host field or an authority: name or address, and an optional port of digits (RFC 3986 §3.2).
enum HostRule {
    static func accepts(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        if offset < range.upperBound, bytes[offset] == UInt8(ascii: "[") {
            offset += 1
            while offset < range.upperBound, isAddressByte(bytes[offset]) { offset += 1 }
            guard offset < range.upperBound, bytes[offset] == UInt8(ascii: "]") else { return false }
            offset += 1
        } else {
            while offset < range.upperBound, isNameByte(bytes[offset]) { offset += 1 }
        }
        guard offset < range.upperBound else { return true }
        guard bytes[offset] == ByteClass.colon, range.upperBound - offset <= 6 else { return false }
        return bytes[offset + 1..<range.upperBound].allSatisfy(ByteClass.isDigit)
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        ByteClass.hexValue(byte) != nil || byte == ByteClass.colon || byte == UInt8(ascii: ".")
    }

    /// reg-name: unreserved, sub-delims and percent signs; no comma, which would be two hosts in one field.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"): true
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("): true
        case UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="): true
        default: false
        }
    }
}
