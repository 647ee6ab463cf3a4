// Connections that were begun in a browser and have not come back.
//
// For: connectBegin and connectFinish: a state is good once, for ten minutes, and for the browser that began.
// Refuses: unknown, used and old states, and those of another session; more that wait than `connectingPerTenant`
//      (the tenant's own oldest end) and `connectingMost` (the oldest end).
// Called by: Service, through StoreThread.

import Connections
import DaemonKit
import Hashing
import IPC
import Storage
import Tenancy
import Vault

extension Store {
    /// Connections that may wait: an hour's worth at three a second, each about 1 KiB.
    static let connectingMost = 10_000
    /// Connections of one tenant that may wait: as many as it may have links (gatewayd). A link may be opened again and again,
    /// which must not end the connections of others.
    static let connectingPerTenant = 32
    /// How long a user may take: a login with a second factor takes minutes, codes live ten (RFC 6749 §4.1.2).
    static let connectingTime = Int64(600_000)

    /// Keeps a connection under the digest of its state. Part of a transaction.
    func begin(_ record: ConnectingRecord, state: [UInt8], at now: UnixMillis) throws(StorageError) {
        try database.prepare("DELETE FROM connecting WHERE expires <= ?1").bind(1, now.value).run()
        try endOldest(of: record.account.tenant)
        let insert = try database.prepare(
            """
            INSERT INTO connecting
                (state, session, tenant, provider, name, redirect, scopes, back, source, verifier, expires, label, facts)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """)
        let key = record.account
        insert.bind(1, state).bind(2, record.session).bind(3, key.tenant.text).bind(4, key.provider.text)
        insert.bind(5, key.account.text).bind(6, record.redirect).bind(7, record.scopes).bind(8, record.back)
        insert.bind(9, record.source).bind(10, seal(record.verifier, Self.place(ofState: state, key)))
        insert.bind(11, record.expires.value).bind(12, record.label)
        try insert.bind(13, FormText.query(AccountFacts(record.facts).pairs)).run()
    }

    /// Makes room for one more connection: first among the tenant's own.
    private func endOldest(of tenant: TenantID) throws(StorageError) {
        let own = try database.prepare(
            """
            DELETE FROM connecting WHERE state IN
            (SELECT state FROM connecting WHERE tenant = ?1 ORDER BY expires DESC LIMIT -1 OFFSET ?2)
            """)
        try own.bind(1, tenant.text).bind(2, Int64(Self.connectingPerTenant - 1)).run()
        let all = try database.prepare(
            """
            DELETE FROM connecting WHERE state IN
            (SELECT state FROM connecting ORDER BY expires DESC LIMIT -1 OFFSET ?1)
            """)
        try all.bind(1, Int64(Self.connectingMost - 1)).run()
    }

    /// Ends the connection of a state, whatever comes of it, and gives what it was. Part of a transaction.
    func finish(
        state: [UInt8], session: [UInt8], at now: UnixMillis
    ) throws(StorageError) -> Result<ConnectingRecord, FlowRefusal> {
        let delete = try database.prepare(
            """
            DELETE FROM connecting WHERE state = ?1
            RETURNING session, tenant, provider, name, redirect, scopes, back, source, verifier, expires, label, facts
            """)
        guard let found = try delete.bind(1, state).firstRow({ row in FoundFlow(row) }), let flow = found else {
            return .failure(.unknownState)
        }
        guard now < flow.expires else { return .failure(.expired) }
        guard ConstantTime.areEqual(flow.session, session) else { return .failure(.otherSession) }
        // Sealed under a key that has left the configuration meanwhile: to the user it is as unknown.
        guard let verifier = try? open(flow.verifier, Self.place(ofState: state, flow.account)) else {
            return .failure(.unknownState)
        }
        return .success(
            ConnectingRecord(
                account: flow.account, label: flow.label, session: flow.session, redirect: flow.redirect,
                scopes: flow.scopes,
                back: flow.back, source: flow.source, facts: flow.facts, verifier: verifier, expires: flow.expires))
    }

    private static func place(ofState state: [UInt8], _ key: AccountKey) -> SealedPlace {
        let row = "state \(Base16.text(state))"
        return place(owner: key.tenant.text, provider: key.provider.text, row: row, field: "verifier")
    }
}

/// A row of `connecting`.
private struct FoundFlow {
    let account: AccountKey
    let label: String
    let session: [UInt8]
    let redirect: String
    let scopes: String
    let back: String
    let source: String
    let verifier: String
    let expires: UnixMillis
    let facts: [MetadataField]

    /// `nil` when no release wrote it.
    init?(_ row: Statement) {
        guard let tenant = TenantID(row.text(1)), let provider = ProviderID(row.text(2)),
            let name = AccountName(row.text(3)), let facts = try? FormText.pairs(row.text(11).utf8)
        else { return nil }
        self.facts = AccountFacts(facts).fields
        account = AccountKey(tenant: tenant, provider: provider, account: name)
        (session, redirect, scopes, back) = (row.bytes(0), row.text(4), row.text(5), row.text(6))
        (source, verifier, expires, label) = (row.text(7), row.text(8), UnixMillis(row.integer(9)), row.text(10))
    }
}

/// Bytes as lower-case hexadecimal digits.
private enum Base16 {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
