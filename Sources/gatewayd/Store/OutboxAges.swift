// OutboxAges: how long the oldest unsettled event has waited.
//
// For: the one number that tells a wallet that is away from a busy one, without asking the file.
// Refuses: nothing. An age is that of a batch: exact to the few milliseconds that a batch is gathered.
// Called by: StoreWorker. Pure.

import NIOCore
import Tenancy

/// The batches that are not settled yet, oldest first. As many as there are unsettled events at most, which
/// `StoreQueue.backlogMost` bounds.
struct OutboxAges: Sendable {
    private var batches = CircularBuffer<(lastSeq: Int64, at: UnixMillis)>()

    /// When the oldest event that may be unsettled ended; `nil` when all are settled.
    var oldest: UnixMillis? { batches.first?.at }

    /// A batch became durable: events up to `lastSeq`, the first of which ended at `at`.
    mutating func add(through lastSeq: Int64, at: UnixMillis) { batches.append((lastSeq, at)) }

    /// Every event up to `seq` is settled.
    mutating func settle(through seq: Int64) {
        while let first = batches.first, first.lastSeq <= seq { batches.removeFirst() }
    }
}
