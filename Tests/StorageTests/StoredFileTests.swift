// A database file at rest is judged whole, damaged or somebody else's, and nothing is changed by looking.

import Glibc
import Support
import Testing

@testable import Storage

@Suite struct StoredFileTests {
    private let folder = ScratchFolder("stored")
    private let migrator = Migrator(
        applicationID: "WeiT", migrations: [Migration(1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT")]
    )

    /// A copy of a small database, as a backup has it.
    private func copy(to path: String, rows: Int64) throws {
        let database = try Database(path: folder.path + "/source.db")
        try migrator.bringUpToDate(database)
        for id in 0..<rows { try database.prepare("INSERT INTO notes (id) VALUES (?1)").bind(1, id).run() }
        let copy = try OnlineCopy(of: database, to: path)
        while try !copy.advance() {}
    }

    @Test(arguments: ["plain.db", "a%41?mode=rw#x.db"]) func aCopyIsReadAsItIs(name: String) throws {
        let path = "\(folder.path)/\(name)"
        try copy(to: path, rows: 700)
        let stored = try StoredFile(checking: path)
        #expect(stored.application == "WeiT")
        #expect(stored.schema == 1)
        #expect(stored.tables.map { "\($0.name) \($0.rows)" } == ["migrations 1", "notes 700"])
        for suffix in ["-wal", "-shm", "-journal"] { #expect(access(path + suffix, F_OK) != 0, "\(suffix)") }
    }

    /// A flipped byte anywhere in the file's structure is found; one within a value is not SQLite's to find.
    @Test func aDamagedPageIsRefused() throws {
        let path = folder.path + "/damaged.db"
        try copy(to: path, rows: 2_000)
        let file = open(path, O_RDWR)
        var page = [UInt8](repeating: 0xFF, count: 16)
        try #require(pwrite(file, &page, page.count, 3 * 4096) == 16)
        close(file)
        let error = #expect(throws: StorageError.self) { try StoredFile(checking: path) }
        #expect(error?.kind == .corrupt)
    }

    @Test func aFileCutShortIsRefused() throws {
        let path = folder.path + "/cut.db"
        try copy(to: path, rows: 2_000)
        try #require(truncate(path, 3 * 4096) == 0)
        #expect(throws: StorageError.self) { try StoredFile(checking: path) }
    }

    @Test func whatIsNoDaemonsDatabaseIsRefused() throws {
        let path = folder.path + "/other.db"
        let other = try Database(path: path)
        try other.execute("CREATE TABLE t (x)")
        other.close()
        #expect(throws: StorageError.self) { try StoredFile(checking: path) }.map { #expect($0.kind == .foreignFile) }
        #expect(throws: StorageError.self) { try StoredFile(checking: folder.path + "/missing.db") }
        let text = folder.path + "/text"
        let file = try #require(fopen(text, "w"))
        for _ in 0..<1000 { fputs("not a database\n", file) }
        fclose(file)
        #expect(throws: StorageError.self) { try StoredFile(checking: text) }.map { #expect($0.kind == .foreignFile) }
    }
}
