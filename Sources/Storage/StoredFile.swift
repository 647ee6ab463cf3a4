// StoredFile: a database file that no daemon has open, looked at without changing anything.
//
// For: judging a backup before it is trusted, and again before it is put in place.
// Refuses: files that are no database, and files that contradict themselves.
// Called by: weirctl's backup and restore.

internal import CSQLite

/// What a database file at rest says about itself.
public struct StoredFile: Hashable, Sendable {
    /// A table and its rows.
    public struct Table: Hashable, Sendable {
        public let name: String
        public let rows: Int64
    }

    /// The four letters that mark a daemon's file: `WeiW`, `WeiG`.
    public let application: String
    /// The number of the last migration it went through.
    public let schema: Int64
    /// Every table, by name.
    public let tables: [Table]

    /// More tables than any daemon's file has.
    private static let tablesMax = 256

    /// Reads the whole file at `path`: its structure, its indexes against its tables, its rows. Takes a few seconds per
    /// gigabyte. No file is made beside it, and a write-ahead log there is not looked at: a backup has none.
    public init(checking path: String) throws(StorageError) {
        let reader = try Reader(path)
        defer { reader.close() }
        let verdict = try reader.rows("PRAGMA integrity_check(1)").first ?? "no answer"
        guard verdict == "ok" else { throw reader.refusal(.corrupt, verdict) }
        application = Self.letters(try reader.number("PRAGMA application_id"))
        let names = try reader.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        guard names.contains("migrations"), names.count <= Self.tablesMax else {
            throw reader.refusal(.foreignFile, "this is not the database of a daemon")
        }
        schema = try reader.number("SELECT coalesce(max(number), 0) FROM migrations")
        var tables: [Table] = []
        for name in names {
            let quoted = name.replacing("\"", with: "\"\"")
            tables.append(Table(name: name, rows: try reader.number("SELECT count(*) FROM \"\(quoted)\"")))
        }
        self.tables = tables
    }

    private static func letters(_ number: Int64) -> String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
        return bytes.allSatisfy { (0x21...0x7E).contains($0) } ? String(decoding: bytes, as: UTF8.self) : ""
    }
}

/// A connection that only reads and believes that nobody writes.
private struct Reader {
    private let connection: OpaquePointer
    private let path: String

    init(_ path: String) throws(StorageError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2("file:\(Self.escaped(path))?immutable=1", &opened, flags, nil)
        guard code == SQLITE_OK, let connection = opened else {
            sqlite3_close_v2(opened)
            throw StorageError(code, operation: "open", path: path, connection: nil)
        }
        self.connection = connection
        self.path = path
    }

    func close() { sqlite3_close_v2(connection) }

    /// Every byte of a path that means something in a URI.
    private static func escaped(_ path: String) -> String {
        path.replacing("%", with: "%25").replacing("?", with: "%3f").replacing("#", with: "%23")
    }

    /// The first column of every row, as text.
    func rows(_ sql: String) throws(StorageError) -> [String] {
        var rows: [String] = []
        try forEachRow(sql) { row in
            rows.append(sqlite3_column_text(row, 0).map { String(cString: $0) } ?? "")
        }
        return rows
    }

    /// The first column of the first row.
    func number(_ sql: String) throws(StorageError) -> Int64 {
        var number: Int64?
        try forEachRow(sql) { row in number = number ?? sqlite3_column_int64(row, 0) }
        guard let number else { throw refusal(.corrupt, "no answer to \(sql)") }
        return number
    }

    private func forEachRow(_ sql: String, _ body: (OpaquePointer) -> Void) throws(StorageError) {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        try check(sqlite3_prepare_v2(connection, sql, -1, &statement, nil))
        guard let statement else { return }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { return try check(code) }
            body(statement)
        }
    }

    private func check(_ code: Int32) throws(StorageError) {
        guard code == SQLITE_OK else {
            throw StorageError(code, operation: "check", path: path, connection: connection)
        }
    }

    func refusal(_ kind: StorageError.Kind, _ detail: String) -> StorageError {
        StorageError(kind: kind, operation: "check", path: path, detail: detail, code: 0)
    }
}
