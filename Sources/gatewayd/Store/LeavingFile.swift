// LeavingFile: what a gatewayd that has handed over writes while its last answers end.
//
// For: a handover. The successor has gatewayd.db; the leaving process keeps usage and settlements in a file of its own, of the same
//      shape, which the successor takes in when the process is gone, however it went.
// Refuses: files that a living process has open (`inUse`); rows that gatewayd cannot have written.
// Called by: StoreWorker, on the store's thread.

import DaemonKit
import Money
import Storage
import Tenancy

/// The names of leaving files.
enum LeavingFile {
    static let prefix = "leaving-"
    static let suffix = ".db"

    /// A name that no other process and no earlier handover has.
    static func name(process: Int32, at time: UnixMillis) -> String { "\(prefix)\(process)-\(time.value)\(suffix)" }

    /// Whether `process` has named the file so.
    static func isOf(_ process: Int32, _ name: String) -> Bool { name.hasPrefix("\(prefix)\(process)-") }
}

/// The folder leaving files are in.
struct LeavingFolder: Sendable {
    /// The names of the files there are, oldest first.
    let names: @Sendable () -> [String]
    let path: @Sendable (String) -> String
    /// Removes a file of that name if it is there.
    let remove: @Sendable (String) -> Void
}

extension LeavingFolder {
    /// gatewayd's state directory.
    init(_ directory: StateDirectory) {
        self.init(
            names: { directory.names(from: LeavingFile.prefix, to: LeavingFile.suffix) }, path: directory.file,
            remove: directory.remove)
    }

    /// Removes the database `name` with its log.
    func removeDatabase(_ name: String) {
        for end in ["", "-wal", "-journal"] { remove(name + end) }
    }
}

/// Records of a leaving file, in order.
struct LeavingPage: Sendable {
    var records: [UsageRecord] = []
    var errors: [ErrorRecord] = []
    /// The last event in it.
    var through: Int64
}

/// An opened leaving file.
struct LeavingReader {
    private let database: Database

    /// Fails with `inUse` while its process lives.
    init(path: String, fileLayer: String?) throws(StorageError) {
        var options = DatabaseOptions()
        options.fileLayer = fileLayer
        options.create = false
        database = try Database(path: path, options: options)
        try Migrator(applicationID: Migrations.applicationID, migrations: Migrations.all).bringUpToDate(database)
    }

    func close() { database.close() }

    /// The next events after `through`, at most `limit`. Errors of no event come with the first page.
    func page(after through: Int64, isFirst: Bool, limit: Int) throws(StorageError) -> LeavingPage {
        var page = LeavingPage(through: through)
        let question = try database.prepare(
            """
            SELECT usage_events.seq, usage_events.request, attempt, usage_events.at, usage_events.tenant,
                usage_events.key, surface, requested_model, upstream_model, usage_events.provider, status,
                usage_events.http_status, uncached_input, cache_read, cache_write_5m, cache_write_1h, output, flags, cost,
                latency_ms, first_byte_ms, errors.kind, errors.message
            FROM usage_events LEFT JOIN errors ON errors.event = usage_events.seq
            WHERE usage_events.seq > ?1 ORDER BY usage_events.seq LIMIT ?2
            """)
        var isReadable = true
        try question.bind(1, through).bind(2, Int64(limit)).forEachRow { row in
            page.through = row.integer(0)
            guard let record = UsageRecord(leaving: row) else { return isReadable = false }
            page.records.append(record)
        }
        if isFirst { try readErrors(&page, &isReadable) }
        guard isReadable else { throw database.contradiction("a row that gatewayd did not write") }
        return page
    }

    private func readErrors(_ page: inout LeavingPage, _ isReadable: inout Bool) throws(StorageError) {
        let question = try database.prepare(
            """
            SELECT at, kind, request, tenant, key, model, provider, http_status, message FROM errors
            WHERE event IS NULL ORDER BY seq LIMIT ?1
            """)
        try question.bind(1, Int64(StoreQueue.errorsMost)).forEachRow { row in
            guard let error = ErrorRecord(leaving: row) else { return isReadable = false }
            page.errors.append(error)
        }
    }
}

extension UsageRecord {
    fileprivate init?(leaving row: Statement) {
        guard let request = row.requestIDIfAny(1), let attempt = UInt8(exactly: row.integer(2)),
            let tenant = TenantID(row.text(4)), let key = KeyID(row.text(5)),
            let surface = UInt8(exactly: row.integer(6)).flatMap(Surface.init),
            let status = UInt8(exactly: row.integer(10)).flatMap(AttemptStatus.init)
        else { return nil }
        let usage = Usage(
            uncachedInput: row.integer(12), cacheRead: row.integer(13), cacheWrite5m: row.integer(14),
            cacheWrite1h: row.integer(15), output: row.integer(16))
        // Its hold was ended by its own process, or with that process's connection to walletd.
        self.init(
            request: request, attempt: attempt, at: UnixMillis(row.integer(3)), loop: 0, hold: 0, tenant: tenant,
            key: key,
            surface: surface, requestedModel: row.text(7), upstreamModel: row.text(8), provider: row.text(9),
            status: status, httpStatus: UInt16(clamping: row.integer(11)), usage: usage,
            flags: UsageFlags(rawValue: UInt8(truncatingIfNeeded: row.integer(17))), cost: Micros(row.integer(18)),
            latencyMillis: UInt32(clamping: row.integer(19)),
            firstByteMillis: row.integerIfAny(20).map { UInt32(clamping: $0) },
            error: row.integerIfAny(21).flatMap { UInt8(exactly: $0).flatMap(ErrorKind.init) }.map {
                ErrorNote(kind: $0, message: row.text(22))
            })
    }
}

extension ErrorRecord {
    fileprivate init?(leaving row: Statement) {
        guard let kind = UInt8(exactly: row.integer(1)).flatMap(ErrorKind.init) else { return nil }
        self.init(
            at: UnixMillis(row.integer(0)), request: row.requestIDIfAny(2),
            tenant: row.textIfAny(3).flatMap(TenantID.init),
            key: row.textIfAny(4).flatMap(KeyID.init), provider: row.text(6),
            httpStatus: UInt16(clamping: row.integer(7)), note: ErrorNote(kind: kind, message: row.text(8)),
            model: row.text(5))
    }
}
