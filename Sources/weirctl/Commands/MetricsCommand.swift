// MetricsCommand: what the daemons have counted and measured.
//
// Called by: Weirctl.

import ArgumentParser
import DaemonKit
import Glibc
import IPC
import Metrics

/// A daemon that can be asked.
enum AskedDaemon: String, CaseIterable, ExpressibleByArgument {
    case gatewayd, walletd, tokend
}

struct MetricsCommand: AsyncParsableCommand {
    static let columns: [Column] = [.left("name"), .left("labels"), .left("kind"), .right("value")]
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "What the daemons have counted and measured, as Prometheus reads it.",
        discussion: """
            The text that GET /metrics gives on gatewayd.metrics_listen, asked over the daemons' sockets instead: for a \
            machine without Prometheus, or node_exporter's textfile collector. Ends with status 3 when a daemon that was \
            asked does not answer; weir_up says which. \(Report.fields(columns)) Values are strings of exact decimals.
            """)
    @OptionGroup var global: GlobalOptions
    @Argument(help: "gatewayd, walletd or tokend; left out, all there are.") var daemon: AskedDaemon?

    func run() async throws {
        let desk = try Desk(global)
        var readings: [MetricReading] = []
        var missing: [Complaint] = []
        var up: [(name: String, isUp: Bool)] = []
        for asked in daemon.map({ [$0] }) ?? Self.daemons(of: desk.installation) {
            do throws(Complaint) {
                readings += try await Self.ask(asked, desk)
                up.append((asked.rawValue, true))
            } catch {
                missing.append(error)
                up.append((asked.rawValue, false))
            }
        }
        let page = MetricReading.merged([ProcessReadings.up(up)] + readings)
        global.json
            ? global.printer.list(Self.report(page), whenEmpty: "") : global.printer.whole(Exposition.text(page))
        for complaint in missing { Printer.write(complaint.description, to: STDERR_FILENO) }
        if !missing.isEmpty { throw Ending(status: .unreachable) }
    }

    private static func daemons(of installation: Installation) -> [AskedDaemon] {
        AskedDaemon.allCases.filter { $0 != .tokend || installation.hasVault }
    }

    private static func ask(_ daemon: AskedDaemon, _ desk: Desk) async throws(Complaint) -> [MetricReading] {
        switch daemon {
        case .gatewayd:
            try await desk.gateway { client throws(CallFailure) in try await client.metrics() }.readings
        case .walletd:
            try await desk.wallet { client throws(CallFailure) in try await client.metrics() }.readings
        case .tokend:
            try await desk.vault { client throws(CallFailure) in try await client.metrics() }.readings
        }
    }

    static func report(_ readings: [MetricReading]) -> Report {
        let rows = readings.flatMap { reading in
            Exposition.values(of: reading).map { value -> [Cell] in
                [.text(value.name), .text(value.labels), .text(reading.family.kind.name), .text(value.value)]
            }
        }
        return Report(columns, rows: rows)
    }
}
