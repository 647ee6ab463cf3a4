// Statements: what is bound is what is read back, and misuse is noticed.

import Support
import Testing

@testable import Storage

@Suite struct StatementTests {
    let faulty = FaultyFiles()

    @Test func everyKindOfValueComesBackAsItWasBound() throws {
        let database = try Fixture.open(faulty)
        let select = try database.prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7")
        select.bind(1, Int64.min).bind(2, "żółw").bind(3, [0, 255] as [UInt8]?).bindNull(4)
        select.bind(5, [] as [UInt8]?).bind(6, "").bind(7, nil as String?)
        let row: Void? = try select.firstRow { row in
            #expect(row.integer(0) == .min)
            #expect(row.text(1) == "żółw")
            #expect(row.bytes(2) == [0, 255])
            #expect(row.isNull(3) && row.integerIfAny(3) == nil && row.bytesIfAny(3) == nil)
            #expect(!row.isNull(4) && row.bytes(4) == [])
            #expect(!row.isNull(5) && row.text(5) == "")
            #expect(row.textIfAny(6) == nil)
        }
        #expect(row != nil)
    }

    @Test func bytesWiderThanTheArenaAreBoundToo() throws {
        let database = try Fixture.open(faulty)
        for size in [1, BindingArena.capacity - 1, BindingArena.capacity, BindingArena.capacity + 1, 100_000] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            let select = try database.prepare("SELECT ?1, ?2")
            select.bind(1, bytes).bind(2, bytes)
            let same = try select.firstRow { $0.bytes(0) == bytes && $0.bytes(1) == bytes }
            #expect(same == true, "\(size) bytes")
        }
    }

    @Test func aRepeatedKeyIsAnAnswerAndNotAnError() throws {
        let database = try Fixture.openNotes(faulty)
        #expect(try Fixture.insert(1, database))
        #expect(try !Fixture.insert(1, database))
        #expect(try Fixture.count(database) == 1)
    }

    @Test func aStatementIsCompiledOnce() throws {
        let database = try Fixture.open(faulty)
        #expect(try database.prepare("SELECT 1") === database.prepare("SELECT 1"))
    }

    @Test func wrongSQLNamesTheOperationAndTheFile() throws {
        let database = try Fixture.open(faulty)
        let error = #expect(throws: StorageError.self) { try database.prepare("SELECT FROM") }
        #expect(error?.kind == .other)
        #expect(error?.description == "prepare of /test.db failed: near \"FROM\": syntax error (1)")
    }

    @Test func constraintsOtherThanKeysAreErrors() throws {
        let database = try Fixture.open(faulty)
        try database.execute("CREATE TABLE positive (value INTEGER CHECK (value > 0))")
        let insert = try database.prepare("INSERT INTO positive VALUES (?1)")
        let error = #expect(throws: StorageError.self) { try insert.bind(1, Int64(0)).insert() }
        #expect(error?.kind == .constraint)
        #expect(try insert.bind(1, Int64(1)).insert(), "the statement is usable after its failure")
    }

    @Test func aParameterNotBoundForThisRunTraps() async {
        await #expect(processExitsWith: .failure) {
            let faulty = FaultyFiles()
            let database = try Fixture.openNotes(faulty)
            _ = try Fixture.insert(1, database)
            try database.prepare("INSERT INTO notes (id, note) VALUES (?1, ?2)").bind(1, Int64(2)).run()
        }
    }

    @Test func anotherThreadTraps() async {
        await #expect(processExitsWith: .failure) {
            let faulty = FaultyFiles()
            nonisolated(unsafe) let database = try Fixture.openNotes(faulty)
            await withCheckedContinuation { done in
                onNewThread {
                    try? database.execute("SELECT 1")
                    done.resume()
                }
            }
        }
    }
}
