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
    /// What is summed together: it counts in a row of `usage_rollups` for its hour, in one for its day, and in a row of
    /// `key_totals`.
    struct Group: Hashable, Sendable {
        let tenant: TenantID
        let key: KeyID
        let model: String
        /// Hours since 1970.
        let hour: Int64
    }

    let records: [UsageRecord]
    /// The number of the first record; the others follow without a gap.
    let firstSeq: Int64
    /// For each record the number of the same key's previous event, 0 for none.
    private(set) var previous: [Int64] = []
    /// What each group adds to its hour and day, and to the key's totals.
    private(set) var groups: [(group: Group, sums: UsageSums, lastSeq: Int64)] = []
    /// The newest event of each key in the batch.
    private(set) var tails: [KeyID: Int64] = [:]

    /// `tail` tells the newest stored event of a key, 0 for none; it is asked once per key.
    init<Failure: Error>(
        _ records: [UsageRecord], firstSeq: Int64, tail: (KeyID) throws(Failure) -> Int64
    ) throws(Failure) {
        self.records = records
        self.firstSeq = firstSeq
        previous.reserveCapacity(records.count)
        var places: [Group: Int] = [:]
        var last = 0
        for (offset, record) in records.enumerated() {
            let seq = firstSeq + Int64(offset)
            if let known = tails[record.key] { previous.append(known) } else { previous.append(try tail(record.key)) }
            tails[record.key] = seq
            let index = place(of: Group(of: record), after: last, in: &places)
            groups[index].sums.add(record)
            groups[index].lastSeq = seq
            last = index
        }
    }

    /// Where `group` is in `groups`. Traffic comes in runs of one key and model: the one before is looked at first.
    private mutating func place(of group: Group, after last: Int, in places: inout [Group: Int]) -> Int {
        if last < groups.count, groups[last].group == group { return last }
        if let known = places[group] { return known }
        groups.append((group, UsageSums(), 0))
        places[group] = groups.count - 1
        return groups.count - 1
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

extension UsageBatch.Group {
    fileprivate init(of record: UsageRecord) {
        self.init(
            tenant: record.tenant, key: record.key, model: record.requestedModel, hour: record.at.hoursSince1970)
    }
}

extension UnixMillis {
    /// Whole hours since 1970, rounded down.
    var hoursSince1970: Int64 { value >= 0 ? value / 3_600_000 : (value - 3_599_999) / 3_600_000 }

    /// The instant at which an hour begins.
    init(hoursSince1970 hours: Int64) { self.init(hours * 3_600_000) }
}
