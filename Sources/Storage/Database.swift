// Database: one SQLite connection with one owner.
//
// For: durable state of a daemon. A commit that returned is on disk (WAL with synchronous=FULL); one that threw is not in
// the connection's view and has to be repeated. What is read is on disk too, also right after a crash.
// Refuses: files of other processes (they are locked while open), other threads (it traps), waiting for locks.
// Called by: the Store of each daemon, on the one thread that opened it.

internal import CSQLite

/// A connection to one database file, owned by the thread that opened it.
///
/// The file is locked against other processes for as long as the connection lives. That keeps "no daemon opens another's
/// file" true, needs no shared-memory file, and rules out the WAL-reset race between connections that SQLite had before
/// 3.51.3 (sqlite.org/wal.html, "The WAL-Reset Bug").
public final class Database {
    /// The file.
    public let path: String

    /// More distinct statements than any daemon has; beyond it SQL text is being made from data, which is a mistake.
    public static let statementsMax = 256

    let connection: OpaquePointer
    let owner = OwnerThread()
    /// Pages in the write-ahead log after the latest commit. Kept only when the owner checkpoints by itself.
    public internal(set) var logPages = 0

    private var statements: [String: Statement] = [:]
    private var isOpen = true
    /// A rollback failed and has to be done before the next transaction.
    var isRollbackOwed = false

    /// Opens (and makes, if asked to) the file at `path`.
    public init(path: String, options: DatabaseOptions = DatabaseOptions()) throws(StorageError) {
        self.path = path
        connection = try Self.open(path, options)
        do throws(StorageError) {
            try configure(options)
        } catch {
            shut()
            throw error
        }
    }

    deinit { shut() }

    /// Closes the connection and its statements. Using either afterwards traps.
    public func close() {
        owner.check()
        shut()
    }

    private func shut() {
        guard isOpen else { return }
        isOpen = false
        for statement in statements.values { statement.finalize() }
        statements = [:]
        sqlite3_close_v2(connection)
    }

    /// Done once per process, before its first connection.
    private static let isPrepared: Bool = weir_sqlite_count_no_memory() == SQLITE_OK

    private static func open(_ path: String, _ options: DatabaseOptions) throws(StorageError) -> OpaquePointer {
        _ = isPrepared
        var opened: OpaquePointer?
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        if options.create { flags |= SQLITE_OPEN_CREATE }
        let code = sqlite3_open_v2(path, &opened, flags, options.fileLayer)
        guard code == SQLITE_OK, let connection = opened else {
            let error = StorageError(code, operation: "open", path: path, connection: opened)
            sqlite3_close_v2(opened)
            throw error
        }
        return connection
    }

    private func configure(_ options: DatabaseOptions) throws(StorageError) {
        sqlite3_busy_timeout(connection, 0)
        // Exclusive before WAL: the WAL index then lives in our memory and there is no -shm file.
        try execute("PRAGMA locking_mode = EXCLUSIVE")
        let mode = try prepare("PRAGMA journal_mode = WAL")
        let isWAL = try mode.firstRow { $0.text(0) == "wal" } ?? false
        guard isWAL else { throw refusal(.cannotOpen, "open", "the file system cannot hold a write-ahead log") }
        try execute(
            """
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA secure_delete = OFF;
            PRAGMA temp_store = MEMORY;
            PRAGMA wal_autocheckpoint = \(options.checkpointPages);
            PRAGMA cache_size = -\(options.cacheKibibytes);
            """)
        try syncLog()
        if options.checkpointPages == 0 { watchLog() }
    }

    /// Puts on the disk what the log was found with. A process that died between writing a commit and syncing it leaves it
    /// in the kernel's memory: it is read as committed, would be acted on, and would be gone after a power failure.
    private func syncLog() throws(StorageError) {
        var log: UnsafeMutablePointer<sqlite3_file>?
        let asked = sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log)
        guard asked == SQLITE_OK else { throw failure(asked, "find the log") }
        guard let log, let methods = log.pointee.pMethods, let sync = methods.pointee.xSync else { return }
        let code = sync(log, SQLITE_SYNC_NORMAL)
        guard code == SQLITE_OK else { throw failure(code, "sync the log") }
    }
}

extension Database {
    /// Runs one or more statements that take no parameters and whose rows nobody needs.
    public func execute(_ sql: String) throws(StorageError) {
        owner.check()
        let code = sqlite3_exec(connection, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, "execute") }
    }

    /// The statement for `sql`, compiled once and kept. It comes back reset; a caller that keeps it must not ask for it again
    /// while it is reading rows from it.
    public func prepare(_ sql: String) throws(StorageError) -> Statement {
        owner.check()
        precondition(isOpen, "a closed database was asked for a statement")
        if let known = statements[sql] {
            precondition(!known.isReading, "a statement was asked for again while its rows were being read: \(sql)")
            return known
        }
        precondition(statements.count < Self.statementsMax, "SQL text is being made from data: \(sql)")
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw failure(code, "prepare") }
        let statement = Statement(handle, connection: connection, path: path, owner: owner)
        statements[sql] = statement
        return statement
    }

    /// Rows changed by the most recent INSERT, UPDATE or DELETE.
    public var changes: Int { Int(sqlite3_changes64(connection)) }

    func failure(_ code: Int32, _ operation: String) -> StorageError {
        StorageError(code, operation: operation, path: path, connection: connection)
    }

    /// The error of an owner that read what it never wrote.
    public func contradiction(_ detail: String) -> StorageError { refusal(.corrupt, "read", detail) }

    func refusal(_ kind: StorageError.Kind, _ operation: String, _ detail: String) -> StorageError {
        StorageError(kind: kind, operation: operation, path: path, detail: detail, code: 0)
    }
}
