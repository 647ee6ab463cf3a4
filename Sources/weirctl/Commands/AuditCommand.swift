// AuditCommand: who changed tenants and keys.
//
// Called by: Weirctl.

import ArgumentParser
import IPC
import Tenancy

struct AuditCommand: AsyncParsableCommand {
    static let columns: [Column] = [
        .left("at", atLeast: 19), .left("action", atLeast: 14), .left("tenant"), .left("subject"), .left("source"),
        .detail("before"), .detail("after"), .detail("number"),
    ]
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who changed tenants and keys, newest first.",
        discussion:
            "Source is weirctl and its user, or the key that asked. Before and after are SHA-256 digests of the row. "
            + "Accounts have a record of their own: weirctl connection events. " + Report.fields(columns))
    @OptionGroup var global: GlobalOptions
    @Option(help: "Only this tenant's.", transform: Parse.tenant) var tenant: TenantID?
    @Option(help: ArgumentHelp("Changes to show, 1 to 200.", valueName: "count")) var limit: UInt16 = 50
    @Option(help: ArgumentHelp("Only changes before this number.", valueName: "number")) var before: UInt64 = 0

    func validate() throws {
        guard (1...UInt16(FieldLimits.errorRows)).contains(limit) else { throw ValidationError("--limit is 1 to 200") }
    }

    func run() async throws {
        let request = GatewayAuditRequest(before: before, limit: limit, tenant: tenant)
        let answer = try await Desk(global).gateway { client throws(CallFailure) in try await client.audit(request) }
        let printer = global.printer
        printer.list(Self.report(answer.changes), whenEmpty: "no changes")
        if answer.next != 0 { printer.note("older ones: --before \(answer.next)") }
    }

    static func report(_ changes: [GatewayChange]) -> Report {
        Report(
            columns,
            rows: changes.map { change in
                [
                    .instant(change.at), .text(change.action), .text(change.tenant.text), .text(change.subject),
                    .text(change.source), .text(change.before), .text(change.after), .count(change.number),
                ]
            })
    }
}
