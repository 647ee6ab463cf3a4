// UsageCommand: requests, tokens and cost over a time.
//
// Called by: Weirctl.

import ArgumentParser
import IPC
import Money
import Tenancy

struct UsageCommand: AsyncParsableCommand {
    /// What a row stands for.
    enum Grouping: String, CaseIterable, ExpressibleByArgument {
        case key, model, day

        var number: UsageGrouping {
            switch self {
            case .key: .key
            case .model: .model
            case .day: .day
            }
        }
    }

    /// 30 days: a month's bill. gatewayd refuses more than 400 days.
    private static let usualSpan: Int64 = 30 * 86_400_000

    static let columns: [Column] = [
        .left("group"), .right("requests"), .right("input"), .right("cache_read"), .right("cache_write_5m"),
        .right("cache_write_1h"), .right("output"), .right("cost"), .detail("estimated"),
    ]
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Requests, tokens and cost over a time.",
        discussion: """
            Tokens are in five disjoint buckets; input is what touched no cache. Estimated counts the requests whose \
            provider reported no usage. \(Report.fields(columns))
            """)
    @OptionGroup var global: GlobalOptions
    @Option(help: "Only this tenant's.", transform: Parse.tenant) var tenant: TenantID?
    @Option(help: "Only this key's.", transform: Parse.key) var key: KeyID?
    @Option(
        help: ArgumentHelp(
            "From when: a span back such as 24h, or a date; 30d when left out.", valueName: "when"),
        transform: Parse.pastInstant)
    var from: UnixMillis?
    @Option(help: ArgumentHelp("Up to when; now when left out.", valueName: "when"), transform: Parse.pastInstant)
    var to: UnixMillis?
    @Option(help: "One row for each key, model or day (UTC).") var by: Grouping?

    func run() async throws {
        // The span's end is exclusive: a millisecond more includes what has just ended.
        let end = to ?? UnixMillis(SystemClock.now.value + 1)
        let begin = from ?? UnixMillis(end.value - Self.usualSpan)
        guard begin < end else { throw ValidationError("--from is not before --to") }
        let request = UsageReportRequest(from: begin, to: end, group: by?.number ?? .none, tenant: tenant, key: key)
        let answer = try await Desk(global).gateway { client throws(CallFailure) in try await client.usage(request) }
        let printer = global.printer
        printer.list(Self.report(answer.rows), whenEmpty: "no requests in this time")
        if answer.truncated { printer.note("there are more rows: narrow it down with --tenant, --from, --to") }
    }

    static func report(_ rows: [UsageRow]) -> Report {
        Report(
            columns,
            rows: rows.map { row in
                let usage = row.usage
                let tokens = [
                    usage.uncachedInput, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h, usage.output,
                ]
                return [.text(row.label.isEmpty ? "all" : row.label), .count(row.requests)] + tokens.map(Cell.number)
                    + [.money(row.cost), .count(row.estimated)]
            })
    }
}
