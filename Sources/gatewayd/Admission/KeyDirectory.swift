// KeyDirectory: tenants and live keys in the store thread's memory.
//
// For: making the next version of a record with the same rate cell, answering without a query, and knowing which key was
//      used since that was last written down.
// Refuses: nothing; it is what the file says.
// Called by: Store on its thread only.

import Synchronization
import Tenancy

/// All tenants and live keys, for the tables of the event loops.
struct KeySnapshot: Sendable {
    /// In the order of their numbers, dense from 0.
    let tenants: [TenantRecord]
    let keys: [KeyRecord]
}

/// The master copy of what the event loops' tables hold.
final class KeyDirectory {
    private struct Entry {
        var record: KeyRecord
        /// The last use that is in the file.
        var savedUse: Int64
    }

    private(set) var tenants: [TenantRecord] = []
    private var numbers: [TenantID: Int] = [:]
    private var keys: [KeyID: Entry] = [:]

    var snapshot: KeySnapshot { KeySnapshot(tenants: tenants, keys: keys.values.map(\.record)) }

    func tenant(_ id: TenantID) -> TenantRecord? { numbers[id].map { tenants[$0] } }

    func key(_ id: KeyID) -> KeyRecord? { keys[id]?.record }

    /// Keys that are neither revoked nor expired.
    func keysInForce(at now: UnixMillis) -> Int {
        keys.values.reduce(0) { $0 + ($1.record.expiresAt > now ? 1 : 0) }
    }

    /// Takes over a durable change.
    func apply(_ change: KeyChange) {
        switch change {
        case .tenant(let tenant):
            numbers[tenant.id] = tenant.number
            if tenant.number == tenants.count { tenants.append(tenant) } else { tenants[tenant.number] = tenant }
        case .key(let key):
            let savedUse = keys[key.id]?.savedUse ?? key.cell.lastUsed.load(ordering: .relaxed)
            keys[key.id] = Entry(record: key, savedUse: savedUse)
        case .revoked(let key): keys[key.id] = nil
        }
    }

    /// Keys whose last use is at least `step` milliseconds newer than what is in the file; at most `limit`.
    func unsavedUses(step: Int64, limit: Int) -> [(key: KeyID, at: UnixMillis)] {
        var found: [(key: KeyID, at: UnixMillis)] = []
        for (id, entry) in keys where found.count < limit {
            let used = entry.record.cell.lastUsed.load(ordering: .relaxed)
            if used >= entry.savedUse + step { found.append((id, UnixMillis(used))) }
        }
        return found
    }

    func savedUses(_ uses: [(key: KeyID, at: UnixMillis)]) {
        for use in uses { keys[use.key]?.savedUse = use.at.value }
    }
}
