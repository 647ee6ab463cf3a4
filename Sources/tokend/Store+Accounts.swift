// Accounts: connecting, finding, listing, removing.
//
// For: put, list and remove, and whatever begins with an account's name.
// Refuses: names that are taken, more accounts than a tenant may have; rows that no release of tokend wrote (`corrupt`).
// Called by: Service, through StoreThread.

import DaemonKit
import IPC
import Refresh
import Storage
import Tenancy

/// An account as somebody wants it to be.
struct NewAccount: Sendable {
    var key: AccountKey
    var kind: CredentialKind
    var state: AccountState
    var refreshes: Bool
    var expiry: UnixMillis?
    var endpoint: String?
    var client: String?
    var user: String
    var label: String
    var scopes: String
    var facts: [MetadataField]
    var secrets: AccountSecrets
    /// Whether an account of that name is replaced.
    var replaces: Bool
    /// Who asks.
    var source: String
}

/// An account that is gone, with what its provider needs to hear to forget it too.
struct RemovedAccount: Sendable {
    let record: AccountRecord
    /// Empty where they do not open.
    let secrets: AccountSecrets
}

extension Store {
    static let columns = """
        id, tenant, provider, name, kind, state, refreshes, version, expiry, death, endpoint, client, user, label, scopes, \
        created, changed
        """

    func account(_ key: AccountKey) throws(StorageError) -> AccountRecord? {
        let select = try database.prepare(
            "SELECT \(Self.columns) FROM accounts WHERE tenant = ?1 AND provider = ?2 AND name = ?3")
        return try record(select.bind(1, key.tenant.text).bind(2, key.provider.text).bind(3, key.account.text))
    }

    func account(id: Int64) throws(StorageError) -> AccountRecord? {
        try record(try database.prepare("SELECT \(Self.columns) FROM accounts WHERE id = ?1").bind(1, id))
    }

    private func record(_ select: Statement) throws(StorageError) -> AccountRecord? {
        guard let row = try select.firstRow(Self.readAccount) else { return nil }
        guard let record = row else { throw database.contradiction("an account makes no sense") }
        return record
    }

    /// The account in the current row, whose columns are `columns`; `nil` when no release wrote it.
    static func readAccount(_ row: Statement) -> AccountRecord? {
        guard let tenant = TenantID(row.text(1)), let provider = ProviderID(row.text(2)),
            let name = AccountName(row.text(3)), let kind = UInt8(exactly: row.integer(4)).flatMap(CredentialKind.init),
            let state = UInt8(exactly: row.integer(5)).flatMap(AccountState.init),
            let version = UInt32(exactly: row.integer(7))
        else { return nil }
        return AccountRecord(
            id: row.integer(0), key: AccountKey(tenant: tenant, provider: provider, account: name), kind: kind,
            state: state, refreshes: row.integer(6) != 0, version: version,
            expiry: row.integerIfAny(8).map(UnixMillis.init), death: row.textIfAny(9).flatMap(DeathReason.init),
            endpoint: row.textIfAny(10), client: row.textIfAny(11), user: row.text(12), label: row.text(13),
            scopes: row.text(14), createdAt: UnixMillis(row.integer(15)), changedAt: UnixMillis(row.integer(16)))
    }

    // MARK: connecting

    /// Stores an account, its facts and its secrets, and the event. Part of a transaction.
    func put(
        _ new: NewAccount, atMost most: Int, at now: UnixMillis
    ) throws(StorageError) -> Result<AccountRecord, PutRefusal> {
        let old = try account(new.key)
        if old != nil, !new.replaces { return .failure(.exists) }
        if old == nil, try count(of: new.key.tenant, atMost: most) >= most { return .failure(.tooMany) }
        let before = try old.map { old throws(StorageError) in try markOfSecret(old) } ?? ""
        let record = try write(new, over: old, at: now)
        for field in SealedField.allCases { try write(new.secrets[field], as: field, of: record.id, new.key) }
        try write(new.facts, of: record.id)
        try append(
            EventRecord(
                at: now, account: new.key, action: old == nil ? .connected : .replaced, source: new.source,
                before: before,
                after: mark(of: new.secrets.secret ?? new.secrets.refreshToken), text: new.label))
        return .success(record)
    }

    private func write(_ new: NewAccount, over old: AccountRecord?, at now: UnixMillis) throws(StorageError)
        -> AccountRecord
    {
        let sql =
            old == nil
            ? """
            INSERT INTO accounts (kind, state, refreshes, expiry, endpoint, client, user, label, scopes, changed, created,
                version, tenant, provider, name)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 1, ?11, ?12, ?13) RETURNING \(Self.columns)
            """
            : """
            UPDATE accounts SET kind = ?1, state = ?2, refreshes = ?3, expiry = ?4, endpoint = ?5, client = ?6, user = ?7,
                label = ?8, scopes = ?9, changed = ?10, version = version + 1, mark = NULL, death = NULL
            WHERE tenant = ?11 AND provider = ?12 AND name = ?13 RETURNING \(Self.columns)
            """
        let write = try database.prepare(sql)
        write.bind(1, Int64(new.kind.rawValue)).bind(2, Int64(new.state.rawValue)).bind(3, new.refreshes ? 1 : 0)
        write.bind(4, new.expiry?.value).bind(5, new.endpoint).bind(6, new.client).bind(7, new.user)
        write.bind(8, new.label).bind(9, new.scopes).bind(10, now.value)
        write.bind(11, new.key.tenant.text).bind(12, new.key.provider.text).bind(13, new.key.account.text)
        guard let record = try record(write) else {
            throw database.contradiction("a row that was written is not there")
        }
        return record
    }

    /// Accounts of a tenant, counted up to `most`.
    private func count(of tenant: TenantID, atMost most: Int) throws(StorageError) -> Int {
        let select = try database.prepare(
            "SELECT count(*) FROM (SELECT 1 FROM accounts WHERE tenant = ?1 LIMIT ?2)")
        return Int(try select.bind(1, tenant.text).bind(2, Int64(most)).firstRow { $0.integer(0) } ?? 0)
    }

    /// The mark of what an account authenticates with; empty when it does not open.
    private func markOfSecret(_ account: AccountRecord) throws(StorageError) -> String {
        guard case .success(let old) = try secrets([.secret, .refreshToken], of: account.id, account.key) else {
            return ""
        }
        return mark(of: old.secret ?? old.refreshToken)
    }

    // MARK: facts

    /// Makes `facts` all that is kept of an account beside its secrets; what was known before and is not among them goes. What
    /// gatewayd could not be told is left out; of too many the last ones stay, which are the newest.
    func write(_ facts: [MetadataField], of id: Int64) throws(StorageError) {
        try database.prepare("DELETE FROM facts WHERE account = ?1").bind(1, id).run()
        let insert = try database.prepare("INSERT OR REPLACE INTO facts (account, name, value) VALUES (?1, ?2, ?3)")
        for fact in facts.filter(\.fits).suffix(FieldLimits.metadata) {
            try insert.bind(1, id).bind(2, fact.name).bind(3, fact.value).run()
        }
    }

    func facts(of id: Int64) throws(StorageError) -> [MetadataField] {
        var facts: [MetadataField] = []
        try database.prepare("SELECT name, value FROM facts WHERE account = ?1 ORDER BY name").bind(1, id).forEachRow {
            facts.append(MetadataField(name: $0.text(0), value: $0.text(1)))
        }
        return facts
    }

    // MARK: removing

    /// Removes an account with everything of it. `nil` when there is none. Part of a transaction.
    func remove(_ key: AccountKey, source: String, at now: UnixMillis) throws(StorageError) -> RemovedAccount? {
        guard let record = try account(key) else { return nil }
        let secrets = (try? try self.secrets(SealedField.allCases, of: record.id, key).get()) ?? AccountSecrets()
        for sql in [
            "DELETE FROM sealed WHERE account = ?1", "DELETE FROM facts WHERE account = ?1",
            "DELETE FROM accounts WHERE id = ?1",
        ] {
            try database.prepare(sql).bind(1, record.id).run()
        }
        try append(
            EventRecord(
                at: now, account: key, action: .removed, source: source,
                before: mark(of: secrets.secret ?? secrets.refreshToken), text: record.label))
        return RemovedAccount(record: record, secrets: secrets)
    }

    // MARK: listing

    /// Accounts by tenant, provider and name that follow `after`, at most `limit`.
    func accounts(
        of tenant: TenantID?, provider: ProviderID?, after: AccountKey?, limit: Int
    ) throws(StorageError) -> [AccountRecord] {
        let select = try database.prepare(
            """
            SELECT \(Self.columns) FROM accounts
            WHERE (tenant, provider, name) > (?1, ?2, ?3) AND (?4 IS NULL OR tenant = ?4) AND (?5 IS NULL OR provider = ?5)
            ORDER BY tenant, provider, name LIMIT ?6
            """)
        // Before everything of a tenant are its empty names, which no account has.
        select.bind(1, after?.tenant.text ?? tenant?.text ?? "").bind(2, after?.provider.text ?? "")
        select.bind(3, after?.account.text ?? "").bind(4, tenant?.text).bind(5, provider?.text).bind(6, Int64(limit))
        var (records, isWhole) = ([AccountRecord](), true)
        try select.forEachRow { row in
            if let record = Self.readAccount(row) { records.append(record) } else { isWhole = false }
        }
        guard isWhole else { throw database.contradiction("an account makes no sense") }
        return records
    }
}

/// Why an account is not stored.
enum PutRefusal: Error, Hashable, Sendable {
    case exists
    case tooMany
}
