// Values: scalars and whole values, read or passed over.
//
// For: JSONScanner's callers; skipping is how most of a body is read.
// Refuses: what the scanner refuses.
// Called by: the same as JSONScanner.

extension JSONScanner {
    /// The number that comes next, its text untouched.
    @inlinable
    public mutating func number() throws(JSONFault) -> JSONNumber {
        let byte = try significantByte()
        guard byte == UInt8(ascii: "-") || Self.isDigit(byte) else { throw JSONFault(.otherKind, at: at) }
        let start = at
        at = try numberEnd(start)
        return JSONNumber(base: base, start: start, end: at)
    }

    /// The boolean that comes next.
    @inlinable
    public mutating func boolean() throws(JSONFault) -> Bool {
        switch try significantByte() {
        case UInt8(ascii: "t"):
            at = try literalEnd(at)
            return true
        case UInt8(ascii: "f"):
            at = try literalEnd(at)
            return false
        default: throw JSONFault(.otherKind, at: at)
        }
    }

    /// Reads `null` if that comes next; leaves anything else unread.
    @inlinable
    public mutating func takeNull() throws(JSONFault) -> Bool {
        guard try significantByte() == UInt8(ascii: "n") else { return false }
        at = try literalEnd(at)
        return true
    }

    /// Passes over the value that comes next, checking it whole, and returns where it stands.
    @inlinable
    @discardableResult
    public mutating func skip() throws(JSONFault) -> Range<Int> {
        let byte = try significantByte()
        let start = at
        if byte == UInt8(ascii: "\"") {
            _ = try textAtQuote()
        } else {
            at = try valueEnd(start)
        }
        return start..<at
    }
}

extension JSONScanner {
    @inlinable
    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    /// The offset behind the number that starts at `start`: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`.
    @usableFromInline
    func numberEnd(_ start: Int) throws(JSONFault) -> Int {
        var next = start
        if base[next] == UInt8(ascii: "-") { next &+= 1 }
        guard next < end else { throw JSONFault(.endOfInput, at: end) }
        if base[next] == UInt8(ascii: "0") {
            next &+= 1
            if next < end, Self.isDigit(base[next]) { throw JSONFault(.badNumber, at: next) }
        } else {
            next = try digits(next)
        }
        if next < end, base[next] == UInt8(ascii: ".") { next = try digits(next &+ 1) }
        guard next < end, base[next] | 0x20 == UInt8(ascii: "e") else { return next }
        next &+= 1
        if next < end, base[next] == UInt8(ascii: "+") || base[next] == UInt8(ascii: "-") { next &+= 1 }
        return try digits(next)
    }

    /// The offset behind one or more digits.
    private func digits(_ from: Int) throws(JSONFault) -> Int {
        var next = from
        while next < end, Self.isDigit(base[next]) { next &+= 1 }
        guard next > from else { throw next < end ? JSONFault(.badNumber, at: next) : JSONFault(.endOfInput, at: end) }
        return next
    }

    /// The offset behind `true`, `false` or `null` at `start`, told by its first letter.
    @usableFromInline
    func literalEnd(_ start: Int) throws(JSONFault) -> Int {
        let word: StaticString =
            switch base[start] {
            case UInt8(ascii: "t"): "true"
            case UInt8(ascii: "f"): "false"
            case UInt8(ascii: "n"): "null"
            default: throw JSONFault(.unexpectedByte, at: start)
            }
        for index in 0..<word.utf8CodeUnitCount {
            guard start &+ index < end else { throw JSONFault(.endOfInput, at: end) }
            guard base[start &+ index] == word.utf8Start[index] else {
                throw JSONFault(.unexpectedByte, at: start &+ index)
            }
        }
        return start &+ word.utf8CodeUnitCount
    }

    /// The offset behind the value that starts at `start`. Iterative: `open` remembers one bit for each container, 1 for
    /// objects, the innermost lowest.
    @usableFromInline
    func valueEnd(_ start: Int) throws(JSONFault) -> Int {
        var inner = self
        inner.at = start
        var open: UInt128 = 0
        var level = 0
        while true {
            let opened = try inner.passScalarOrOpen(&open, &level, limit: Self.deepest &- depth)
            if !opened, try inner.closeUntilNext(open: &open, level: &level) { return inner.at }
        }
    }

    /// Passes a scalar or an empty container (`false`), or enters a container up to its first value (`true`).
    @inline(__always)
    private mutating func passScalarOrOpen(
        _ open: inout UInt128, _ level: inout Int, limit: Int
    ) throws(JSONFault) -> Bool {
        let byte = try significantByte()
        switch byte {
        case UInt8(ascii: "\""): _ = try textAtQuote()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): at = try numberEnd(at)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard level < limit else { throw JSONFault(.tooDeep, at: at) }
            at &+= 1
            let isObject = byte == UInt8(ascii: "{")
            if try significantByte() == byte &+ 2 {  // `}` and `]` are two above their openers
                at &+= 1
                return false
            }
            if isObject { try passKey() }
            open = open &<< 1 | (isObject ? 1 : 0)
            level &+= 1
            return true
        default: at = try literalEnd(at)
        }
        return false
    }

    /// After a value: closes what ends here, passes the comma (and key) before the next value. `true`: the outermost ended.
    @inline(__always)
    private mutating func closeUntilNext(open: inout UInt128, level: inout Int) throws(JSONFault) -> Bool {
        while level > 0 {
            let isObject = open & 1 == 1
            let byte = try significantByte()
            if byte == UInt8(ascii: ",") {
                at &+= 1
                if isObject { try passKey() }
                return false
            }
            guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw JSONFault(.unexpectedByte, at: at)
            }
            at &+= 1
            open &>>= 1
            level &-= 1
        }
        return true
    }

    @inline(__always)
    private mutating func passKey() throws(JSONFault) {
        guard try significantByte() == UInt8(ascii: "\"") else { throw JSONFault(.unexpectedByte, at: at) }
        _ = try textAtQuote()
        guard try significantByte() == UInt8(ascii: ":") else { throw JSONFault(.unexpectedByte, at: at) }
        at &+= 1
    }
}
