// Main: the command line, and the status it ends with.
//
// For: parsing, running one command, and turning every error into words on standard error and a number of
// CommandStatus.
// Refuses: wrong command lines, with the usage of the command that was meant.
// Called by: the system.

import ArgumentParser
import Glibc

@main
enum Main {
    /// On the main actor, so that `up` runs on the thread that lives as long as the process: its children's death
    /// signal is bound to the thread that made them.
    @MainActor
    static func main() async {
        exit(await status().rawValue)
    }

    @MainActor
    private static func status() async -> CommandStatus {
        do {
            var command = try Weirctl.parseAsRoot()
            if var awaiting = command as? any AsyncParsableCommand {
                try await awaiting.run()
            } else {
                try command.run()
            }
            return .done
        } catch let complaint as Complaint {
            Printer.write(complaint.description, to: STDERR_FILENO)
            return complaint.status
        } catch let ending as Ending {
            return ending.status
        } catch {
            return parserSaid(error)
        }
    }

    /// --help, --version and completion scripts arrive here too; they go to standard output.
    private static func parserSaid(_ error: any Error) -> CommandStatus {
        let isAsked = Weirctl.exitCode(for: error).isSuccess
        Printer.write(Weirctl.fullMessage(for: error) + "\n", to: isAsked ? STDOUT_FILENO : STDERR_FILENO)
        return isAsked ? .done : .usage
    }
}

/// Ends a command that has said everything already.
struct Ending: Error {
    let status: CommandStatus
}
