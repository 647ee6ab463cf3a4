// KeyReport: API keys as columns.
//
// Called by: KeyCommand. Time is an argument: whether a key has expired depends on it.

import IPC
import Money
import Tenancy

enum KeyReport {
    static let columns: [Column] =
        [
            .left("key"), .left("tenant"), .left("name"), .left("secret"), .left("state"), .left("scopes"),
            .left("expires"),
            .right("cap"), .right("spent"), .left("last_used"), .detail("created"), .detail("revoked"),
        ] + Report.limitColumns
    static let madeColumns: [Column] = [.left("key"), .left("tenant"), .left("secret")]

    static func report(_ rows: [KeyRow], now: UnixMillis) -> Report {
        Report(columns, rows: rows.map { cells($0, now) })
    }

    static func made(_ key: KeyID, _ tenant: TenantID, secret: String) -> Report {
        Report(madeColumns, rows: [[.text(key.text), .text(tenant.text), .text(secret)]])
    }

    /// `active`, `expired` or `revoked`.
    static func state(_ row: KeyRow, now: UnixMillis) -> String {
        if row.revokedAt != nil { return "revoked" }
        return row.expiresAt.map { $0 <= now } == true ? "expired" : "active"
    }

    private static func cells(_ row: KeyRow, _ now: UnixMillis) -> [Cell] {
        [
            .text(row.key.text), .text(row.tenant.text), .text(row.name), .text(row.display),
            .text(state(row, now: now)),
            .text(row.scopes.description), .optional(row.expiresAt, Cell.instant), .optional(row.cap, Cell.money),
            .money(row.spent), .optional(row.lastUsedAt, Cell.instant), .instant(row.createdAt),
            .optional(row.revokedAt, Cell.instant),
        ] + Report.limitCells(row.limits)
    }
}
