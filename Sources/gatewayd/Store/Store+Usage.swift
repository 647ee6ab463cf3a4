// Store+Usage: appending a batch of attempts.
//
// For: events, error rows, rollups, totals and the outbox cursor in one transaction.
// Refuses: nothing; a batch is all there or not at all.
// Called by: StoreWorker.

import Money
import Storage
import Tenancy

extension Store {
    /// Writes `batch`, `errors` and the outbox cursor, and how far a leaving file was taken in with it.
    func append(
        _ batch: UsageBatch, errors: [ErrorRecord], settled: Int64,
        absorbing file: (name: String, through: Int64)? = nil
    ) throws(StorageError) {
        try database.transaction { () throws(StorageError) in
            // Compiled text is found by its bytes: once a batch, not once a row.
            let insert = try database.prepare(Self.insertEventSQL)
            for offset in batch.records.indices { try insertEvent(batch, offset, insert) }
            for error in errors { try insertError(error, event: nil) }
            for entry in batch.groups {
                try addRollups(entry.group, entry.sums)
                try addTotal(entry.group, entry.sums, lastSeq: entry.lastSeq)
            }
            try saveSettled(settled)
            if let file { try saveAbsorbed(file.name, through: file.through) }
        }
    }

    /// The newest event of `key`, 0 for none.
    func newestEvent(of key: KeyID) throws(StorageError) -> Int64 {
        let question = try database.prepare("SELECT max(last_seq) FROM key_totals WHERE key = ?1")
        return try question.bind(1, key.text).firstRow { $0.integerIfAny(0) ?? 0 } ?? 0
    }

    private func insertEvent(_ batch: UsageBatch, _ offset: Int, _ insert: Statement) throws(StorageError) {
        let record = batch.records[offset]
        let seq = batch.firstSeq + Int64(offset)
        insert.bind(1, seq)
        withUnsafeBytes(of: record.request.number.bigEndian) { _ = insert.bind(2, $0) }
        insert.bind(3, Int64(record.attempt)).bind(4, record.at.value)
            .bind(5, record.tenant.text).bind(6, record.key.text).bind(7, Int64(record.surface.rawValue))
            .bind(8, record.requestedModel).bind(9, record.upstreamModel).bind(10, record.provider)
            .bind(11, Int64(record.status.rawValue)).bind(12, Int64(record.httpStatus))
            .bind(13, record.usage.uncachedInput).bind(14, record.usage.cacheRead)
            .bind(15, record.usage.cacheWrite5m).bind(16, record.usage.cacheWrite1h).bind(17, record.usage.output)
            .bind(18, Int64(record.flags.rawValue)).bind(19, record.cost.value)
            .bind(20, Int64(record.latencyMillis)).bind(21, record.firstByteMillis.map(Int64.init))
            .bind(22, batch.previous[offset])
        try insert.run()
        if let note = record.error { try insertError(ErrorRecord(of: record, note), event: seq) }
    }

    private func addRollups(_ group: UsageBatch.Group, _ sums: UsageSums) throws(StorageError) {
        for span in RollupSpan.allCases {
            let add = try database.prepare(Self.addRollupSQL)
            add.bind(1, group.tenant.text).bind(2, span.rawValue).bind(3, span.start(of: group.hour))
                .bind(4, group.key.text).bind(5, group.model)
            try bind(sums, to: add, from: 6).run()
        }
    }

    private func addTotal(
        _ group: UsageBatch.Group, _ sums: UsageSums, lastSeq: Int64
    ) throws(StorageError) {
        let add = try database.prepare(Self.addTotalSQL)
        add.bind(1, group.key.text).bind(2, group.model).bind(3, lastSeq)
        try bind(sums, to: add, from: 4).run()
    }

    private func bind(_ sums: UsageSums, to statement: Statement, from first: Int32) -> Statement {
        statement.bind(first, sums.requests).bind(first + 1, sums.attempts).bind(first + 2, sums.failures)
            .bind(first + 3, sums.estimated).bind(first + 4, sums.usage.uncachedInput)
            .bind(first + 5, sums.usage.cacheRead).bind(first + 6, sums.usage.cacheWrite5m)
            .bind(first + 7, sums.usage.cacheWrite1h).bind(first + 8, sums.usage.output).bind(first + 9, sums.cost)
    }
}

/// How much time one row of `usage_rollups` covers, in hours. Stored: numbers are never reused.
enum RollupSpan: Int64, CaseIterable, Sendable {
    case hour = 1
    case day = 24

    /// The first hour of the row that `hour` counts in.
    func start(of hour: Int64) -> Int64 { hour - hour.floorRemainder(rawValue) }
}

extension Int64 {
    fileprivate func floorRemainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}

// MARK: the statements

extension Store {
    private static let insertEventSQL = """
        INSERT INTO usage_events (seq, request, attempt, at, tenant, key, surface, requested_model, upstream_model, provider,
            status, http_status, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, flags, cost,
            latency_ms, first_byte_ms, previous)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)
        """

    private static let addRollupSQL = """
        INSERT INTO usage_rollups (tenant, span, start, key, model, \(sumColumns))
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        ON CONFLICT DO UPDATE SET \(sumUpdates)
        """

    private static let addTotalSQL = """
        INSERT INTO key_totals (key, model, last_seq, \(sumColumns))
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        ON CONFLICT DO UPDATE SET last_seq = max(last_seq, excluded.last_seq), \(sumUpdates)
        """

    /// The columns of `UsageSums`, in the order they are bound and read.
    static let sumNames = [
        "requests", "attempts", "failures", "estimated", "uncached_input", "cache_read", "cache_write_5m",
        "cache_write_1h",
        "output", "cost",
    ]
    static let sumColumns = sumNames.joined(separator: ", ")

    /// Adds without leaving 64 bits: SQLite would turn the sum into a floating-point number, which a STRICT table refuses,
    /// and the batch would fail for ever.
    private static let sumUpdates = sumNames.map { name in
        "\(name) = CASE WHEN \(name) > 9223372036854775807 - excluded.\(name) THEN 9223372036854775807 "
            + "ELSE \(name) + excluded.\(name) END"
    }.joined(separator: ", ")
}
