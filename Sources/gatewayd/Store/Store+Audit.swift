// Store+Audit: who changed which tenant or key, and when.
//
// For: operators who want to know how something came to be as it is. A change and its row are one transaction.
// Refuses: nothing; there is no change of tenants or keys around it. Of what was changed only digests are kept.
// Called by: Store+Tenants and Store+Keys (writing), Endpoints/AdminAudit (reading), on the store's thread.

import Hashing
import Storage
import Tenancy

/// What can be done to a tenant or key. The texts are in the file and in answers.
enum AuditAction: String, CaseIterable, Sendable {
    case tenantCreated = "tenant.created"
    case tenantChanged = "tenant.changed"
    case keyCreated = "key.created"
    case keyChanged = "key.changed"
    case keyRevoked = "key.revoked"
}

/// What it was done to.
enum AuditSubject: Sendable {
    case tenant(TenantID)
    case key(KeyID, of: TenantID)

    var tenant: TenantID {
        switch self {
        case .tenant(let tenant), .key(_, let tenant): tenant
        }
    }

    /// The id of the tenant or the public name of the key.
    var text: String {
        switch self {
        case .tenant(let tenant): tenant.text
        case .key(let key, _): key.text
        }
    }
}

/// What is done, by whom and when.
struct Deed: Sendable {
    let action: AuditAction
    /// "weirctl, user 0", or the public name of the key that asked.
    let source: String
    let at: UnixMillis

    init(_ action: AuditAction, by source: String, at: UnixMillis) {
        (self.action, self.source, self.at) = (action, source, at)
    }
}

/// A row of the audit.
struct AuditRow: Sendable, Equatable {
    let number: Int64
    let at: UnixMillis
    let tenant: String
    let subject: String
    let action: String
    let source: String
    /// SHA-256 of the row as it was and as it is, in hexadecimal; empty where there is none.
    let before: String
    let after: String
}

/// Which rows of the audit are wanted.
struct AuditFilter: Sendable {
    var tenant: TenantID?
    var action: String?
    /// A tenant's id or a key's public name.
    var subject: String?
    /// The first instant that counts.
    var since: UnixMillis?
}

/// Rows of the audit, newest first.
struct AuditPage: Sendable, Equatable {
    var rows: [AuditRow] = []
    /// What is older is asked for before this number; `nil` when nothing is.
    var next: Int64?
}

extension Store {
    /// Rows that a page looks at, whether they are wanted or not: some 50 ms.
    static let auditSeenMost = 50_000
    /// So many in a row that are older than what is asked for: a clock that was wrong for a while wrote fewer.
    static let auditOldMost = 1000
    /// Rows that are kept at most, whatever their age: some 250 MB.
    static let auditRowsMost: Int64 = 1_000_000
    /// Rows of one page at most.
    static let auditPageMost = 500

    /// Makes a change and keeps who made it: both or neither.
    func audited(_ deed: Deed, _ subject: AuditSubject, _ change: () throws(StorageError) -> Void) throws(StorageError)
    {
        try database.transaction { () throws(StorageError) in
            let before = try digest(of: subject)
            try change()
            let insert = try database.prepare(
                """
                INSERT INTO audit (at, tenant, subject, action, source, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                """)
            insert.bind(1, deed.at.value).bind(2, subject.tenant.text).bind(3, subject.text)
            insert.bind(4, deed.action.rawValue).bind(5, deed.source).bind(6, before)
            try insert.bind(7, try digest(of: subject)).run()
        }
    }

    /// Rows older than number `before`, at most `limit`. Numbers grow with time, but for a clock that was set: a run of
    /// rows that are too old ends the search.
    func audit(_ filter: AuditFilter, before: Int64 = .max, limit: Int) throws(StorageError) -> AuditPage {
        let tenants = filter.tenant == nil ? "?2 IS NULL" : "tenant = ?2"
        let select = try database.prepare(
            """
            SELECT number, at, tenant, subject, action, source, before, after FROM audit
            WHERE number < ?1 AND \(tenants) ORDER BY number DESC
            """)
        select.bind(1, before).bind(2, filter.tenant?.text)
        defer { select.reset() }
        var (page, seen, old, last) = (AuditPage(), 0, 0, before)
        while try select.step() {
            let row = AuditRow(select)
            old = filter.since.map { row.at < $0 } == true ? old + 1 : 0
            if old > Self.auditOldMost { return page }
            guard page.rows.count < min(limit, Self.auditPageMost), seen < Self.auditSeenMost else {
                page.next = last
                return page
            }
            (seen, last) = (seen + 1, row.number)
            if filter.wants(row) { page.rows.append(row) }
        }
        return page
    }

    /// Removes what is too old or too much, at most `pruneMost` rows. Part of a transaction.
    func pruneAudit(before cutoff: UnixMillis) throws(StorageError) -> Int {
        let delete = try database.prepare(
            """
            DELETE FROM audit WHERE number IN (SELECT number FROM audit ORDER BY number LIMIT ?2)
                AND (at < ?1 OR number <= (SELECT max(number) FROM audit) - ?3)
            """)
        try delete.bind(1, cutoff.value).bind(2, Int64(Self.pruneMost)).bind(3, Self.auditRowsMost).run()
        return database.changes
    }

    /// SHA-256 of the row as a JSON array of its columns, which `sqlite3` prints with the same question. A key's last use is
    /// left out: nobody decides on it.
    private func digest(of subject: AuditSubject) throws(StorageError) -> String {
        let question = try database.prepare(subject.rowSQL)
        let row = try question.bind(1, subject.text).firstRow { $0.text(0) }
        return row.map { SHA256Digest(of: Array($0.utf8)).description } ?? ""
    }
}

extension AuditFilter {
    /// The tenant aside.
    fileprivate func wants(_ row: AuditRow) -> Bool {
        (since.map { row.at >= $0 } ?? true) && (action.map { $0 == row.action } ?? true)
            && (subject.map { $0 == row.subject } ?? true)
    }
}

extension AuditRow {
    fileprivate init(_ row: Statement) {
        self.init(
            number: row.integer(0), at: UnixMillis(row.integer(1)), tenant: row.text(2), subject: row.text(3),
            action: row.text(4), source: row.text(5), before: row.text(6), after: row.text(7))
    }
}

extension AuditSubject {
    fileprivate var rowSQL: String {
        switch self {
        case .tenant:
            """
            SELECT json_array(number, id, display_name, policy, suspended, rate_per_minute, rate_burst, created_at)
            FROM tenants WHERE id = ?1
            """
        case .key:
            """
            SELECT json_array(id, tenant, name, hex(fingerprint), display, scope, cap, rate_per_minute, rate_burst,
                created_at, expires_at, revoked_at)
            FROM keys WHERE id = ?1
            """
        }
    }
}
