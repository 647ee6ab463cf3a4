// NormalPath: a path that means the same to everybody who reads it.
//
// For: comparing a path with an allow-list and then sending exactly what was compared.
// Refuses: everything that some server, proxy or framework resolves, decodes or cuts in its own way: `.` and `..`,
//   empty segments, escaped slashes, dots, percent signs and semicolons, backslashes, control characters, `?` and
//   `#`, raw blanks, and characters outside ASCII that are neither letters, marks nor digits (U+FF0F, U+2024 and
//   others become `/` or `.` in servers that look for the nearest ASCII).
// Called by: request planning, provider definitions.

/// An absolute path in normal form: segments of RFC 3986 §3.3, escapes in upper case and only where needed (§6.2.2).
public struct NormalPath: Hashable, Sendable, CustomStringConvertible {
    /// The segments between the slashes, as they are sent. A path that ends in a slash has an empty last one; `/`
    /// alone has just that one.
    public let segments: [String]

    /// The longest path in bytes, as written and as sent.
    public static let longest = 4096
    /// The most segments.
    public static let mostSegments = 64

    /// Reads a path that begins with a slash.
    public init(_ text: String) throws(GrammarFault) {
        guard text.utf8.first == UInt8(ascii: "/") else { throw GrammarFault("expected a path that begins with /") }
        guard text.utf8.count <= Self.longest else { throw GrammarFault("longer than \(Self.longest) bytes") }
        let written = text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard written.count <= Self.mostSegments else { throw GrammarFault("more than \(Self.mostSegments) segments") }
        var segments: [String] = []
        for (index, bytes) in written.enumerated() {
            guard !bytes.isEmpty || index == written.count - 1 else { throw GrammarFault("an empty segment (//)") }
            var segment = Segment()
            try segment.read(bytes)
            segments.append(try segment.finished())
        }
        self.segments = segments
        guard description.utf8.count <= Self.longest else {
            throw GrammarFault("longer than \(Self.longest) bytes when escaped")
        }
    }

    /// The path as it is sent.
    public var description: String { segments.map { "/" + $0 }.joined() }

    /// `text` as one segment of a path that is written afterwards: everything is escaped that is not unreserved. What
    /// must not be in a path at all is found when that path is read.
    static func segment(of text: String) -> String { FormText.component(text) }

    /// One segment while it is read.
    private struct Segment {
        /// As it is sent.
        var written: [UInt8] = []
        /// As it is meant.
        var meant: [UInt8] = []

        mutating func read(_ bytes: some Collection<UInt8>) throws(GrammarFault) {
            var rest = bytes.makeIterator()
            while let byte = rest.next() {
                guard byte == UInt8(ascii: "%") else {
                    try take(byte)
                    continue
                }
                guard let high = rest.next().flatMap(ByteGrammar.hexValue),
                    let low = rest.next().flatMap(ByteGrammar.hexValue)
                else { throw GrammarFault("a % without two hexadecimal digits") }
                try takeEscaped(high << 4 | low)
            }
        }

        private mutating func take(_ byte: UInt8) throws(GrammarFault) {
            if byte >= 0x80 { return append(byte, escaped: true) }
            guard ByteGrammar.isUnreserved(byte) || "!$&'()*+,=:@".utf8.contains(byte) else {
                throw GrammarFault("\(NormalPath.name(of: byte)) is not allowed in a path")
            }
            append(byte, escaped: false)
        }

        private mutating func takeEscaped(_ byte: UInt8) throws(GrammarFault) {
            guard byte >= 0x20, byte != 0x7F, !"/\\.%;?#".utf8.contains(byte) else {
                throw GrammarFault("an escaped \(NormalPath.name(of: byte)) is not allowed in a path")
            }
            append(byte, escaped: !ByteGrammar.isUnreserved(byte))
        }

        private mutating func append(_ byte: UInt8, escaped: Bool) {
            meant.append(byte)
            if escaped { ByteGrammar.appendEscape(byte, to: &written) } else { written.append(byte) }
        }

        func finished() throws(GrammarFault) -> String {
            // Some servers drop dots and blanks at the end of a name, so ".. " is their "..".
            guard meant.isEmpty || meant.contains(where: { $0 != UInt8(ascii: ".") && $0 != 0x20 }) else {
                throw GrammarFault("a segment of nothing but dots and blanks")
            }
            guard let text = String(validating: meant, as: UTF8.self) else {
                throw GrammarFault("not UTF-8 when decoded")
            }
            guard text.unicodeScalars.allSatisfy(NormalPath.isPlain) else {
                throw GrammarFault("outside ASCII, only letters, marks and digits are allowed in a path")
            }
            return String(decoding: written, as: UTF8.self)
        }
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return true }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber:
            return true
        default: return false
        }
    }

    private static func name(of byte: UInt8) -> String {
        switch byte {
        case 0x20: "blank"
        case 0x21...0x7E: "\"\(String(decoding: [byte], as: UTF8.self))\""
        default: "control character"
        }
    }
}
