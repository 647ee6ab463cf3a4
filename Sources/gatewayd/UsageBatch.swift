// UsageBatch: what one transaction writes, worked out before the transaction begins.
//
// For: numbering events, linking each to its key's previous one, and summing rollups in memory so that a batch of one
//      tenant's traffic updates a handful of rows.
// Refuses: nothing.
// Called by: StoreWorker (makes it), Store (writes it). Pure.

import Money
import Tenancy

/// One transaction's worth of events.
struct UsageBatch: Sendable {
    /// A row of `usage_rollups` before its span: every group counts in its hour and in its day.
    struct Group: Hashable, Sendable {
        let tenant: TenantID
        let key: KeyID
        let model: String
        /// Hours since 1970.
        let hour: Int64
    }

    /// A row of `key_totals`.
    struct KeyModel: Hashable, Sendable {
        let key: KeyID
        let model: String
    }

    struct Total: Sendable {
        var sums = UsageSums()
        var lastSeq: Int64 = 0
    }

    let records: [UsageRecord]
    /// The number of the first record; the others follow without a gap.
    let firstSeq: Int64
    /// For each record the number of the same key's previous event, 0 for none.
    private(set) var previous: [Int64] = []
    private(set) var hours: [Group: UsageSums] = [:]
    private(set) var totals: [KeyModel: Total] = [:]
    /// The newest event of each key in the batch.
    private(set) var tails: [KeyID: Int64] = [:]

    /// `tail` tells the newest stored event of a key, 0 for none; it is asked once per key.
    init<Failure: Error>(
        _ records: [UsageRecord], firstSeq: Int64, tail: (KeyID) throws(Failure) -> Int64
    ) throws(Failure) {
        self.records = records
        self.firstSeq = firstSeq
        previous.reserveCapacity(records.count)
        for (offset, record) in records.enumerated() {
            let seq = firstSeq + Int64(offset)
            if let known = tails[record.key] { previous.append(known) } else { previous.append(try tail(record.key)) }
            tails[record.key] = seq
            let hour = record.at.hoursSince1970
            let group = Group(tenant: record.tenant, key: record.key, model: record.requestedModel, hour: hour)
            hours[group, default: UsageSums()].add(record)
            totals[KeyModel(key: record.key, model: record.requestedModel), default: Total()].add(record, seq: seq)
        }
    }

    /// The number of the last record; `firstSeq - 1` when empty.
    var lastSeq: Int64 { firstSeq + Int64(records.count) - 1 }

    /// What the wallet has to be told of the record at `offset`, or `nil` when it costs nothing and ends no hold.
    func settlement(at offset: Int) -> CommittedRecord? {
        let record = records[offset]
        guard record.cost.value > 0 || record.hold != 0 else { return nil }
        return CommittedRecord(
            seq: firstSeq + Int64(offset), hold: record.hold, request: record.request, attempt: record.attempt,
            tenant: record.tenant, key: record.key, cost: record.cost, at: record.at)
    }
}

extension UsageBatch.Total {
    fileprivate mutating func add(_ record: UsageRecord, seq: Int64) {
        sums.add(record)
        lastSeq = seq
    }
}

extension UnixMillis {
    /// Whole hours since 1970, rounded down.
    var hoursSince1970: Int64 { value >= 0 ? value / 3_600_000 : (value - 3_599_999) / 3_600_000 }

    /// The instant at which an hour begins.
    init(hoursSince1970 hours: Int64) { self.init(hours * 3_600_000) }
}
