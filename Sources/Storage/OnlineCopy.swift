// OnlineCopy: a whole copy of a database that is in use, made a portion at a time.
//
// For: backups. Between two portions the owner goes on committing; a page that was copied already and is written again goes
//     into the copy too, so that the copy is of the moment at which its last portion was made.
// Refuses: to begin without room for the copy beside what the database may still need; portions inside a transaction (traps).
// Called by: the writer of each daemon, on the thread that owns the database.

internal import CSQLite
internal import Glibc

/// A copy under way. Owned by the thread of its source. What it leaves at its path is a database only after `advance` gave
/// `true`; before that, and after a failure or `abandon`, it is rubbish that `remove` takes away.
public final class OnlineCopy {
    /// Pages of one portion: 256 KiB, some tenths of a millisecond, no more than a commit that waits for it takes itself.
    public static let portionPages: Int32 = 64

    /// What stays free on the disk beside the copy: twice the log that a wallet lets grow before it folds it.
    public static let spareBytes: Int64 = 64 << 20

    private let source: Database
    private let path: String
    private var target: OpaquePointer?
    private var handle: OpaquePointer?

    /// Begins a copy at `path`; what an earlier one left there is removed. `fileLayer` is where tests put faulty disks, as in `DatabaseOptions`.
    public init(of source: Database, to path: String, fileLayer: String? = nil) throws(StorageError) {
        source.owner.check()
        self.source = source
        self.path = path
        try Self.remove(path, fileLayer: fileLayer)
        if fileLayer == nil { try Self.checkRoom(for: try source.fileBytes(), at: path) }
        do throws(StorageError) {
            target = try Self.open(path, fileLayer)
            handle = sqlite3_backup_init(target, "main", source.connection, "main")
            if handle == nil { throw failure(sqlite3_errcode(target), "begin the copy") }
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    /// Copies the next portion; `true` when that was the last one and the copy is whole. It is not synced: whoever needs it
    /// for longer than a moment does that.
    public func advance(pages: Int32 = OnlineCopy.portionPages) throws(StorageError) -> Bool {
        source.owner.check()
        precondition(!source.isInTransaction, "a copy goes on between transactions")
        precondition(handle != nil, "a copy that has ended was to go on")
        let code = sqlite3_backup_step(handle, pages)
        if code == SQLITE_OK { return false }
        guard code == SQLITE_DONE else {
            close()
            throw failure(code, "copy")
        }
        let ended = close()
        guard ended == SQLITE_OK else { throw failure(ended, "end the copy") }
        return true
    }

    /// Pages not yet copied, as of the last portion.
    public var pagesLeft: Int { Int(sqlite3_backup_remaining(handle)) }

    /// Gives the copy up. What there is of it stays at its path.
    public func abandon() { close() }

    @discardableResult
    private func close() -> Int32 {
        let ended = handle.map { sqlite3_backup_finish($0) } ?? SQLITE_OK
        let closed = target.map { sqlite3_close_v2($0) } ?? SQLITE_OK
        handle = nil
        target = nil
        return ended == SQLITE_OK ? closed : ended
    }

    private func failure(_ code: Int32, _ operation: String) -> StorageError {
        StorageError(code, operation: operation, path: path, connection: nil)
    }
}

extension OnlineCopy {
    /// Removes what a copy left at `path`; nothing there is nothing to do.
    public static func remove(_ path: String, fileLayer: String? = nil) throws(StorageError) {
        guard let layer = sqlite3_vfs_find(fileLayer) else { return }
        var isThere: Int32 = 0
        guard layer.pointee.xAccess(layer, path, SQLITE_ACCESS_EXISTS, &isThere) == SQLITE_OK, isThere != 0 else {
            return
        }
        let code = layer.pointee.xDelete(layer, path, 0)
        guard code == SQLITE_OK else { throw StorageError(code, operation: "remove", path: path, connection: nil) }
    }

    private static func open(_ path: String, _ fileLayer: String?) throws(StorageError) -> OpaquePointer? {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var code = sqlite3_open_v2(path, &opened, flags, fileLayer)
        // No journal and no syncs: a copy that is interrupted is thrown away, never repaired.
        let settings = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE"
        if code == SQLITE_OK { code = sqlite3_exec(opened, settings, nil, nil, nil) }
        guard code == SQLITE_OK else {
            sqlite3_close_v2(opened)
            throw StorageError(code, operation: "make", path: path, connection: nil)
        }
        return opened
    }

    private static func checkRoom(for bytes: Int64, at path: String) throws(StorageError) {
        var disk = statvfs()
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard statvfs(folder, &disk) == 0 else { return }
        let free = Int64(clamping: disk.f_bavail) * Int64(disk.f_frsize)
        guard free < bytes + spareBytes else { return }
        throw StorageError(
            kind: .full, operation: "copy", path: path,
            detail: "the copy has \(bytes) bytes and \(spareBytes) are to stay free; there are \(free)", code: 0)
    }
}
