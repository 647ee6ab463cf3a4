// ErrorsCommand: the error ledger.
//
// Called by: Weirctl.

import ArgumentParser
import IPC
import Tenancy

struct ErrorsCommand: AsyncParsableCommand {
    static let columns: [Column] = [
        .left("at", atLeast: 19), .right("status"), .left("side", atLeast: 8), .left("kind"), .left("tenant"),
        .left("model"),
        .left("host"), .left("text"), .detail("request"), .detail("key"), .detail("sequence"),
    ]
    static let configuration = CommandConfiguration(
        commandName: "errors", abstract: "What went wrong, newest first.",
        discussion: "Side tells whose fault it was: client, weir or upstream. " + Report.fields(columns))
    @OptionGroup var global: GlobalOptions
    @Option(help: "Only this tenant's.", transform: Parse.tenant) var tenant: TenantID?
    @Option(help: ArgumentHelp("Errors to show, 1 to 200.", valueName: "count")) var limit: UInt16 = 50
    @Option(help: ArgumentHelp("Only errors before this sequence number.", valueName: "sequence")) var before: UInt64 =
        0

    func validate() throws {
        guard (1...UInt16(FieldLimits.errorRows)).contains(limit) else { throw ValidationError("--limit is 1 to 200") }
    }

    func run() async throws {
        let request = ErrorReportRequest(before: before, limit: limit, tenant: tenant)
        let answer = try await Desk(global).gateway { client throws(CallFailure) in try await client.errors(request) }
        let printer = global.printer
        printer.list(Self.report(answer.rows), whenEmpty: "no errors")
        if answer.next != 0 { printer.note("older ones: --before \(answer.next)") }
    }

    static func report(_ rows: [ErrorRow]) -> Report {
        Report(
            columns,
            rows: rows.map { row in
                [
                    .instant(row.at), .count(row.status), .text(String(describing: row.side)), .text(row.kind),
                    .optional(row.tenant) { .text($0.text) }, .text(row.model), .text(row.host), .text(row.text),
                    .text(row.request.description), .optional(row.key) { .text($0.text) }, .count(row.sequence),
                ]
            })
    }
}
