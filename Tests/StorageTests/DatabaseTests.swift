// Opening, transactions, checkpoints.

import Glibc
import Support
import Testing

@testable import Storage

@Suite struct DatabaseTests {
    let faulty = FaultyFiles()

    @Test func aMissingFileIsNotMadeUnlessAskedFor() throws {
        var options = Fixture.options(faulty)
        options.create = false
        let error = #expect(throws: StorageError.self) { try Database(path: "/missing.db", options: options) }
        #expect(error?.kind == .cannotOpen)
        #expect(error?.operation == "open")
    }

    @Test func commitsAreSyncedAndTheLogIsWriteAhead() throws {
        let database = try Fixture.open(faulty)
        #expect(try database.prepare("PRAGMA synchronous").firstRow { $0.integer(0) } == 2)
        #expect(try database.prepare("PRAGMA journal_mode").firstRow { $0.text(0) } == "wal")
        #expect(try database.prepare("PRAGMA locking_mode").firstRow { $0.text(0) } == "exclusive")
    }

    @Test func aSecondConnectionIsRefusedAtOnce() throws {
        let folder = String(cString: mkdtemp(strdup("/tmp/weir-storage-XXXXXX")))
        let path = folder + "/one.db"
        defer { for file in [path, path + "-wal", folder] { remove(file) } }
        let first = try Database(path: path)
        try first.execute("CREATE TABLE t (x)")
        let error = #expect(throws: StorageError.self) { try Database(path: path) }
        #expect(error?.kind == .inUse)
        first.close()
        _ = try Database(path: path)
    }

    @Test func aThrowingTransactionLeavesNothing() throws {
        let database = try Fixture.openNotes(faulty)
        #expect(throws: StorageError.self) {
            try database.transaction { () throws(StorageError) in
                _ = try Fixture.insert(1, database)
                try database.execute("not SQL")
            }
        }
        #expect(try Fixture.count(database) == 0)
        #expect(!database.isInTransaction)
    }

    @Test func aTransactionInsideATransactionTraps() async {
        await #expect(processExitsWith: .failure) {
            let faulty = FaultyFiles()
            let database = try Fixture.openNotes(faulty)
            try database.begin()
            try database.begin()
        }
    }

    @Test func aCheckpointFoldsTheWholeLogIntoTheFile() throws {
        var options = Fixture.options(faulty)
        options.checkpointPages = 0
        let database = try Database(path: "/test.db", options: options)
        try database.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, note BLOB)")
        for id in Int64(1)...2_000 { _ = try Fixture.insert(id, database) }
        let report = try database.checkpoint()
        #expect(report.logPages > 1_000, "nothing checkpointed before it was asked for")
        #expect(report.foldedPages == report.logPages)
        _ = try Fixture.insert(2_001, database)
        #expect(try database.checkpoint().logPages < 5, "the log started over")
    }

    @Test func aCheckpointInsideATransactionIsRefused() throws {
        let database = try Fixture.openNotes(faulty)
        try database.begin()
        let error = #expect(throws: StorageError.self) { try database.checkpoint() }
        #expect(error?.kind == .inUse)
        database.rollback()
    }

    @Test func aStatementOfAClosedDatabaseTraps() async {
        await #expect(processExitsWith: .failure) {
            let faulty = FaultyFiles()
            let database = try Fixture.openNotes(faulty)
            let statement = try database.prepare("SELECT 1")
            database.close()
            _ = try statement.step()
        }
    }
}
