// ReloadCommand: the configuration, read again.
//
// Called by: Weirctl.

import ArgumentParser
import IPC

struct ReloadCommand: AsyncParsableCommand {
    static let columns: [Column] = [.left("accepted"), .left("generation"), .left("text")]
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Makes gatewayd read its configuration again, without dropping a request.",
        discussion: """
            A bad file is refused and the old configuration stays; the command then ends with status 4. Providers, models, \
            aliases, limits and timeouts are taken over at once; what needs a restart is named. walletd reads its few \
            settings at its start only. \(Report.fields(columns))
            """)
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let answer = try await Desk(global).gateway { client throws(CallFailure) in try await client.reload() }
        if global.json { global.printer.record(Self.report(answer)) }
        guard answer.accepted else {
            throw Complaint(
                "the configuration was refused and the old one stays:\n  "
                    + answer.text.split(separator: "\n").joined(separator: "\n  "),
                next: "correct it, then weirctl check", status: .configuration)
        }
        global.printer.note(
            "configuration \(answer.generation) is in force\(answer.text.isEmpty ? "" : ": \(answer.text)")")
    }

    static func report(_ answer: ReloadAnswer) -> Report {
        Report(columns, rows: [[.flag(answer.accepted), .count(answer.generation), .text(answer.text)]])
    }
}
