// JournalFields: one log message as fields of systemd's journal.
//
// For: `journalctl TENANT=acme -p warning`: what a line says can be asked for by name.
// Refuses: names that the journal does not take (they are brought into its form), names that mean something to journald
// (they get the prefix WEIR_), control characters (see PrintableText).
// Called by: LogOutlet. Pure.

import Logging

enum JournalFields {
    /// The longest name that journald takes.
    private static let nameLongest = 64

    /// Names that journald and journalctl read a meaning of their own into; systemd.journal-fields(7).
    private static let taken: Set<String> = [
        "MESSAGE", "MESSAGE_ID", "PRIORITY", "CODE_FILE", "CODE_LINE", "CODE_FUNC", "ERRNO", "INVOCATION_ID",
        "USER_INVOCATION_ID", "SYSLOG_FACILITY", "SYSLOG_IDENTIFIER", "SYSLOG_PID", "SYSLOG_TIMESTAMP", "SYSLOG_RAW",
        "DOCUMENTATION", "TID", "UNIT", "USER_UNIT",
    ]

    /// Name and value of each field: the three that every message has, then its facts by name.
    static func of(_ entry: LogEntry, daemon: String) -> [(name: String, value: String)] {
        let facts = entry.metadata.sorted { $0.key < $1.key }.map { key, value in
            (name: name(of: key), value: PrintableText.of("\(value)"))
        }
        return [
            (name: "MESSAGE", value: LogLine.words(entry)), (name: "PRIORITY", value: "\(priority(of: entry.level))"),
            (name: "SYSLOG_IDENTIFIER", value: daemon),
        ] + facts
    }

    /// The field of a fact: `request_id` is REQUEST_ID. Upper-case letters, digits and `_`, a letter first.
    static func name(of key: String) -> String {
        let letters = key.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z": Character(Unicode.Scalar(UInt8(scalar.value - 0x20)))
            case "A"..."Z", "0"..."9", "_": Character(scalar)
            default: "_"
            }
        }
        let name = String(letters)
        let isOwn = name.first?.isLetter == true && !taken.contains(name)
        return String((isOwn ? name : "WEIR_\(name)").prefix(nameLongest))
    }

    /// syslog(3)'s number of a level.
    static func priority(of level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
