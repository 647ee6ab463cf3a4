// StorageError: every way a database operation fails, in our words.
//
// For: turning SQLite's result codes into one closed list, with the operation and the file, in this one file.
// Refuses: nothing. A code that is not listed becomes `.other` and keeps its number.
// Called by: Database, Statement, Migrator make them; daemons decide by `kind` and print `description` once.

internal import CSQLite

/// A failed database operation: what was attempted, on which file, and what kind of failure it was.
public struct StorageError: Error, Hashable, Sendable {
    /// What a caller can decide by.
    public enum Kind: Hashable, Sendable {
        /// The disk or the quota is full. Nothing was written; may pass.
        case full
        /// Reading, writing or syncing a file failed. Whether a commit that failed so is on disk is decided at the next open.
        case inputOutput
        /// Another process has the file open. Never waited for.
        case inUse
        /// The file may be read but not written.
        case readOnly
        /// The file or its folder is missing or may not be opened.
        case cannotOpen
        /// The content contradicts itself.
        case corrupt
        /// The file is not a database, or another program's or daemon's database.
        case foreignFile
        /// The file was written by a newer release, or its migrations are not the ones this release knows.
        case unknownSchema
        /// A primary key or unique value is already there.
        case duplicate
        /// Another declared constraint does not hold.
        case constraint
        /// SQLite could not get memory.
        case outOfMemory
        /// The SQL is wrong or used wrongly, or a code this release does not know.
        case other
    }

    public let kind: Kind
    /// What was attempted: `open`, `prepare`, `step`, `commit`, …
    public let operation: String
    /// The database file.
    public let path: String
    /// SQLite's own sentence, or ours.
    public let detail: String
    /// SQLite's extended result code; 0 where the refusal is our own.
    public let code: Int32

    /// Whether the same operation may succeed later without anybody repairing anything.
    public var mayPass: Bool { kind == .full || kind == .inputOutput || kind == .inUse || kind == .outOfMemory }
}

extension StorageError: CustomStringConvertible {
    /// One line for the journal: `commit of /var/lib/weir/wallet.db failed: database or disk is full (13)`.
    public var description: String {
        let number = code == 0 ? "" : " (\(code))"
        return "\(operation) of \(path) failed: \(detail)\(number)"
    }
}

extension StorageError {
    /// The failure `code` of `operation`, with the sentence SQLite kept for it on `connection`.
    init(_ code: Int32, operation: String, path: String, connection: OpaquePointer?) {
        let extended = connection.map(sqlite3_extended_errcode) ?? code
        let known = extended & 0xFF == code & 0xFF
        let sentence = known ? connection.flatMap(sqlite3_errmsg) : sqlite3_errstr(code)
        self.init(
            kind: Self.kind(of: known ? extended : code), operation: operation, path: path,
            detail: sentence.map { String(cString: $0) } ?? "no description", code: known ? extended : code)
    }

    private static func kind(of extended: Int32) -> Kind {
        // Extended codes first (low byte: the primary code). They are macros computed by shifts, which Swift does not import:
        // SQLITE_CONSTRAINT_PRIMARYKEY = 19 | 6 << 8, _UNIQUE = 19 | 8 << 8, _ROWID = 19 | 10 << 8.
        switch extended {
        case 19 | 6 << 8, 19 | 8 << 8, 19 | 10 << 8: return .duplicate
        default: break
        }
        switch extended & 0xFF {
        case SQLITE_FULL: return .full
        case SQLITE_IOERR, SQLITE_PROTOCOL: return .inputOutput
        case SQLITE_BUSY, SQLITE_LOCKED: return .inUse
        case SQLITE_READONLY, SQLITE_PERM: return .readOnly
        case SQLITE_CANTOPEN, SQLITE_AUTH: return .cannotOpen
        case SQLITE_CORRUPT: return .corrupt
        case SQLITE_NOTADB: return .foreignFile
        case SQLITE_CONSTRAINT: return .constraint
        case SQLITE_NOMEM: return .outOfMemory
        default: return .other
        }
    }
}
