// ReloadCommand: the configuration, read again.
//
// Called by: Weirctl.

import ArgumentParser
import IPC

struct ReloadCommand: AsyncParsableCommand {
    static let columns: [Column] = [.left("accepted"), .left("generation"), .left("text")]
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Makes gatewayd and tokend read their configuration again, without dropping a request.",
        discussion: """
            A bad file is refused and the old configuration stays; the command then ends with status 4. Providers, models, \
            aliases, limits, timeouts, connections and vault keys are taken over at once; what needs a restart is named. \
            walletd reads its few settings at its start only. \(Report.fields(columns))
            """)
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let desk = try Desk(global)
        if desk.installation.hasVault { try await Self.reloadVault(desk) }
        let answer = try await desk.gateway { client throws(CallFailure) in try await client.reload() }
        if global.json { global.printer.record(Self.report(answer)) }
        guard answer.accepted else { throw Self.refused(.gatewayd, answer.text) }
        global.printer.note(
            "configuration \(answer.generation) is in force\(answer.text.isEmpty ? "" : ": \(answer.text)")")
    }

    /// First: a gateway that knew more accounts than the vault would find none.
    private static func reloadVault(_ desk: Desk) async throws(Complaint) {
        let answer = try await desk.vault { client throws(CallFailure) in try await client.reload() }
        guard answer.accepted else { throw refused(.tokend, answer.text) }
    }

    private static func refused(_ daemon: PeerRole, _ text: String) -> Complaint {
        Complaint(
            "\(daemon) refused the configuration and keeps the old one:\n  "
                + text.split(separator: "\n").joined(separator: "\n  "),
            next: "correct it, then weirctl check", status: .configuration)
    }

    static func report(_ answer: ReloadAnswer) -> Report {
        Report(columns, rows: [[.flag(answer.accepted), .count(answer.generation), .text(answer.text)]])
    }
}
