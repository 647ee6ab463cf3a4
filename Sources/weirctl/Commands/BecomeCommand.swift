// BecomeCommand: weirctl as the first moment of its own children.
//
// For: `weirctl up`: arms the death signal (see ParentDeath), then becomes the daemon. Hidden: nobody types it.
// Refuses: to become anything when its parent is gone.
// Called by: ChildProcess through its launcher.

import ArgumentParser
import Glibc

struct BecomeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "become", shouldDisplay: false)
    @Argument var parent: Int32
    @Argument(parsing: .captureForPassthrough) var command: [String]

    /// What goes before a program so that it ends with this process.
    static func launcher(_ weirctl: String) -> [String] { [weirctl, configuration.commandName ?? "", "\(getpid())"] }

    func run() throws {
        guard let program = command.first else { throw ValidationError("which program?") }
        if let reason = ParentDeath.arm(expecting: parent) {
            throw Complaint("\(program) was not started: \(reason)", next: "start weirctl up again")
        }
        ChildProcess.withCStrings(command) { arguments in _ = execv(program, arguments) }
        throw Complaint(
            "cannot run \(program): \(String(cString: strerror(errno)))", next: "build it, or put it beside weirctl")
    }
}
