// DatabaseOptions: how a file is opened.
//
// For: the few decisions an owner makes about its file; everything else is the same for all daemons.
// Refuses: nothing; `Database.init` refuses what SQLite refuses.
// Called by: the Store of each daemon, tests.

/// How a database file is opened. What is not here is fixed for all: WAL, `synchronous=FULL`, foreign keys on, the file locked
/// against every other process, and no waiting for locks.
public struct DatabaseOptions: Sendable {
    /// Make the file when it is missing. Without it a missing file is `.cannotOpen`.
    public var create = true

    /// WAL pages after which a commit checkpoints by itself; 0 leaves checkpoints to the owner (`Database.checkpoint`).
    /// SQLite's own default of 1,000 pages (4 MB) for owners that do not care.
    public var checkpointPages: Int32 = 1_000

    /// Page cache in kibibytes. 16 MiB keeps the inner pages of a ten-million-row tree, which is what appending and looking up
    /// need; rows are left to the operating system's cache.
    public var cacheKibibytes: Int32 = 16_384

    /// The name of a registered SQLite file layer; `nil` is the operating system's. Tests put faulty disks here.
    public var fileLayer: String?

    public init() {}
}
