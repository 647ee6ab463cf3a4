// AuditRun: an audit in slices, so that debits go on between them.
//
// For: the audit message and the whole check at start. What is kept is captured once, between two commits; movements posted
//     later are seen by a later slice and left out by their ordinal, so the audit is of one moment.
// Refuses: nothing; it finds.
// Called by: Writer (one slice a turn), Reconciliation (all slices at once).

import Ledger
import Money
import Storage

struct AuditRun {
    /// Movements a slice reads: about a millisecond, as long as a large commit.
    static let sliceRows = 512

    private var audit: Audit
    private var cursor: [UInt8] = []

    init(_ kept: KeptState) { audit = Audit(of: kept) }

    /// Movements counted, and movements there are.
    var progress: (checked: Int64, total: Int64) { (audit.entries, audit.total) }

    /// Reads one slice; `true` when it was the last.
    mutating func advance(_ store: Store) throws(StorageError) -> Bool {
        let rows = try store.slice(after: cursor, limit: Self.sliceRows)
        for row in rows {
            guard let entry = row.entry else {
                audit.countUnreadable(row.reference)
                continue
            }
            let isRefund = entry.posting.kind == .refund || entry.posting.kind == .reversal
            let refundIsKept = isRefund ? try store.isKept(refund: entry) : true
            audit.count(entry, refundIsKept: refundIsKept)
        }
        cursor = rows.last?.reference ?? cursor
        return rows.count < Self.sliceRows
    }

    consuming func finish() -> Audit.Report { audit.finish() }
}
