// Store+UsageQuestions: what was used, by whom, of what.
//
// For: usage answers from rollups, a key's own totals, and a key's latest attempts.
// Refuses: ranges beyond `UsageRange.longest`.
// Called by: Service, Endpoints/Account, Endpoints/Keys, in jobs on the store thread.

import Money
import Storage
import Tenancy

/// A piece of an answer: what one key used of one model in one hour or day.
struct UsageCell {
    let key: String
    let model: String
    /// Hours since 1970.
    let start: Int64
    let sums: UsageSums
}

/// One attempt as it is listed.
struct EventRow: Sendable {
    let seq: Int64
    let at: UnixMillis
    let request: RequestID?
    let attempt: Int64
    /// `nil` when a newer release wrote one that this release does not know.
    let surface: Surface?
    let model: String
    let upstreamModel: String
    let provider: String
    let status: AttemptStatus?
    let httpStatus: Int64
    let usage: Usage
    let flags: UsageFlags
    let cost: Micros
    let latencyMillis: Int64
    let firstByteMillis: Int64?
}

extension Store {
    /// Attempts of one page at most.
    static let eventPageMost = 100

    /// Calls `body` with everything that was used in `range` by `key` or by all keys of `tenant` or of everybody, in no
    /// order that may be relied on. Added up by the caller and not by SQL, whose sum() fails beyond 64 bits.
    func usage(
        of tenant: TenantID?, key: KeyID?, in range: UsageRange, _ body: (UsageCell) -> Void
    ) throws(StorageError) {
        for part in range.parts {
            let question = try database.prepare(tenant == nil ? Self.usageOfAllSQL : Self.usageOfTenantSQL)
            question.bind(1, part.span.rawValue).bind(2, part.range.from).bind(3, part.range.to).bind(4, key?.text)
            if let tenant { question.bind(5, tenant.text) }
            try question.forEachRow { row in
                body(UsageCell(key: row.text(0), model: row.text(1), start: row.integer(2), sums: row.usageSums(3)))
            }
        }
    }

    /// Calls `body` with what `key` used in its life of each model.
    func lifetimeUsage(
        of key: KeyID, _ body: (_ model: String, _ sums: UsageSums) -> Void
    ) throws(StorageError) {
        let question = try database.prepare("SELECT model, \(Self.sumColumns) FROM key_totals WHERE key = ?1")
        try question.bind(1, key.text).forEachRow { body($0.text(0), $0.usageSums(1)) }
    }

    private static let usageOfTenantSQL = """
        SELECT key, model, start, \(sumColumns) FROM usage_rollups
        WHERE tenant = ?5 AND span = ?1 AND start >= ?2 AND start < ?3 AND (?4 IS NULL OR key = ?4)
        """

    private static let usageOfAllSQL = """
        SELECT key, model, start, \(sumColumns) FROM tenants JOIN usage_rollups ON usage_rollups.tenant = tenants.id
        WHERE span = ?1 AND start >= ?2 AND start < ?3 AND (?4 IS NULL OR key = ?4)
        """
}

// MARK: single attempts

extension Store {
    /// Attempts of `key` from before event `before` (`nil` for the latest), newest first; at most `limit`. They are found by
    /// walking the chain of the key's events, which ends where retention has been. `next` is where the following page
    /// begins, `nil` at the end.
    func events(of key: KeyID, before: Int64?, limit: Int) throws(StorageError) -> (rows: [EventRow], next: Int64?) {
        let limit = min(limit, Self.eventPageMost)
        var rows: [EventRow] = []
        var seq = if let before { before } else { try newestEvent(of: key) }
        while seq > 0, rows.count < limit, let (row, previous) = try event(seq, of: key) {
            rows.append(row)
            seq = previous
        }
        let hasMore = seq > 0 && rows.count == limit
        return (rows, hasMore ? seq : nil)
    }

    /// Event `seq` if it is there and belongs to `key`.
    private func event(_ seq: Int64, of key: KeyID) throws(StorageError) -> (row: EventRow, previous: Int64)? {
        let question = try database.prepare(
            """
            SELECT previous, seq, at, request, attempt, surface, requested_model, upstream_model, provider, status,
                http_status, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, flags, cost, latency_ms,
                first_byte_ms
            FROM usage_events WHERE seq = ?1 AND key = ?2
            """)
        return try question.bind(1, seq).bind(2, key.text).firstRow { (EventRow($0), $0.integer(0)) }
    }
}

extension Statement {
    /// Sums from the columns of `Store.sumNames`, beginning at `first`.
    fileprivate func usageSums(_ first: Int32) -> UsageSums {
        UsageSums(
            requests: integer(first), attempts: integer(first + 1), failures: integer(first + 2),
            estimated: integer(first + 3), usage: usage(first + 4), cost: integer(first + 9))
    }

    /// The five token buckets, beginning at `first`.
    fileprivate func usage(_ first: Int32) -> Usage {
        Usage(
            uncachedInput: integer(first), cacheRead: integer(first + 1), cacheWrite5m: integer(first + 2),
            cacheWrite1h: integer(first + 3), output: integer(first + 4))
    }
}

extension EventRow {
    fileprivate init(_ row: Statement) {
        self.init(
            seq: row.integer(1), at: UnixMillis(row.integer(2)), request: row.requestIDIfAny(3),
            attempt: row.integer(4),
            surface: UInt8(exactly: row.integer(5)).flatMap(Surface.init), model: row.text(6),
            upstreamModel: row.text(7), provider: row.text(8),
            status: UInt8(exactly: row.integer(9)).flatMap(AttemptStatus.init), httpStatus: row.integer(10),
            usage: row.usage(11), flags: UsageFlags(rawValue: UInt8(truncatingIfNeeded: row.integer(16))),
            cost: Micros(row.integer(17)), latencyMillis: row.integer(18), firstByteMillis: row.integerIfAny(19))
    }
}
