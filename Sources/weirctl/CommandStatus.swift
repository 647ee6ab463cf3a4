// CommandStatus: what a script can rely on.
//
// For: the numbers weirctl ends with, and their description in --help and in the manual.
// Refuses: nothing. Numbers are never given another meaning.
// Called by: Main, the commands.

/// How weirctl ended.
enum CommandStatus: Int32, CaseIterable {
    /// Done as asked.
    case done = 0
    /// The daemon refused it, it failed, or the audit does not balance.
    case refused = 1
    /// The command line is wrong; nothing was asked of anyone.
    case usage = 2
    /// The daemon cannot be reached or stopped answering. A movement of money may have happened: repeat it with its
    /// reference.
    case unreachable = 3
    /// The configuration is missing or wrong.
    case configuration = 4

    /// The line in --help.
    var explanation: String {
        switch self {
        case .done: "done"
        case .refused: "refused or failed; an audit that does not balance"
        case .usage: "wrong command line; nothing was asked"
        case .unreachable: "a daemon cannot be reached, or stopped answering"
        case .configuration: "the configuration is missing or wrong"
        }
    }

    /// All of them, as --help shows them.
    static var table: String { allCases.map { "  \($0.rawValue)  \($0.explanation)" }.joined(separator: "\n") }
}
