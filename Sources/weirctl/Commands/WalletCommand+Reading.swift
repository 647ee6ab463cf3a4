// WalletCommand+Reading: balance, history, audit.
//
// Called by: WalletCommand.

import ArgumentParser
import Glibc
import IPC
import Money
import Tenancy

extension WalletCommand {
    struct Balance: AsyncParsableCommand {
        static let columns: [Column] = [
            .left("tenant"), .right("balance"), .right("held"), .right("free"), .right("entries"),
        ]
        static let configuration = CommandConfiguration(
            abstract: "What tenants have.",
            discussion: "Held is set aside by running requests; free is what the next one may hold. "
                + Report.fields(columns))
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Which tenants; all of them when none is named.", transform: Parse.tenant) var tenants:
            [TenantID] = []

        func run() async throws {
            let desk = try Desk(global)
            let asked = tenants.isEmpty ? try await desk.tenants().map(\.tenant) : tenants
            let answers = try await desk.wallet { client throws(CallFailure) in
                var answers: [BalanceAnswer] = []
                for tenant in asked { answers.append(try await client.balance(BalanceRequest(tenant: tenant))) }
                return answers
            }
            global.printer.list(Self.report(asked, answers), whenEmpty: "no tenants")
        }

        static func report(_ tenants: [TenantID], _ answers: [BalanceAnswer]) -> Report {
            let rows = zip(tenants, answers).map { tenant, answer -> [Cell] in
                let amounts = [answer.balance, answer.held, answer.free].map { answer.known ? Cell.money($0) : .absent }
                return [.text(tenant.text)] + amounts + [.count(answer.entries)]
            }
            return Report(columns, rows: rows)
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A tenant's movements, newest first.", discussion: Report.fields(MovementReport.historyColumns))
        @OptionGroup var global: GlobalOptions
        @Argument(transform: Parse.tenant) var tenant: TenantID
        @Option(help: ArgumentHelp("Movements to show, 1 to 500.", valueName: "count")) var limit: UInt16 = 50
        @Option(help: "Only movements before this one.", transform: Parse.reference) var before: Reference?
        @Flag(help: "All of them, page after page.") var all = false

        func validate() throws {
            guard (1...UInt16(FieldLimits.pageRows)).contains(limit) else {
                throw ValidationError("--limit is 1 to 500")
            }
        }

        func run() async throws {
            let desk = try Desk(global)
            let printer = global.printer
            var table = TableText(MovementReport.historyColumns)
            var next = before
            repeat {
                let page = try await desk.page(tenant, before: next, limit: all ? UInt16(FieldLimits.pageRows) : limit)
                printer.rows(MovementReport.history(page.entries), continuing: &table)
                next = page.next
            } while all && next != nil
            if let next { printer.note("older ones: weirctl wallet history \(tenant) --before \(next)") }
        }
    }

    struct Audit: AsyncParsableCommand {
        static let columns: [Column] = [
            .left("sound"), .right("entries"), .right("wallets"), .right("sum"), .left("findings"),
        ]
        static let configuration = CommandConfiguration(
            abstract: "Adds up every entry again and compares; ends with status 1 when anything differs.",
            discussion: "Requests go on meanwhile. " + Report.fields(columns))
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let progress = AuditProgress()
            let end = try await Desk(global).wallet { client throws(CallFailure) in
                let items = client.audit().makeAsyncIterator()
                while let item = try await items.next() { progress.show(item) }
                return items.end
            }
            progress.clear()
            guard let end else { throw Complaint("the audit ended without a result", next: "look at walletd's log") }
            global.printer.record(Self.report(end))
            if !end.sound { throw Ending(status: .refused) }
        }

        static func report(_ end: AuditEnd) -> Report {
            Report(
                columns,
                rows: [
                    [
                        .flag(end.sound), .count(end.entries), .count(end.wallets), .money(end.sum),
                        .texts(end.findings.map(\.text)),
                    ]
                ])
        }
    }
}

extension Desk {
    fileprivate func page(
        _ tenant: TenantID, before: Reference?, limit: UInt16
    ) async throws(Complaint) -> HistoryAnswer {
        let request = HistoryRequest(tenant: tenant, before: before, limit: limit)
        return try await wallet { client throws(CallFailure) in try await client.history(request) }
    }
}

/// One line that is overwritten, on a terminal only.
struct AuditProgress: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func show(_ item: AuditItem) {
        guard isTerminal else { return }
        Printer.write("\r\(Self.text(item))", to: STDERR_FILENO)
    }

    func clear() {
        if isTerminal { Printer.write("\r\u{1b}[K", to: STDERR_FILENO) }
    }

    static func text(_ item: AuditItem) -> String {
        let percent = item.total == 0 ? 100 : min(item.checked, item.total) * 100 / item.total
        return "\(percent) %: \(item.checked) of \(item.total) entries"
    }
}
