// PrintableText: text from outside on its way to a terminal or a log.
//
// For: what clients, vendors and files contain ends up in messages, and must not be able to forge lines, move the
// cursor or turn the direction of what follows.
// Refuses: control characters, line and paragraph separators, and marks that change the writing direction; they are
// written as escapes.
// Called by: LogLine, ConfigProblem.

enum PrintableText {
    /// `text` with everything that does not print as itself escaped.
    static func of(_ text: String) -> String {
        var printable = ""
        append(text, to: &printable)
        return printable
    }

    static func append(_ text: String, to line: inout String) {
        for scalar in text.unicodeScalars { append(scalar, to: &line) }
    }

    /// C0 and C1 controls; U+2028 and U+2029, which some terminals take for line ends; the directional marks of
    /// Unicode Standard Annex 9.
    static func append(_ scalar: Unicode.Scalar, to line: inout String) {
        switch scalar.value {
        case 0x0A: line += "\\n"
        case 0x0D: line += "\\r"
        case 0x09: line += "\\t"
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069:
            line += "\\u{\(String(scalar.value, radix: 16))}"
        default: line.unicodeScalars.append(scalar)
        }
    }
}
