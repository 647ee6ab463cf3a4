// Store+Keys: API keys, of which only the digest is kept.
//
// For: making, changing and revoking keys; pages of them; when they were last used.
// Refuses: changes of revoked keys; a revocation is for ever.
// Called by: Administration and StoreWorker on the store thread.

import IPC
import Money
import Storage
import Synchronization
import Tenancy

/// What is known of a key at its making.
struct NewKey: Sendable {
    let id: KeyID
    let tenant: TenantID
    /// What its owner calls it; at most `FieldLimits.shortName` bytes.
    let name: String
    let fingerprint: KeyFingerprint
    /// What may be shown of the secret.
    let display: String
    let scope: Scope
    let cap: Micros?
    let rate: RateOverride?
    /// `nil` for never.
    let expiresAt: UnixMillis?
    let createdAt: UnixMillis
}

/// What may be changed of a live key.
struct KeyUpdate: Sendable {
    var name: Change<String> = .keep
    var cap: Change<Micros?> = .keep
    var rate: Change<RateOverride?> = .keep
    var expiresAt: Change<UnixMillis?> = .keep
}

/// A key as it is listed: everything but the secret and its digest.
struct StoredKey: Sendable {
    let id: KeyID
    let tenant: TenantID
    let name: String
    let display: String
    let scope: Scope
    let cap: Micros?
    let rate: RateOverride?
    let createdAt: UnixMillis
    let expiresAt: UnixMillis?
    let revokedAt: UnixMillis?
    var lastUsedAt: UnixMillis?
    /// The cost of all its attempts so far.
    let spent: Micros
}

extension Store {
    /// Live keys of one tenant at most.
    static let keysOfTenantMost: Int64 = 10_000

    /// How many live keys a tenant has.
    func liveKeys(of tenant: TenantRecord) throws(StorageError) -> Int64 {
        let question = try database.prepare("SELECT count(*) FROM keys WHERE tenant = ?1 AND revoked_at IS NULL")
        return try question.bind(1, Int64(tenant.number)).firstRow { $0.integer(0) } ?? 0
    }

    /// Keeps a new key of `tenant`.
    func createKey(_ key: NewKey, of tenant: TenantRecord, by source: String) throws(StorageError) -> KeyRecord {
        let insert = try database.prepare(
            """
            INSERT INTO keys (id, tenant, name, fingerprint, display, scope, cap, rate_per_minute, rate_burst, created_at,
                expires_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
            """)
        insert.bind(1, key.id.text).bind(2, Int64(tenant.number)).bind(3, key.name).bind(4, key.fingerprint.bytes)
            .bind(5, key.display).bind(6, Int64(key.scope.rawValue)).bind(7, key.cap?.value)
            .bind(8, key.rate.map { Int64($0.perMinute) }).bind(9, key.rate.map { Int64($0.burst) })
            .bind(10, key.createdAt.value).bind(11, key.expiresAt?.value)
        let deed = Deed(.keyCreated, by: source, at: key.createdAt)
        try audited(deed, .key(key.id, of: tenant.id)) { () throws(StorageError) in try insert.run() }
        let record = KeyRecord(
            id: key.id, fingerprint: key.fingerprint, tenantNumber: tenant.number, scope: key.scope,
            expiresAt: key.expiresAt ?? .never, cap: key.cap, rate: key.rate, cell: RateCell())
        directory.apply(.key(record))
        return record
    }

    /// The next version of the live key `old`, which is stored as `row`.
    func updateKey(
        _ old: KeyRecord, _ row: StoredKey, _ update: KeyUpdate, by source: String, at now: UnixMillis
    ) throws(StorageError) -> KeyRecord {
        let record = KeyRecord(
            id: old.id, fingerprint: old.fingerprint, tenantNumber: old.tenantNumber, scope: old.scope,
            expiresAt: update.expiresAt.applied(to: row.expiresAt) ?? .never, cap: update.cap.applied(to: old.cap),
            rate: update.rate.applied(to: old.rate), cell: old.cell)
        let change = try database.prepare(
            """
            UPDATE keys SET name = ?1, cap = ?2, rate_per_minute = ?3, rate_burst = ?4, expires_at = ?5 WHERE id = ?6
            """)
        change.bind(1, update.name.applied(to: row.name)).bind(2, record.cap?.value)
            .bind(3, record.rate.map { Int64($0.perMinute) }).bind(4, record.rate.map { Int64($0.burst) })
            .bind(5, update.expiresAt.applied(to: row.expiresAt)?.value).bind(6, old.id.text)
        let deed = Deed(.keyChanged, by: source, at: now)
        try audited(deed, .key(old.id, of: row.tenant)) { () throws(StorageError) in try change.run() }
        directory.apply(.key(record))
        return record
    }

    /// Ends the live key `record` for good.
    func revokeKey(_ record: KeyRecord, by source: String, at now: UnixMillis) throws(StorageError) {
        let change = try database.prepare(
            """
            UPDATE keys SET revoked_at = ?1, last_used_at = max(coalesce(last_used_at, 0), ?2)
            WHERE id = ?3 AND revoked_at IS NULL
            """)
        change.bind(1, now.value).bind(2, record.cell.lastUsed.load(ordering: .relaxed)).bind(3, record.id.text)
        let deed = Deed(.keyRevoked, by: source, at: now)
        let tenant = directory.tenants[record.tenantNumber].id
        try audited(deed, .key(record.id, of: tenant)) { () throws(StorageError) in try change.run() }
        directory.apply(.revoked(record))
    }

    /// Writes down the last uses that are a minute or more newer than the file's; whether there may be more.
    func saveLastUses(step: Int64 = 60_000, limit: Int = 1024) throws(StorageError) -> Bool {
        let uses = directory.unsavedUses(step: step, limit: limit)
        guard !uses.isEmpty else { return false }
        try database.transaction { () throws(StorageError) in
            let save = try database.prepare("UPDATE keys SET last_used_at = ?1 WHERE id = ?2")
            for use in uses { try save.bind(1, use.at.value).bind(2, use.key.text).run() }
        }
        directory.savedUses(uses)
        return uses.count == limit
    }
}

// MARK: reading

extension Store {
    /// One key, live or revoked.
    func key(_ id: KeyID) throws(StorageError) -> StoredKey? {
        try database.prepare(Self.keySQL + " WHERE keys.id = ?1").bind(1, id.text).firstRow { keyRow($0) }
    }

    /// Keys after `after` (`nil` for the first page), of `tenant` or of all, by public name; at most `limit`,
    /// which may be one more than a page.
    func keys(of tenant: TenantRecord?, after: KeyID?, limit: Int) throws(StorageError) -> [StoredKey] {
        let limit = Int64(min(limit, Self.pageMost + 1))
        var rows: [StoredKey] = []
        if let tenant {
            let page = try database.prepare(
                Self.keySQL + " WHERE keys.tenant = ?1 AND keys.id > ?2 ORDER BY keys.id LIMIT ?3")
            page.bind(1, Int64(tenant.number)).bind(2, after?.text ?? "").bind(3, limit)
            try page.forEachRow { rows.append(keyRow($0)) }
        } else {
            let page = try database.prepare(Self.keySQL + " WHERE keys.id > ?1 ORDER BY keys.id LIMIT ?2")
            try page.bind(1, after?.text ?? "").bind(2, limit).forEachRow { rows.append(keyRow($0)) }
        }
        return rows
    }

    func loadKeys() throws(StorageError) {
        let question = try database.prepare(
            """
            SELECT id, fingerprint, tenant, scope, expires_at, cap, rate_per_minute, rate_burst, last_used_at
            FROM keys WHERE revoked_at IS NULL
            """)
        try question.forEachRow { directory.apply(.key(KeyRecord($0))) }
    }

    private static let keySQL = """
        SELECT keys.id, tenants.id, keys.name, display, scope, cap, keys.rate_per_minute, keys.rate_burst,
            keys.created_at, expires_at, revoked_at, last_used_at,
            (SELECT sum(cost) FROM key_totals WHERE key_totals.key = keys.id)
        FROM keys JOIN tenants ON tenants.number = keys.tenant
        """

    private func keyRow(_ row: Statement) -> StoredKey {
        guard let id = KeyID(row.text(0)), let tenant = TenantID(row.text(1)) else {
            preconditionFailure("key \(row.text(0)) was written by this daemon and can be read by it")
        }
        let used = max(directory.key(id)?.cell.lastUsed.load(ordering: .relaxed) ?? 0, row.integerIfAny(11) ?? 0)
        return StoredKey(
            id: id, tenant: tenant, name: row.text(2), display: row.text(3), scope: row.scope(4),
            cap: row.integerIfAny(5).map { Micros($0) }, rate: row.rateOverride(6),
            createdAt: UnixMillis(row.integer(8)),
            expiresAt: row.timeIfAny(9), revokedAt: row.timeIfAny(10), lastUsedAt: used > 0 ? UnixMillis(used) : nil,
            spent: Micros(row.integerIfAny(12) ?? 0))
    }
}

extension KeyRecord {
    fileprivate convenience init(_ row: Statement) {
        guard let id = KeyID(row.text(0)), let fingerprint = KeyFingerprint(row.blob(1)) else {
            preconditionFailure("key \(row.text(0)) was written by this daemon and can be read by it")
        }
        let cell = RateCell()
        cell.lastUsed.store(row.integerIfAny(8) ?? 0, ordering: .relaxed)
        self.init(
            id: id, fingerprint: fingerprint, tenantNumber: Int(row.integer(2)),
            scope: row.scope(3), expiresAt: row.timeIfAny(4) ?? .never, cap: row.integerIfAny(5).map { Micros($0) },
            rate: row.rateOverride(6), cell: cell)
    }
}

extension Statement {
    func timeIfAny(_ column: Int32) -> UnixMillis? { integerIfAny(column).map { UnixMillis($0) } }

    fileprivate func scope(_ column: Int32) -> Scope { Scope(rawValue: UInt32(truncatingIfNeeded: integer(column))) }
}

extension UnixMillis {
    /// Later than anything that happens.
    static let never = UnixMillis(.max)
}
