// SecretInput: secrets from a file, from standard input, or typed unseen.
//
// For: `weirctl connection add`. Never from the command line, which every user of the machine can read in /proc, and which shells
// keep.
// Refuses: files that others can read; nothing, more than one line, more than a secret has.
// Called by: ConnectionCommand.

import Glibc
import IPC

enum SecretInput {
    /// Where a secret is read from.
    enum Source: Hashable {
        case file(String)
        /// One line; typed at a terminal it is not shown.
        case standardInput
    }

    /// Reads `what`, which is said when it is asked for.
    static func read(_ what: String, from source: Source) throws(Complaint) -> SecretField {
        let text: String
        switch source {
        case .file(let path): text = try contents(path)
        case .standardInput: text = isatty(STDIN_FILENO) == 1 ? typed(what) : line()
        }
        let line = text.last == "\n" ? String(text.dropLast()) : text
        guard !line.isEmpty, !line.utf8.contains(0x0A), line.utf8.count <= FieldLimits.secret else {
            throw Complaint(
                "the \(what) is empty, has more than one line, or more than \(FieldLimits.secret) bytes",
                next: "give it in a file (--help names the options) or on standard input", status: .usage)
        }
        return SecretField(line)
    }

    private static func contents(_ path: String) throws(Complaint) -> String {
        var facts = stat()
        if stat(path, &facts) == 0, facts.st_mode & 0o077 != 0 {
            throw Complaint("\(path) can be read by others", next: "chmod 600 \(path)", status: .usage)
        }
        return String(decoding: try Disk.contents(path, most: FieldLimits.secret + 1), as: UTF8.self)
    }

    private static func line() -> String { readLine(strippingNewline: true) ?? "" }

    /// Asks at the terminal, with the echo off until the line is in.
    private static func typed(_ what: String) -> String {
        Printer.write("\(what) (not shown): ", to: STDERR_FILENO)
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return line() }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Printer.write("\n", to: STDERR_FILENO)
        }
        return line()
    }
}
