// Store+Retention: taking old events and errors away, a little at a time.
//
// For: a file that does not grow for ever. Rollups and totals stay.
// Refuses: events beyond the outbox cursor, however old: they are still owed to the wallet.
// Called by: StoreWorker between batches.

import Storage
import Tenancy

extension Store {
    /// Rows of one transaction at most: a few milliseconds, so that a batch never waits long behind it.
    static let pruneMost = 1000
    /// Error rows that are kept at most, whatever their age: some 30 MB.
    static let errorRowsMost: Int64 = 100_000

    /// Removes settled events and errors from before `cutoff`, oldest first, at most `pruneMost` of each. Whether there
    /// may be more.
    func prune(before cutoff: UnixMillis, settled: Int64) throws(StorageError) -> Bool {
        try database.transaction { () throws(StorageError) in
            let events = try pruneEvents(before: cutoff, settled: settled)
            let errors = try pruneErrors(before: cutoff)
            let deeds = try pruneAudit(before: cutoff)
            return [events, errors, deeds].contains(Self.pruneMost)
        }
    }

    private func pruneEvents(before cutoff: UnixMillis, settled: Int64) throws(StorageError) -> Int {
        // Events are numbered in the order of their commits, so the old ones are the lowest: no index on time is needed.
        let delete = try database.prepare(
            """
            DELETE FROM usage_events WHERE at < ?1 AND seq IN
                (SELECT seq FROM usage_events WHERE seq <= ?2 ORDER BY seq LIMIT ?3)
            """)
        try delete.bind(1, cutoff.value).bind(2, settled).bind(3, Int64(Self.pruneMost)).run()
        return database.changes
    }

    private func pruneErrors(before cutoff: UnixMillis) throws(StorageError) -> Int {
        let delete = try database.prepare(
            """
            DELETE FROM errors WHERE seq IN (SELECT seq FROM errors ORDER BY seq LIMIT ?2)
                AND (at < ?1 OR seq <= (SELECT max(seq) FROM errors) - ?3)
            """)
        try delete.bind(1, cutoff.value).bind(2, Int64(Self.pruneMost)).bind(3, Self.errorRowsMost).run()
        return database.changes
    }
}
