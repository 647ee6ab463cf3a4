// LogLine: one log message as one line of text.
//
// For: people with a terminal, `journalctl` and `grep`. One message is one line, whatever is in it.
// Refuses: raw control characters, in messages, keys and values (see PrintableText).
// Called by: LogOutlet, JournalFields.

import Logging

enum LogLine {
    /// `2026-11-21T07:33:00.123Z INFO gatewayd: ready listen=127.0.0.1:8080 note="two words"` and a line feed.
    static func text(_ entry: LogEntry, daemon: String) -> String {
        let time = WallClock.text(entry.time)
        return "\(time) \(entry.level.rawValue.uppercased()) \(daemon): \(words(entry))\n"
    }

    /// The message and its facts: `ready listen=127.0.0.1:8080 note="two words"`.
    static func words(_ entry: LogEntry) -> String {
        var line = ""
        PrintableText.append(entry.message, to: &line)
        for (key, value) in entry.metadata.sorted(by: { $0.key < $1.key }) {
            line += " "
            PrintableText.append(key, to: &line)
            line += "="
            appendValue("\(value)", to: &line)
        }
        return line
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
