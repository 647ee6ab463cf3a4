// What a refresh writes: that a call begins, what it granted, that there will be no other.
//
// For: cases O-02 (an omitted refresh token), O-03 (durable before use), O-04 (somebody else stored one), O-05 (dead).
// Refuses: to write over another version than the one the refresh began with.
// Called by: RefreshLoop, through StoreThread.

import Connections
import DaemonKit
import IPC
import Refresh
import Storage
import Tenancy

/// What a token endpoint is asked with.
struct CallMaterial: Sendable {
    let record: AccountRecord
    let facts: [MetadataField]
    /// The refresh token and the secret of the account's own client, where it has these.
    let secrets: AccountSecrets
}

/// How a call begins.
enum CallBeginning: Sendable {
    case begun(CallMaterial)
    /// What it takes does not open.
    case sealed(SecretFault)
    /// The account is gone.
    case gone
}

/// What a token endpoint granted.
struct GrantedTokens: Sendable {
    let accessToken: Secret
    /// `nil` when the answer had none: the old one stays.
    let refreshToken: Secret?
    /// `nil` when the answer had none: the old ones stay.
    let scopes: String?
    /// What the answer tells about the account; what it does not tell stays as it was.
    let facts: [MetadataField]
    /// Whether the answer states an end; without one it is assumed, so that the token is refreshed some time.
    var hasStatedEnd = true
}

/// What became of a renewal.
enum RenewalOutcome: Hashable, Sendable {
    case stored
    /// The store held another version.
    case superseded(StoredCredential)
    case gone
}

extension Store {
    /// Every account whose credential is refreshed, with the providers and endpoints they name, each once.
    func schedule() throws(StorageError) -> (rows: [ScheduleRow], providers: [String], endpoints: [String]) {
        var (rows, providers, endpoints) = ([ScheduleRow](), NameTable(), NameTable())
        let select = try database.prepare(
            "SELECT id, provider, endpoint, version, expiry, mark, death FROM accounts WHERE refreshes = 1")
        try select.forEachRow { row in
            let stored = StoredCredential(
                version: UInt32(truncatingIfNeeded: row.integer(3)), expiry: UnixMillis(row.integer(4)),
                isMarked: !row.isNull(5), death: row.textIfAny(6).flatMap(DeathReason.init))
            rows.append(
                ScheduleRow(
                    id: row.integer(0), provider: providers.number(of: row.blob(1)),
                    endpoint: row.isNull(2) ? nil : endpoints.number(of: row.blob(2)), stored: stored))
        }
        return (rows, providers.names, endpoints.names)
    }

    /// Marks that a call begins, and opens what it takes. Part of a transaction: called is after it.
    func beginCall(_ id: Int64, at now: UnixMillis) throws(StorageError) -> CallBeginning {
        guard let record = try account(id: id), record.refreshes else { return .gone }
        switch try secrets([.refreshToken, .clientSecret], of: id, record.key) {
        case .failure(let fault): return .sealed(fault)
        case .success(let secrets):
            try database.prepare("UPDATE accounts SET mark = ?2 WHERE id = ?1").bind(1, id).bind(2, now.value).run()
            return .begun(CallMaterial(record: record, facts: try facts(of: id), secrets: secrets))
        }
    }

    /// The call ended, and nothing can have been rotated.
    func clearMark(_ id: Int64) throws(StorageError) {
        try database.prepare("UPDATE accounts SET mark = NULL WHERE id = ?1").bind(1, id).run()
    }

    /// Stores what was granted, over the version before and no other. Part of a transaction.
    func renew(
        _ id: Int64, _ renewal: Renewal, _ tokens: GrantedTokens, source: String, at now: UnixMillis
    ) throws(StorageError) -> RenewalOutcome {
        guard let record = try account(id: id), record.refreshes else { return .gone }
        guard record.version &+ 1 == renewal.version else {
            return try stored(id).map { .superseded($0) } ?? .gone
        }
        let old = try secrets([.secret], of: id, record.key)
        try write(tokens.accessToken, as: .secret, of: id, record.key)
        if let refreshToken = tokens.refreshToken { try write(refreshToken, as: .refreshToken, of: id, record.key) }
        if !tokens.facts.isEmpty {
            try write(AccountFacts(try facts(of: id)).updated(with: AccountFacts(tokens.facts)).fields, of: id)
        }
        let update = try database.prepare(
            """
            UPDATE accounts SET version = ?2, expiry = ?3, state = ?4, scopes = ?5, changed = ?6, mark = NULL, death = NULL
            WHERE id = ?1
            """)
        update.bind(1, id).bind(2, Int64(renewal.version)).bind(3, renewal.expiry.value)
        update.bind(4, Int64(AccountState.active.rawValue)).bind(5, tokens.scopes ?? record.scopes)
        try update.bind(6, now.value).run()
        try append(
            EventRecord(
                at: now, account: record.key, action: .refreshed, source: source,
                before: mark(of: try? old.get().secret), after: mark(of: tokens.accessToken)))
        return .stored
    }

    /// What is stored for an account that is refreshed.
    func stored(_ id: Int64) throws(StorageError) -> StoredCredential? {
        let select = try database.prepare(
            "SELECT version, expiry, mark, death FROM accounts WHERE id = ?1 AND refreshes = 1")
        return try select.bind(1, id).firstRow { row in
            StoredCredential(
                version: UInt32(truncatingIfNeeded: row.integer(0)), expiry: UnixMillis(row.integer(1)),
                isMarked: !row.isNull(2), death: row.textIfAny(3).flatMap(DeathReason.init))
        }
    }

    /// The account has to be connected again: no restart tries it. `false` when another version is stored by now.
    func bury(_ id: Int64, version: UInt32, _ reason: DeathReason, at now: UnixMillis) throws(StorageError) -> Bool {
        guard let record = try account(id: id), record.version == version else { return false }
        let update = try database.prepare(
            "UPDATE accounts SET state = ?2, death = ?3, changed = ?4, mark = NULL WHERE id = ?1")
        try update.bind(1, id).bind(2, Int64(AccountState.dead.rawValue)).bind(3, reason.rawValue).bind(4, now.value)
            .run()
        let secret = try? try secrets([.secret], of: id, record.key).get().secret
        try append(
            EventRecord(
                at: now, account: record.key, action: .died, source: "tokend", before: mark(of: secret),
                text: reason.text))
        return true
    }
}

extension DeathReason {
    /// For people: what happened, and what helps.
    var text: String {
        switch self {
        case .grantRefused: "the provider does not accept the refresh token any more; connect the account again"
        case .grantLost:
            "the provider does not accept the refresh token, after a call whose answer was lost; connect the account again"
        }
    }
}

/// Names that repeat, each kept once.
private struct NameTable {
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]
    /// Most rows name what the row before them did.
    private var latest: (bytes: [UInt8], number: Int)?

    mutating func number(of bytes: UnsafeRawBufferPointer) -> Int {
        if let latest, latest.bytes.elementsEqual(bytes) { return latest.number }
        let name = String(decoding: bytes, as: UTF8.self)
        let number = numbers[name] ?? names.count
        if number == names.count {
            names.append(name)
            numbers[name] = number
        }
        latest = (Array(bytes), number)
        return number
    }
}
