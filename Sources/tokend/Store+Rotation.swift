// Rotation: everything sealed comes under the active key.
//
// For: `weirctl vault rotate`, and the count of what is not yet there.
// Refuses: to write where somebody has sealed anew meanwhile.
// Called by: Service, through StoreThread; RotationPlan decides.

import Storage
import Tenancy
import Vault

extension Store {
    /// Envelopes under another key than the active one.
    func oldSealed() throws(StorageError) -> Int {
        let select = try database.prepare("SELECT count(*) FROM sealed WHERE key < ?1 OR key > ?1")
        return Int(try select.bind(1, ring.activeKey.description).firstRow { $0.integer(0) } ?? 0)
    }

    /// One page of a walk: what `plan` finds there is sealed anew. Part of a transaction.
    func rotate(_ plan: RotationPlan) throws(StorageError) -> (plan: RotationPlan, unreadable: [UnreadableField]) {
        var plan = plan
        // A reload may have come since the page before.
        plan.turn(to: ring)
        let (resealings, unreadable) = plan.step(try sealedRows(after: plan.position ?? -1), scratch: scratch)
        let update = try database.prepare(
            "UPDATE sealed SET envelope = ?3, key = ?4 WHERE account = ?1 AND envelope = ?2")
        for resealing in resealings {
            update.bind(1, resealing.number).bind(2, resealing.old).bind(3, resealing.new)
            try update.bind(4, ring.activeKey.description).run()
        }
        return (plan, unreadable)
    }

    /// Whole rows with ids above `after`, about a page of fields; the file's own is the first.
    private func sealedRows(after: Int64) throws(StorageError) -> [SealedRow] {
        // An account has three fields at most, so a page cut to whole accounts still has most of its fields.
        let select = try database.prepare(
            """
            SELECT sealed.account, sealed.field, sealed.envelope, accounts.tenant, accounts.provider
            FROM sealed LEFT JOIN accounts ON accounts.id = sealed.account
            WHERE sealed.account > ?1 ORDER BY sealed.account, sealed.field LIMIT ?2
            """)
        var rows: [SealedRow] = []
        try select.bind(1, after).bind(2, Int64(RotationPlan.pageFields)).forEachRow { row in
            guard let place = Self.place(ofRow: row) else { return }
            rows.append(SealedRow(number: row.integer(0), place: place, envelope: row.text(2)))
        }
        guard rows.count == RotationPlan.pageFields, let last = rows.last?.number else { return rows }
        return rows.filter { $0.number < last }
    }

    /// `nil` for fields of accounts that are gone, which there are none of.
    private static func place(ofRow row: Statement) -> SealedPlace? {
        if row.integer(0) == ownRow { return ownPlace }
        guard let field = SealedField(rawValue: row.integer(1)), !row.isNull(3) else { return nil }
        return place(owner: row.text(3), provider: row.text(4), row: "\(row.integer(0))", field: field.name)
    }
}
