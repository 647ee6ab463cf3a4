// Store+Outbox: usage events as the outbox of settlements.
//
// For: where delivery stands, and what a previous run left undelivered.
// Refuses: events it cannot read back (it traps: money may not be skipped silently).
// Called by: StoreWorker.

import Money
import Storage
import Tenancy

/// A page of events beyond the cursor.
struct OutboxPage: Sendable {
    /// What has to be settled, in order.
    var unsettled: [CommittedRecord] = []
    /// Events that cost nothing: settled as they are.
    var free: [Int64] = []
    /// The last event looked at; `nil` when there was none.
    var last: Int64?
}

extension Store {
    /// The stored cursor and the highest event number ever given out.
    func outboxState() throws(StorageError) -> (settled: Int64, last: Int64) {
        let question = try database.prepare(
            "SELECT settled_seq, (SELECT max(seq) FROM usage_events) FROM outbox WHERE only = 0")
        let (settled, newest) = try question.firstRow { ($0.integer(0), $0.integerIfAny(1) ?? 0) } ?? (0, 0)
        return (settled, max(settled, newest))
    }

    /// When the first event beyond the stored cursor ended that has something to settle.
    func oldestUnsettled() throws(StorageError) -> UnixMillis? {
        let question = try database.prepare(
            """
            SELECT at FROM usage_events WHERE seq > (SELECT settled_seq FROM outbox) AND cost > 0 ORDER BY seq LIMIT 1
            """)
        return try question.firstRow { UnixMillis($0.integer(0)) }
    }

    /// Keeps the cursor. Part of a batch, or a statement of its own.
    func saveSettled(_ settled: Int64) throws(StorageError) {
        try database.prepare("UPDATE outbox SET settled_seq = ?1 WHERE only = 0").bind(1, settled).run()
    }

    /// The next events after `after` up to `through`, at most `limit`.
    func outboxPage(after: Int64, through: Int64, limit: Int) throws(StorageError) -> OutboxPage {
        let question = try database.prepare(
            """
            SELECT seq, request, attempt, tenant, key, cost, at FROM usage_events
            WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3
            """)
        question.bind(1, after).bind(2, through).bind(3, Int64(limit))
        var page = OutboxPage()
        try question.forEachRow { page.add($0) }
        return page
    }
}

extension OutboxPage {
    fileprivate mutating func add(_ row: Statement) {
        let seq = row.integer(0)
        last = seq
        guard row.integer(5) > 0 else { return free.append(seq) }
        guard let request = row.requestIDIfAny(1), let attempt = UInt8(exactly: row.integer(2)),
            let tenant = TenantID(row.text(3)), let key = KeyID(row.text(4))
        else { preconditionFailure("event \(seq) was written by this daemon and can be read by it") }
        unsettled.append(
            CommittedRecord(
                seq: seq, hold: 0, request: request, attempt: attempt, tenant: tenant, key: key,
                cost: Micros(row.integer(5)), at: UnixMillis(row.integer(6))))
    }
}
