// RestartCommand: a new process of gatewayd, without a client noticing.
//
// Called by: Weirctl.

import ArgumentParser
import DaemonKit
import IPC
import NIOCore

struct RestartCommand: AsyncParsableCommand {
    static let columns: [Column] = [.left("accepted"), .right("process"), .left("text")]
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Replaces a running gatewayd by a new process, without a client noticing.",
        discussion: """
            gatewayd starts its program as it is on disk now, gives it sockets and state, and ends when its own answers are out \
            or their drain_limit is over; the new process serves meanwhile. When the new one does not come up (a wrong \
            configuration, say), the old one goes on and the command ends with status 1. It needs a service manager that keeps \
            the sockets, as the systemd units do. walletd needs no such thing: systemctl restart walletd makes callers wait for \
            milliseconds. \(Report.fields(columns))
            """)
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The daemon: gatewayd.") var daemon: RestartableDaemon

    /// Longer than every step of a handover may take.
    private static let patience = TimeAmount.seconds(50)

    func run() async throws {
        let answer = try await Desk(global).gateway { client throws(CallFailure) in
            try await client.handOver(deadline: Self.patience)
        }
        if global.json { global.printer.record(Self.report(answer)) }
        guard answer.accepted else {
            throw Complaint(
                "gatewayd did not hand over and goes on as before: \(answer.text)",
                next: "journalctl -u gatewayd says more")
        }
        global.printer.note("process \(answer.process) serves; the one before finishes what it began")
    }

    static func report(_ answer: HandOverAnswer) -> Report {
        Report(columns, rows: [[.flag(answer.accepted), .count(answer.process), .text(answer.text)]])
    }
}

/// The daemons that can be restarted so.
enum RestartableDaemon: String, ExpressibleByArgument, CaseIterable {
    case gatewayd
}
