// Migrations: from every earlier shape to this one, and refusals of files that are not ours.

import Support
import Testing

@testable import Storage

@Suite struct MigratorTests {
    let faulty = FaultyFiles()

    static let history = [
        Migration(1, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, note BLOB) STRICT"),
        Migration(2, "authors", "ALTER TABLE notes ADD COLUMN author TEXT"),
        Migration(3, "author names", "UPDATE notes SET author = 'nobody' WHERE author IS NULL"),
    ]

    private func migrator(_ count: Int) -> Migrator {
        Migrator(applicationID: "Test", migrations: Array(Self.history.prefix(count)))
    }

    @Test(arguments: 1...3) func aFileOfAnyEarlierReleaseIsBroughtUpToDate(from: Int) throws {
        let database = try Fixture.open(faulty)
        #expect(try migrator(from).bringUpToDate(database) == (0, from))
        _ = try Fixture.insert(1, database)
        #expect(try migrator(3).bringUpToDate(database) == (from, 3))
        let expected = from == 3 ? nil : "nobody"
        #expect(try database.prepare("SELECT author FROM notes").firstRow { $0.textIfAny(0) } == expected)
        #expect(try migrator(3).bringUpToDate(database) == (3, 3))
    }

    @Test func aFileOfANewerReleaseIsRefused() throws {
        let database = try Fixture.open(faulty)
        try migrator(3).bringUpToDate(database)
        let error = #expect(throws: StorageError.self) { try migrator(2).bringUpToDate(database) }
        #expect(error?.kind == .unknownSchema)
        #expect(error?.detail.contains("written by a newer one") == true)
    }

    @Test func aChangedMigrationIsRefused() throws {
        let database = try Fixture.open(faulty)
        try migrator(1).bringUpToDate(database)
        let other = Migrator(applicationID: "Test", migrations: [Migration(1, "other", "SELECT 1")])
        let error = #expect(throws: StorageError.self) { try other.bringUpToDate(database) }
        #expect(error?.kind == .unknownSchema)
    }

    @Test func anotherDaemonsFileIsRefused() throws {
        let database = try Fixture.open(faulty)
        try migrator(1).bringUpToDate(database)
        let other = Migrator(applicationID: "Else", migrations: Array(Self.history.prefix(1)))
        let error = #expect(throws: StorageError.self) { try other.bringUpToDate(database) }
        #expect(error?.kind == .foreignFile)
    }

    @Test func aStrangersDatabaseIsRefused() throws {
        let database = try Fixture.openNotes(faulty)
        let error = #expect(throws: StorageError.self) { try migrator(1).bringUpToDate(database) }
        #expect(error?.kind == .foreignFile)
    }

    @Test func aMigrationThatFailsLeavesTheShapeBeforeIt() throws {
        let database = try Fixture.open(faulty)
        let broken = Migrator(
            applicationID: "Test",
            migrations: [Self.history[0], Migration(2, "broken", "CREATE TABLE half (x); CREATE TABLE notes (x);")])
        #expect(throws: StorageError.self) { try broken.bringUpToDate(database) }
        #expect(try database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'half'").firstRow { _ in true } == nil)
        #expect(try migrator(3).bringUpToDate(database) == (1, 3))
    }

    @Test func aMigrationInterruptedAtAnyOperationIsDoneAtTheNextStart() throws {
        var number = 0
        var reached = true
        while reached {
            number += 1
            let faulty = FaultyFiles()
            faulty.plan(.forever(number))
            if let database = try? Fixture.open(faulty) { _ = try? migrator(3).bringUpToDate(database) }
            reached = faulty.hasFailed
            faulty.plan(.none)
            #expect(try migrator(3).bringUpToDate(Fixture.open(faulty)).to == 3, "operation \(number)")
        }
        #expect(number > 20)
    }
}
