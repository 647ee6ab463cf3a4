// Upkeep: checkpoints and integrity checks.
//
// For: owners that decide themselves when the write-ahead log is folded into the file, and start-up checks.
// Refuses: checkpoints inside a transaction (SQLite answers `.inUse`).
// Called by: Stores, at start and when the log has grown.

internal import CSQLite

extension Database {
    /// The state of the write-ahead log after a checkpoint.
    public struct CheckpointReport: Hashable, Sendable {
        /// Pages in the log.
        public let logPages: Int
        /// Of these, pages now also in the database file. Equal to `logPages` when all are; the log then starts over.
        public let foldedPages: Int
    }

    /// Copies the write-ahead log into the file and syncs it; the next write starts the log over.
    @discardableResult
    public func checkpoint() throws(StorageError) -> CheckpointReport {
        owner.check()
        var log: Int32 = 0
        var folded: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(connection, nil, SQLITE_CHECKPOINT_PASSIVE, &log, &folded)
        guard code == SQLITE_OK else { throw failure(code, "checkpoint") }
        if folded == log { logPages = 0 }
        return CheckpointReport(logPages: Int(log), foldedPages: Int(folded))
    }

    /// Keeps `logPages`. SQLite's own checkpoints use the same hook, so this is for owners that do them.
    func watchLog() {
        let note: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, Int32) -> Int32 = {
            Unmanaged<Database>.fromOpaque($0!).takeUnretainedValue().logPages = Int($3)
            return SQLITE_OK
        }
        sqlite3_wal_hook(connection, note, Unmanaged.passUnretained(self).toOpaque())
    }

    /// The bytes of the file, without the write-ahead log.
    public func fileBytes() throws(StorageError) -> Int64 {
        let pages = try prepare("PRAGMA page_count").firstRow { $0.integer(0) } ?? 0
        let size = try prepare("PRAGMA page_size").firstRow { $0.integer(0) } ?? 0
        return pages * size
    }

    /// Reads the whole file and checks its structure (not that indexes match tables); `.corrupt` names the first damage.
    /// Takes about a second per gigabyte.
    public func quickCheck() throws(StorageError) {
        let check = try prepare("PRAGMA quick_check(1)")
        let answer = try check.firstRow { $0.text(0) } ?? "no answer"
        guard answer == "ok" else { throw refusal(.corrupt, "quick check", answer) }
    }
}
