// FingerprintMap: from the digest of a key to its record.
//
// For: the one look-up every request makes. Digests are uniform already, so a slot is found by their own bits; Swift's
//      dictionary hashes them once more, which measured twice the time.
// Refuses: nothing. Nobody can aim at slots: what is stored are digests of secrets we made.
// Called by: KeyTable.

import Tenancy

/// Open addressing with linear probing; at most half full.
struct FingerprintMap {
    /// The first word of each stored digest, 0 for a free slot.
    private var heads: [UInt64]
    private var records: [KeyRecord?]
    private(set) var count = 0

    private static let initialSlots = 16

    init() {
        heads = Array(repeating: 0, count: Self.initialSlots)
        records = Array(repeating: nil, count: Self.initialSlots)
    }

    /// The record with this digest.
    subscript(fingerprint: KeyFingerprint) -> KeyRecord? {
        let head = Self.head(of: fingerprint)
        var slot = home(of: head)
        while true {
            let found = heads[slot]
            if found == 0 { return nil }
            if found == head, let record = records[slot], record.fingerprint == fingerprint { return record }
            slot = next(slot)
        }
    }

    /// Stores `record`, in place of one with the same digest.
    mutating func insert(_ record: KeyRecord) {
        if (count + 1) * 2 > heads.count { grow() }
        place(record)
    }

    /// Takes the record with this digest away, if it is there.
    mutating func remove(_ fingerprint: KeyFingerprint) {
        guard var hole = slot(of: fingerprint) else { return }
        count -= 1
        var slot = next(hole)
        // Those behind the hole move up unless they are at home already, so that no search ends too early.
        while heads[slot] != 0 {
            let distance = (slot - home(of: heads[slot])) & (heads.count - 1)
            if distance >= (slot - hole) & (heads.count - 1) {
                heads[hole] = heads[slot]
                records[hole] = records[slot]
                hole = slot
            }
            slot = next(slot)
        }
        heads[hole] = 0
        records[hole] = nil
    }

    private static func head(of fingerprint: KeyFingerprint) -> UInt64 { max(fingerprint.words.0, 1) }

    private func home(of head: UInt64) -> Int { Int(truncatingIfNeeded: head) & (heads.count - 1) }

    private func next(_ slot: Int) -> Int { (slot + 1) & (heads.count - 1) }

    private func slot(of fingerprint: KeyFingerprint) -> Int? {
        let head = Self.head(of: fingerprint)
        var slot = home(of: head)
        while heads[slot] != 0 {
            if heads[slot] == head, records[slot]?.fingerprint == fingerprint { return slot }
            slot = next(slot)
        }
        return nil
    }

    private mutating func place(_ record: KeyRecord) {
        let head = Self.head(of: record.fingerprint)
        var slot = home(of: head)
        while heads[slot] != 0 {
            if heads[slot] == head, records[slot]?.fingerprint == record.fingerprint {
                records[slot] = record
                return
            }
            slot = next(slot)
        }
        heads[slot] = head
        records[slot] = record
        count += 1
    }

    private mutating func grow() {
        let old = records
        heads = Array(repeating: 0, count: heads.count * 2)
        records = Array(repeating: nil, count: heads.count)
        count = 0
        for case let record? in old { place(record) }
    }
}
