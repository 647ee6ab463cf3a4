// Store: gatewayd.db, on the one thread that opened it.
//
// For: all SQL of this daemon, by subject in Store+*.swift. What a call wrote is durable when it returns; when it throws,
//      nothing of it is there.
// Refuses: files that are not gatewayd's or are newer than this release (Storage says so).
// Called by: StoreWorker and the jobs that StoreQueue runs.

import Storage

/// How the store is opened.
struct StoreOptions: Sendable {
    let path: String
    /// Where leaving files of earlier processes are taken in from; `nil` for a leaving file itself.
    var leaving: LeavingFolder?
    /// Days that usage events and errors are kept; rollups and totals stay.
    var eventDays = 90
    /// Wall-clock milliseconds since 1970: when a key was last used, what retention may take.
    let clock: @Sendable () -> Int64
    /// A file layer of the tests' own; `nil` for the system's.
    var fileLayer: String?
    /// Where copies are made for backups: what a crash left there is removed. `nil` when none are.
    var copyPath: String?
    /// Where each commit is told, and its failure and the recovery from that once each. Called on the store's thread; it
    /// must not block.
    var report: @Sendable (StoreEvent) -> Void = { _ in }
}

/// What an operator is told of the store.
enum StoreEvent: Sendable {
    /// The first of one or more failed commits; admission has stopped.
    case failing(StorageError)
    /// Commits succeed again after this many failures.
    case recovered(afterFailures: Int)
    /// A leaving file cannot be read. It stays where it is, for a person to look at.
    case leftBehind(StorageError)
    /// A transaction is durable.
    case stored(StoredBatch)
    /// Records of a process that has handed over, from its leaving file: they were durable before.
    case absorbed([UsageRecord], file: String)
}

/// What one transaction made durable.
struct StoredBatch: Sendable {
    let records: [UsageRecord]
    let errors: [ErrorRecord]
    /// From begin to synced.
    let micros: Int
}

/// The open file and what is kept of it in memory.
final class Store {
    let database: Database
    /// Tenants and live keys, as they are in the file.
    let directory = KeyDirectory()

    /// Megabytes would buy nothing: the request path never reads, and what is written is appended.
    private static let cacheKibibytes: Int32 = 2048

    init(path: String, fileLayer: String? = nil) throws(StorageError) {
        var options = DatabaseOptions()
        options.cacheKibibytes = Self.cacheKibibytes
        options.fileLayer = fileLayer
        database = try Database(path: path, options: options)
        try Migrator(applicationID: Migrations.applicationID, migrations: Migrations.all).bringUpToDate(database)
        try loadDirectory()
    }

    func close() { database.close() }
}
