// LogLine: one log message as one line of text.
//
// For: people with `journalctl` and `grep`. One message is one line, whatever is in it: what clients and vendors send
// ends up in messages, and must not be able to forge lines or move the terminal's cursor.
// Refuses: raw control characters, in messages, keys and values.
// Called by: StderrLog.

import Logging

enum LogLine {
    /// `2026-11-21T07:33:00.123Z INFO gatewayd: ready listen=127.0.0.1:8080 note="two words"` and a line feed.
    static func text(
        time: String, level: Logger.Level, daemon: String, message: String, metadata: Logger.Metadata
    ) -> String {
        var line = "\(time) \(level.rawValue.uppercased()) \(daemon): "
        append(message, to: &line)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " "
            append(key, to: &line)
            line += "="
            appendValue("\(value)", to: &line)
        }
        return line + "\n"
    }

    private static func appendValue(_ value: String, to line: inout String) {
        let needsQuotes = value.isEmpty || value.utf8.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3D }
        guard needsQuotes else { return append(value, to: &line) }
        line += "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { line += "\\" }
            append(scalar, to: &line)
        }
        line += "\""
    }

    private static func append(_ text: String, to line: inout String) {
        for scalar in text.unicodeScalars { append(scalar, to: &line) }
    }

    /// C0 and C1 controls, and the separators some terminals treat as line ends, are written as escapes.
    private static func append(_ scalar: Unicode.Scalar, to line: inout String) {
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
