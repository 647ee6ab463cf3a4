// ArgumentsEnd: when the arguments of a tool call are a whole JSON object.
//
// For: closing a call as soon as the next one waits, instead of holding the next one until the answer ends.
// Refuses: nothing: it only counts braces outside strings. Text that never balances is never whole.
// Called by: StreamBlocks.

/// Fed with the fragments of one call in order, each spelled as the inside of a JSON string.
struct ArgumentsEnd {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The outermost object or list has been closed.
    private(set) var isWhole = false

    /// Takes the next fragment. A fragment is a whole JSON string, so no escape of its spelling is cut.
    mutating func take(_ spelling: UnsafeRawBufferPointer) {
        var at = 0
        while at < spelling.count {
            let byte = spelling[at]
            if byte != UInt8(ascii: "\\") {
                take(byte)
                at += 1
            } else if at + 5 < spelling.count, spelling[at + 1] == UInt8(ascii: "u") {
                take(Self.character(spelling, at + 2))
                at += 6
            } else {
                take(at + 1 < spelling.count ? Self.escaped(spelling[at + 1]) : 0)
                at += 2
            }
        }
    }

    /// Takes a character of the arguments; what is not ASCII counts byte by byte and means nothing.
    @inline(__always)
    private mutating func take(_ byte: UInt8) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            if depth == 1 { isWhole = true }
            depth = max(depth - 1, 0)
        default: break
        }
    }

    /// What `\` and `letter` stand for, as far as it matters here.
    private static func escaped(_ letter: UInt8) -> UInt8 {
        letter == UInt8(ascii: "\"") || letter == UInt8(ascii: "\\") ? letter : UInt8(ascii: " ")
    }

    /// What four hexadecimal digits stand for; a space for what is not ASCII.
    private static func character(_ spelling: UnsafeRawBufferPointer, _ digits: Int) -> UInt8 {
        var value: UInt16 = 0
        for at in digits..<digits + 4 {
            let digit = spelling[at] | 0x20
            let number = digit < UInt8(ascii: "a") ? spelling[at] & 15 : digit - UInt8(ascii: "a") + 10
            value = value << 4 | UInt16(number)
        }
        return value < 0x80 ? UInt8(value) : UInt8(ascii: " ")
    }
}
