// ByteGrammar: classes of ASCII bytes in URLs and header fields.
//
// For: grammars that are written once and used by every reader and writer here.
// Refuses: nothing.
// Called by: everything in this module that looks at single bytes.

enum ByteGrammar {
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLowercase(byte | 0x20) }

    /// RFC 3986 §2.3: what never needs an escape in a URL.
    static func isUnreserved(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "~")
    }

    /// RFC 9110 §5.6.2: what names of header fields are made of.
    static func isToken(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte) }

    /// Printable ASCII and the space: what header field values are made of here (RFC 9110 §5.5 without obs-text and
    /// tab), and what tokens, codes and secrets of OAuth may be (VSCHAR, RFC 6749 appendix A).
    static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

    /// The value of a hexadecimal digit.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if isDigit(byte) { return byte - UInt8(ascii: "0") }
        let letter = byte | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(letter) ? letter - UInt8(ascii: "a") + 10 : nil
    }

    /// Appends `%XX` in upper case, as RFC 3986 §2.1 asks producers to.
    static func appendEscape(_ byte: UInt8, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] {
            out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
    }
}

/// Why a text does not follow a grammar of this module: a sentence for the person who wrote it.
public struct GrammarFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and what would be right.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}
