// WatchCommand: requests as they end.
//
// Called by: Weirctl.

import ArgumentParser
import IPC
import Money
import Tenancy

struct WatchCommand: AsyncParsableCommand {
    /// Wide enough for usual rows, so that the columns of a list without end seldom move.
    static let columns: [Column] = [
        .left("at", atLeast: 19), .left("tenant", atLeast: 12), .left("model", atLeast: 20), .left("host", atLeast: 14),
        .right("status"), .right("input", atLeast: 7), .right("output", atLeast: 6), .right("cost", atLeast: 10),
        .right("first_byte_ms"), .right("duration_ms"), .left("request"), .detail("key"), .detail("streamed"),
        .detail("estimated"), .detail("cache_read"), .detail("cache_write_5m"), .detail("cache_write_1h"),
        .detail("missed"),
    ]
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Every request as it ends, until Ctrl-C.",
        discussion: """
            Input is what touched no cache. A reader that is too slow is told how many records it missed. \
            \(Report.fields(columns))
            """)
    @OptionGroup var global: GlobalOptions
    @Option(help: "Only this tenant's.", transform: Parse.tenant) var tenant: TenantID?

    func run() async throws {
        let printer = global.printer
        let request = WatchRequest(tenant: tenant)
        try await Desk(global).gateway { client throws(CallFailure) in
            var table = TableText(Self.columns)
            printer.rows(Report(Self.columns), continuing: &table)
            let records = client.watch(request).makeAsyncIterator()
            while let record = try await records.next() {
                if record.missed > 0 { printer.note("\(record.missed) records missed here") }
                printer.rows(Self.report(record), continuing: &table)
            }
        }
        throw Complaint("gatewayd ended the stream", next: "weirctl status", status: .unreachable)
    }

    static func report(_ record: RequestRecord) -> Report {
        let usage = record.usage
        return Report(
            columns,
            rows: [
                [
                    .instant(record.at), .text(record.tenant.text), .text(record.model), .text(record.host),
                    .count(record.status), .number(usage.uncachedInput), .number(usage.output), .money(record.cost),
                    .count(record.firstByteMillis), .count(record.durationMillis), .text(record.request.description),
                    .text(record.key.text), .flag(record.streamed), .flag(record.estimated), .number(usage.cacheRead),
                    .number(usage.cacheWrite5m), .number(usage.cacheWrite1h), .count(record.missed),
                ]
            ])
    }
}
