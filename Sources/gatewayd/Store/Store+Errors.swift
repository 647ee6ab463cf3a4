// Store+Errors: the error ledger.
//
// For: telling an operator what went wrong for whom, newest first.
// Refuses: nothing; bounded by retention (time and rows).
// Called by: StoreWorker (rows of a batch), Service (pages).

import Storage
import Tenancy

/// One row of the error ledger.
struct StoredError: Sendable {
    let seq: Int64
    let at: UnixMillis
    /// `nil` when a newer release wrote a kind this one does not know.
    let kind: ErrorKind?
    let request: RequestID?
    let tenant: String?
    let key: String?
    let model: String
    let provider: String
    let httpStatus: Int64
    let message: String
}

extension ErrorRecord {
    /// The error row of an attempt.
    init(of record: UsageRecord, _ note: ErrorNote) {
        self.init(
            at: record.at, request: record.request, tenant: record.tenant, key: record.key, provider: record.provider,
            httpStatus: record.httpStatus, note: note, model: record.requestedModel)
    }
}

extension Store {
    /// Rows of one page at most.
    static let errorPageMost = 200

    func insertError(_ error: ErrorRecord, event: Int64?) throws(StorageError) {
        let insert = try database.prepare(
            """
            INSERT INTO errors (at, kind, request, tenant, key, model, provider, http_status, message, event)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """)
        insert.bind(1, error.at.value).bind(2, Int64(error.note.kind.rawValue)).bind(3, error.request?.bytes)
            .bind(4, error.tenant?.text).bind(5, error.key?.text).bind(6, error.model)
            .bind(7, error.provider).bind(8, Int64(error.httpStatus)).bind(9, error.note.message).bind(10, event)
        try insert.run()
    }

    /// Errors before row `before`, newest first, of `tenant` or of all; at most `limit` of them, which may be one
    /// more than a page.
    func errors(of tenant: TenantID?, before: Int64, limit: Int) throws(StorageError) -> [StoredError] {
        let question = try database.prepare(
            """
            SELECT seq, at, kind, request, tenant, key, model, provider, http_status, message FROM errors
            WHERE seq < ?1 AND (?2 IS NULL OR tenant = ?2) ORDER BY seq DESC LIMIT ?3
            """)
        question.bind(1, before).bind(2, tenant?.text).bind(3, Int64(min(limit, Self.errorPageMost + 1)))
        var rows: [StoredError] = []
        try question.forEachRow { rows.append(StoredError($0)) }
        return rows
    }
}

extension StoredError {
    fileprivate init(_ row: Statement) {
        self.init(
            seq: row.integer(0), at: UnixMillis(row.integer(1)),
            kind: UInt8(exactly: row.integer(2)).flatMap(ErrorKind.init), request: row.requestIDIfAny(3),
            tenant: row.textIfAny(4), key: row.textIfAny(5), model: row.text(6), provider: row.text(7),
            httpStatus: row.integer(8), message: row.text(9))
    }
}

extension RequestID {
    /// The number as 16 bytes, big-endian, for storage.
    var bytes: [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}

extension Statement {
    /// A request number, or `nil` for NULL and for anything that is not 16 bytes.
    func requestIDIfAny(_ column: Int32) -> RequestID? {
        guard !isNull(column) else { return nil }
        let bytes = blob(column)
        guard bytes.count == 16 else { return nil }
        return RequestID(number: UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self)))
    }
}
