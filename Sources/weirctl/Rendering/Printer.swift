// Printer: answers to standard output, in the form the operator asked for; everything else to standard error.
//
// For: the one choice between tables and JSON, and output that survives `| head`.
// Refuses: nothing. A reader that went away ends the command quietly with status 0, as other tools do.
// Called by: the commands.

import Glibc

/// Where a command's answers go.
struct Printer {
    let isJSON: Bool

    /// A list: a table, or one JSON object a line. `whenEmpty` is said to people, on standard error, when there is no
    /// row.
    func list(_ report: Report, whenEmpty: String) {
        if isJSON { return write(report.jsonLines) }
        guard !report.rows.isEmpty else { return note(whenEmpty) }
        var table = TableText(report.columns)
        write(table.lines(report.rows))
    }

    /// One thing: `field  value` lines, or one JSON object.
    func record(_ report: Report) { write(isJSON ? report.jsonLines : report.records) }

    /// Rows of a list that goes on: `table` remembers the widths and whether the headings are out.
    func rows(_ report: Report, continuing table: inout TableText) {
        write(isJSON ? report.jsonLines : table.lines(report.rows))
    }

    /// A line of an answer that is neither a table nor a record.
    func say(_ text: String) { write("\(text)\n") }

    /// A text that is whole as it is, line feeds included.
    func whole(_ text: String) { write(text) }

    /// An empty line between two records.
    func blank() { write("\n") }

    /// A remark for people, never part of the answer.
    func note(_ text: String) { Self.write("\(text)\n", to: STDERR_FILENO) }

    private func write(_ text: String) {
        if !Self.write(text, to: STDOUT_FILENO) { exit(CommandStatus.done.rawValue) }
    }

    /// Writes all of `text`; false when the reader is gone.
    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
            return true
        }
    }
}
