// Complaint: an error as an operator can use it: what, where, and what to do next.
//
// For: every failure weirctl reports.
// Refuses: to be written without a next step.
// Called by: the commands throw it, Main prints it.

/// Why a command did not do what was asked.
struct Complaint: Error, Equatable, CustomStringConvertible {
    /// What happened, and where: a sentence without a full stop, perhaps a list below it.
    let what: String
    /// What the operator can do next.
    let next: String
    let status: CommandStatus

    init(_ what: String, next: String, status: CommandStatus = .refused) {
        self.what = what
        self.next = next
        self.status = status
    }

    /// Lines for standard error.
    var description: String {
        // A complaint may list problems, one a line; every line by itself must not command the terminal.
        let lines = what.split(separator: "\n", omittingEmptySubsequences: false).map { Cell.printable(String($0)) }
        return "weirctl: \(lines.joined(separator: "\n"))\n  next: \(next)\n"
    }
}
