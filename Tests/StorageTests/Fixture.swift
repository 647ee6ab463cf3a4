// A database on a disk in memory, and the shape most tests use.

import CSQLite
import Support

@testable import Storage

enum Fixture {
    static func options(_ faulty: FaultyFiles) -> DatabaseOptions {
        var options = DatabaseOptions()
        options.fileLayer = faulty.name
        return options
    }

    static func open(_ faulty: FaultyFiles) throws(StorageError) -> Database {
        try Database(path: "/test.db", options: options(faulty))
    }

    /// A database with one table of numbered notes.
    static func openNotes(_ faulty: FaultyFiles) throws(StorageError) -> Database {
        let database = try open(faulty)
        try database.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, note BLOB) STRICT")
        return database
    }

    static func count(_ database: Database) throws(StorageError) -> Int64 {
        try database.prepare("SELECT count(*) FROM notes").firstRow { $0.integer(0) } ?? -1
    }

    static func insert(_ id: Int64, _ database: Database) throws(StorageError) -> Bool {
        try database.prepare("INSERT INTO notes (id, note) VALUES (?1, ?2)").bind(1, id).bind(
            2, [UInt8](repeating: 7, count: 40)
        )
        .insert()
    }
}
