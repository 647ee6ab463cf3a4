// Complaint: an error as an operator can use it: what, where, and what to do next.
//
// For: every failure weirctl reports.
// Refuses: to be written without a next step.
// Called by: the commands throw it, Main prints it.

/// Why a command did not do what was asked.
struct Complaint: Error, Equatable, CustomStringConvertible {
    /// What happened, and where: a sentence without a full stop.
    let what: String
    /// What the operator can do next.
    let next: String
    let status: CommandStatus

    init(_ what: String, next: String, status: CommandStatus = .refused) {
        self.what = what
        self.next = next
        self.status = status
    }

    /// Two lines for standard error.
    var description: String { "weirctl: \(Cell.printable(what))\n  next: \(next)\n" }
}
