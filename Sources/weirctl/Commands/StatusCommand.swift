// StatusCommand: how all daemons are.
//
// For: the first look when something is wrong; a health check for scripts (status 3 when a daemon does not answer).
// Refuses: nothing.
// Called by: Weirctl.

import ArgumentParser
import IPC
import Money
import Tenancy

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "How the daemons are; status 3 when one does not answer.",
        discussion: """
            One record for each daemon. gatewayd: \(Report.fields(StatusReport.gatewayColumns)) \
            walletd: \(Report.fields(StatusReport.walletColumns)) \
            tokend, where there is one: \(Report.fields(StatusReport.vaultColumns)) A daemon that does not answer has state down and a reason.
            """)
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let desk = try Desk(global)
        let gateway = await Self.answer(.gatewayd) { () throws(Complaint) in
            StatusReport.report(try await desk.gateway { client throws(CallFailure) in try await client.status() })
        }
        let wallet = await Self.answer(.walletd) { () throws(Complaint) in
            StatusReport.report(try await desk.wallet { client throws(CallFailure) in try await client.status() })
        }
        var answers = [gateway, wallet]
        if desk.installation.hasVault {
            answers.append(
                await Self.answer(.tokend) { () throws(Complaint) in
                    StatusReport.report(
                        try await desk.vault { client throws(CallFailure) in try await client.status() })
                })
        }
        for (index, answer) in answers.enumerated() {
            if index > 0, !global.json { global.printer.blank() }
            global.printer.record(answer.report)
        }
        if !answers.allSatisfy(\.isUp) { throw Ending(status: .unreachable) }
    }

    private static func answer(
        _ daemon: PeerRole, _ ask: () async throws(Complaint) -> Report
    ) async -> (report: Report, isUp: Bool) {
        do throws(Complaint) {
            return (try await ask(), true)
        } catch {
            return (StatusReport.down(daemon, error), false)
        }
    }
}

enum StatusReport {
    static let gatewayColumns: [Column] = [
        .left("daemon"), .left("state"), .left("since"), .left("build"), .left("wallet_connected"), .left("requests"),
        .left("errors"), .left("in_flight"), .left("connections"), .left("tenants"), .left("keys"), .left("outbox"),
        .left("outbox_oldest"), .left("config_generation"), .left("config_loaded"),
    ]
    static let walletColumns: [Column] = [
        .left("daemon"), .left("state"), .left("since"), .left("build"), .left("wallets"), .left("entries"),
        .left("holds"),
        .left("held"), .left("pending"), .left("connections"), .left("commits"), .left("movements"),
        .left("database_bytes"),
    ]
    static let vaultColumns: [Column] = [
        .left("daemon"), .left("state"), .left("since"), .left("build"), .left("active"), .left("dead"),
        .left("alarms"), .left("overdue"), .left("in_flight"), .left("refreshed"), .left("failed"), .left("watchers"),
        .left("key"), .left("old_sealed"), .left("memory_locked"),
    ]
    static let downColumns: [Column] = [.left("daemon"), .left("state"), .left("reason")]

    static func report(_ answer: GatewayStatusAnswer) -> Report {
        Report(
            gatewayColumns,
            rows: [
                [
                    .text("gatewayd"), .text(state(answer.draining)), .instant(answer.startedAt), .text(answer.build),
                    .flag(answer.walletConnected), .count(answer.requests), .count(answer.errors),
                    .count(answer.inFlight),
                    .count(answer.connections), .count(answer.tenants), .count(answer.keys), .count(answer.outboxDepth),
                    .optional(answer.outboxOldestAt, Cell.instant), .count(answer.configGeneration),
                    .instant(answer.configLoadedAt),
                ]
            ])
    }

    static func report(_ answer: WalletStatusAnswer) -> Report {
        Report(
            walletColumns,
            rows: [
                [
                    .text("walletd"), .text(state(answer.draining)), .instant(answer.startedAt), .text(answer.build),
                    .count(answer.wallets), .count(answer.entries), .count(answer.holds), .money(answer.held),
                    .count(answer.pending), .count(answer.connections), .count(answer.commits),
                    .count(answer.movements),
                    .count(answer.databaseBytes),
                ]
            ])
    }

    static func report(_ answer: TokenStatusAnswer) -> Report {
        Report(
            vaultColumns,
            rows: [
                [
                    .text("tokend"), .text(state(answer.isDraining)), .instant(answer.startedAt), .text(answer.build),
                    .count(answer.active), .count(answer.dead), .count(answer.alarms), .count(answer.overdue),
                    .count(answer.inFlight), .count(answer.refreshed), .count(answer.failed), .count(answer.watchers),
                    .text(answer.key), .count(answer.oldSealed), .flag(answer.isLocked),
                ]
            ])
    }

    static func down(_ daemon: PeerRole, _ complaint: Complaint) -> Report {
        Report(downColumns, rows: [[.text(daemon.description), .text("down"), .text(complaint.what)]])
    }

    private static func state(_ draining: Bool) -> String { draining ? "draining" : "up" }
}
