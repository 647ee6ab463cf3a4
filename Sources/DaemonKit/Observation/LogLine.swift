// LogLine: one log message as one line of text.
//
// For: people with `journalctl` and `grep`. One message is one line, whatever is in it.
// Refuses: raw control characters, in messages, keys and values (see PrintableText).
// Called by: StderrLog.

import Logging

enum LogLine {
    /// `2026-11-21T07:33:00.123Z INFO gatewayd: ready listen=127.0.0.1:8080 note="two words"` and a line feed.
    static func text(
        time: String, level: Logger.Level, daemon: String, message: String, metadata: Logger.Metadata
    ) -> String {
        var line = "\(time) \(level.rawValue.uppercased()) \(daemon): "
        PrintableText.append(message, to: &line)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " "
            PrintableText.append(key, to: &line)
            line += "="
            appendValue("\(value)", to: &line)
        }
        return line + "\n"
    }

    private static func appendValue(_ value: String, to line: inout String) {
        let needsQuotes = value.isEmpty || value.utf8.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3D }
        guard needsQuotes else { return PrintableText.append(value, to: &line) }
        line += "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { line += "\\" }
            PrintableText.append(scalar, to: &line)
        }
        line += "\""
    }
}
