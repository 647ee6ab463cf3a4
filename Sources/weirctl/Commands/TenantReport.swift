// TenantReport: tenants as columns.
//
// Called by: TenantCommand.

import IPC
import Money
import Tenancy

enum TenantReport {
    static let columns: [Column] =
        [.left("tenant"), .left("name"), .left("state"), .left("policy"), .right("keys"), .left("created")]
        + Report.limitColumns
    static let columnsWithWallet: [Column] = columns + [.right("balance"), .right("held"), .right("free")]

    static func report(_ rows: [TenantRow]) -> Report { Report(columns, rows: rows.map(cells)) }

    static func report(_ row: TenantRow, _ balance: BalanceAnswer) -> Report {
        let amounts = [balance.balance, balance.held, balance.free].map { balance.known ? Cell.money($0) : .absent }
        return Report(columnsWithWallet, rows: [cells(row) + amounts])
    }

    private static func cells(_ row: TenantRow) -> [Cell] {
        [
            .text(row.tenant.text), .text(row.displayName), .text(row.suspended ? "suspended" : "active"),
            .text(row.policy.description), .count(row.keys), .instant(row.createdAt),
        ] + Report.limitCells(row.limits)
    }
}
