// Store+Tenants: who may use this gateway at all.
//
// For: making and changing tenants; pages of them.
// Refuses: ids that exist, tenants that do not.
// Called by: Administration on the store thread.

import IPC
import Money
import Storage
import Synchronization
import Tenancy

extension Change {
    /// The field's value after the change.
    func applied(to old: Value) -> Value {
        switch self {
        case .keep: old
        case .set(let new): new
        }
    }

    /// The new value, if there is one.
    var value: Value? {
        switch self {
        case .keep: nil
        case .set(let new): new
        }
    }
}

/// What an operator may change of a tenant.
struct TenantUpdate: Sendable {
    var displayName: Change<String> = .keep
    var policy: Change<SpendPolicy> = .keep
    var isSuspended: Change<Bool> = .keep
    /// `nil` goes back to the configured default.
    var rate: Change<RateOverride?> = .keep
}

/// A tenant as it is listed.
struct StoredTenant: Sendable {
    let record: TenantRecord
    /// For people.
    let displayName: String
    let createdAt: UnixMillis
    /// Keys that are neither revoked nor expired.
    let keys: Int64
}

extension Store {
    /// Rows of one page at most.
    static let pageMost = 500
    /// Tenants at most: what event loops can keep in memory without a thought.
    static let tenantsMost = 100_000

    /// Makes a tenant; the name must be free.
    func createTenant(
        _ id: TenantID, displayName: String, policy: SpendPolicy, rate: RateOverride?, by source: String,
        at now: UnixMillis
    ) throws(StorageError) -> TenantRecord {
        let tenant = TenantRecord(
            number: directory.tenants.count, id: id, policy: policy, isSuspended: false, rate: rate, cell: RateCell())
        let insert = try database.prepare(
            """
            INSERT INTO tenants (policy, suspended, rate_per_minute, rate_burst, number, id, display_name, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """)
        tenant.bindSettings(to: insert).bind(5, Int64(tenant.number)).bind(6, id.text).bind(7, displayName)
            .bind(8, now.value)
        let deed = Deed(.tenantCreated, by: source, at: now)
        try audited(deed, .tenant(id)) { () throws(StorageError) in try insert.run() }
        directory.apply(.tenant(tenant))
        return tenant
    }

    /// The next version of `old`.
    func updateTenant(
        _ old: TenantRecord, _ update: TenantUpdate, by source: String, at now: UnixMillis
    ) throws(StorageError) -> TenantRecord {
        let tenant = TenantRecord(
            number: old.number, id: old.id, policy: update.policy.applied(to: old.policy),
            isSuspended: update.isSuspended.applied(to: old.isSuspended), rate: update.rate.applied(to: old.rate),
            cell: old.cell)
        let change = try database.prepare(
            """
            UPDATE tenants SET policy = ?1, suspended = ?2, rate_per_minute = ?3, rate_burst = ?4,
                display_name = coalesce(?5, display_name) WHERE number = ?6
            """)
        tenant.bindSettings(to: change).bind(5, update.displayName.value).bind(6, Int64(tenant.number))
        let deed = Deed(.tenantChanged, by: source, at: now)
        try audited(deed, .tenant(old.id)) { () throws(StorageError) in try change.run() }
        directory.apply(.tenant(tenant))
        return tenant
    }

    /// Tenants after `after` (`nil` for the first page) by name; at most `limit`, which may be one more than a page.
    func tenants(after: TenantID?, limit: Int, now: UnixMillis) throws(StorageError) -> [StoredTenant] {
        let question = try database.prepare(
            """
            SELECT number, display_name, created_at, (SELECT count(*) FROM keys WHERE tenant = tenants.number
                AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?3))
            FROM tenants WHERE id > ?1 ORDER BY id LIMIT ?2
            """)
        question.bind(1, after?.text ?? "").bind(2, Int64(min(limit, Self.pageMost + 1))).bind(3, now.value)
        var rows: [StoredTenant] = []
        try question.forEachRow { row in
            let record = directory.tenants[Int(row.integer(0))]
            rows.append(
                StoredTenant(
                    record: record, displayName: row.text(1), createdAt: UnixMillis(row.integer(2)),
                    keys: row.integer(3)))
        }
        return rows
    }

    /// Reads all tenants and live keys into the directory. Called once, after the migrations.
    func loadDirectory() throws(StorageError) {
        let question = try database.prepare(
            "SELECT number, id, policy, suspended, rate_per_minute, rate_burst FROM tenants ORDER BY number")
        try question.forEachRow { directory.apply(.tenant(TenantRecord($0))) }
        try loadKeys()
    }
}

extension TenantRecord {
    fileprivate convenience init(_ row: Statement) {
        guard let id = TenantID(row.text(1)), let policy = UInt8(exactly: row.integer(2)).flatMap(SpendPolicy.init)
        else { preconditionFailure("tenant \(row.text(1)) was written by this daemon and can be read by it") }
        self.init(
            number: Int(row.integer(0)), id: id, policy: policy, isSuspended: row.integer(3) != 0,
            rate: row.rateOverride(4), cell: RateCell())
    }

    /// The four changeable columns as parameters 1 to 4.
    fileprivate func bindSettings(to statement: Statement) -> Statement {
        statement.bind(1, Int64(policy.rawValue)).bind(2, isSuspended ? 1 : 0)
            .bind(3, rate.map { Int64($0.perMinute) }).bind(4, rate.map { Int64($0.burst) })
    }
}

extension Statement {
    /// A rate override from two columns; `nil` when they are NULL.
    func rateOverride(_ column: Int32) -> RateOverride? {
        guard let perMinute = integerIfAny(column), let burst = integerIfAny(column + 1) else { return nil }
        guard let rate = UInt32(exactly: perMinute), let burst = UInt32(exactly: burst) else { return nil }
        return RateOverride(perMinute: rate, burst: burst)
    }
}
