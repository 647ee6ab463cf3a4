// A copy that is made while the database is written: it is of the moment at which it became whole, whatever happened
// meanwhile, and it never harms what it is a copy of.

import Support
import Testing

@testable import Storage

/// A database under random writing, and beside it what it must contain, kept as plainly as possible.
private struct WrittenNotes {
    let database: Database
    private(set) var model: [Int64: Int64] = [:]
    private var random: SeededRandom
    private var newest: Int64 = 0

    init(_ faulty: FaultyFiles, _ random: SeededRandom, rows: Int64) throws(StorageError) {
        var options = Fixture.options(faulty)
        // So small that long transactions reach the log before they are committed.
        options.cacheKibibytes = 64
        options.checkpointPages = 0
        database = try Database(path: "/test.db", options: options)
        try database.execute(
            "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, number INTEGER, pad BLOB) STRICT")
        self.random = random
        try add(rows)
    }

    /// One random event: a commit of some changes, a long transaction that is undone, a checkpoint, or nothing.
    mutating func step() throws(StorageError) {
        switch Int.random(in: 0..<200, using: &random) {
        case 0..<100: try add(Int64.random(in: 1...5, using: &random))
        case 100..<150: try change()
        // Rare: what was in the log is copied already, so the copy begins again.
        case 150: try undo()
        case 151..<170: _ = try database.checkpoint()
        default: break
        }
    }

    private mutating func add(_ count: Int64) throws(StorageError) {
        let (first, start) = (newest + 1, database)
        try start.transaction { () throws(StorageError) in
            for id in first..<(first + count) { try Self.put(id, id, start) }
        }
        for id in first..<(first + count) { model[id] = id }
        newest += count
    }

    private mutating func change() throws(StorageError) {
        let first = Int64.random(in: 1...max(1, newest), using: &random)
        let number = Int64.random(in: 0...1_000_000, using: &random)
        let removed = Int64.random(in: 1...max(1, newest), using: &random)
        let database = database
        try database.transaction { () throws(StorageError) in
            try database.prepare("UPDATE notes SET number = ?2 WHERE id BETWEEN ?1 AND ?1 + 3").bind(1, first)
                .bind(2, number).run()
            try database.prepare("DELETE FROM notes WHERE id = ?1").bind(1, removed).run()
        }
        for id in first...(first + 3) where model[id] != nil { model[id] = number }
        model[removed] = nil
    }

    private func undo() throws(StorageError) {
        try database.begin()
        for id in newest..<(newest + 400) { try Self.put(id + 1, -1, database) }
        try database.prepare("UPDATE notes SET number = -1").run()
        database.rollback()
    }

    private static func put(_ id: Int64, _ number: Int64, _ database: Database) throws(StorageError) {
        try database.prepare("INSERT INTO notes (id, number, pad) VALUES (?1, ?2, zeroblob(300))").bind(1, id)
            .bind(2, number).run()
    }

    static func read(_ database: Database) throws(StorageError) -> [Int64: Int64] {
        var found: [Int64: Int64] = [:]
        try database.prepare("SELECT id, number FROM notes").forEachRow { found[$0.integer(0)] = $0.integer(1) }
        return found
    }
}

@Suite struct OnlineCopyTests {
    private let faulty = FaultyFiles()

    private func open(_ path: String, _ faulty: FaultyFiles) throws(StorageError) -> Database {
        try Database(path: path, options: Fixture.options(faulty))
    }

    @Test(arguments: 0..<40) func aCopyIsOfTheMomentOfItsLastPortion(run: Int) throws {
        var random = SeededRandom.forTest()
        let faulty = FaultyFiles()
        var notes = try WrittenNotes(faulty, SeededRandom(seed: random.next()), rows: 2_000)
        let copy = try OnlineCopy(of: notes.database, to: "/copy.db", fileLayer: faulty.name)
        var portions = 0
        let pages = Int32.random(in: 4...8, using: &random)
        while try !copy.advance(pages: pages) {
            portions += 1
            for _ in 0..<Int.random(in: 0...3, using: &random) { try notes.step() }
        }
        let expected = notes.model
        for _ in 0..<20 { try notes.step() }
        let copied = try open("/copy.db", faulty)
        try copied.quickCheck()
        #expect(try WrittenNotes.read(copied) == expected, "seed \(random.seed)")
        #expect(try WrittenNotes.read(notes.database) == notes.model, "seed \(random.seed)")
        #expect(portions > 10, "the copy was made in \(portions) portions")
    }

    @Test func commitsBetweenPortionsDoNotMakeACopyBeginAgain() throws {
        let faulty = FaultyFiles()
        let database = try Fixture.openNotes(faulty)
        for id in Int64(1)...5_000 { _ = try Fixture.insert(id, database) }
        let copy = try OnlineCopy(of: database, to: "/copy.db", fileLayer: faulty.name)
        var left = 1_000_000
        var next: Int64 = 10_000
        while try !copy.advance(pages: 4) {
            #expect(copy.pagesLeft <= left + 1, "a commit adds a page at most")
            left = copy.pagesLeft
            _ = try Fixture.insert(next, database)
            if next % 7 == 0 { try database.checkpoint() }
            next += 1
        }
        #expect(try Fixture.count(open("/copy.db", faulty)) == 5_000 + next - 10_000)
    }

    /// What a life with a copy came to: which of the model's states are durable, and whether the copy says it is whole.
    private func live(
        _ faulty: FaultyFiles, _ random: inout SeededRandom
    ) -> (acknowledged: [Int64: Int64], copy: [Int64: Int64]?) {
        guard var notes = try? WrittenNotes(faulty, SeededRandom(seed: random.next()), rows: 60) else {
            return ([:], nil)
        }
        var whole: [Int64: Int64]?
        do throws(StorageError) {
            let copy = try OnlineCopy(of: notes.database, to: "/copy.db", fileLayer: faulty.name)
            while try !copy.advance(pages: 2) { try? notes.step() }
            whole = notes.model
        } catch {
            #expect(error.mayPass || error.kind == .cannotOpen || error.kind == .other, "\(error)")
        }
        for _ in 0..<6 { try? notes.step() }
        return (notes.model, whole)
    }

    /// The source keeps what was acknowledged, and a copy that says it is whole is.
    @Test(arguments: [false, true]) func theNthFileOperationFails(forEver: Bool) throws {
        var random = SeededRandom.forTest()
        var number = 0
        var reached = true
        var wholes = 0
        while reached {
            number += 1
            let faulty = FaultyFiles()
            faulty.plan(forEver ? .forever(number) : .once(number))
            let (acknowledged, copy) = live(faulty, &random)
            reached = faulty.hasFailed
            faulty.plan(.none)
            let name: Comment = "operation \(number), seed \(random.seed)"
            let source = try Fixture.open(faulty)
            try source.quickCheck()
            if !acknowledged.isEmpty {
                // A commit that failed may be on the disk all the same: one that changed four rows and removed one.
                let found = try WrittenNotes.read(source)
                let differing = acknowledged.count { found[$0] != $1 }
                #expect(differing <= (reached ? 5 : 0), name)
            }
            guard let copy else { continue }
            wholes += 1
            let copied = try open("/copy.db", faulty)
            try copied.quickCheck()
            #expect(try WrittenNotes.read(copied) == copy, name)
        }
        #expect(number > 60, "the harness reached only \(number) operations")
        #expect(wholes > 10, "only \(wholes) copies became whole")
    }

    @Test func aFailingCopyLeavesCommitsAlone() throws {
        let faulty = FaultyFiles()
        let database = try Fixture.openNotes(faulty)
        for id in Int64(1)...50_000 { _ = try Fixture.insert(id, database) }
        var failures = 0
        for number in 1...60 {
            faulty.plan(.none)
            guard let copy = try? OnlineCopy(of: database, to: "/copy.db", fileLayer: faulty.name) else { continue }
            faulty.plan(.once(number * 9))
            do throws(StorageError) {
                while try !copy.advance(pages: 30) {}
            } catch {
                failures += 1
                #expect(error.mayPass, "operation \(number): \(error)")
            }
            faulty.plan(.none)
            #expect(try Fixture.insert(Int64(100_000 + number), database))
        }
        #expect(failures > 20, "\(failures) copies failed")
        try database.quickCheck()
        #expect(try Fixture.count(database) == 50_060)
    }

    @Test func aDiskThatFillsUpEndsTheCopyAndNothingElse() throws {
        let faulty = FaultyFiles()
        let database = try Fixture.openNotes(faulty)
        for id in Int64(1)...5_000 { _ = try Fixture.insert(id, database) }
        try database.checkpoint()
        faulty.limit(bytes: faulty.size + 40_000)
        let error = #expect(throws: StorageError.self) {
            let copy = try OnlineCopy(of: database, to: "/copy.db", fileLayer: faulty.name)
            while try !copy.advance(pages: 8) {}
        }
        #expect(error?.kind == .full)
        try OnlineCopy.remove("/copy.db", fileLayer: faulty.name)
        #expect(try Fixture.insert(6_000, database))
        #expect(try Fixture.count(database) == 5_001)
    }

    /// /proc has no room for anything.
    @Test func aCopyWithoutRoomIsNotBegun() throws {
        let database = try Fixture.openNotes(faulty)
        let error = #expect(throws: StorageError.self) { try OnlineCopy(of: database, to: "/proc/copy.db") }
        #expect(error?.kind == .full)
        #expect(error?.detail.hasSuffix("there are 0") == true)
    }

    @Test func aPowerCutDuringACopyLosesNoCommit() throws {
        var random = SeededRandom.forTest()
        for run in 0..<60 {
            let faulty = FaultyFiles()
            let database = try Fixture.openNotes(faulty)
            for id in Int64(1)...300 { _ = try Fixture.insert(id, database) }
            let copy = try OnlineCopy(of: database, to: "/copy.db", fileLayer: faulty.name)
            for extra in 0..<Int64(run % 12) {
                if try copy.advance(pages: 1) { break }
                _ = try Fixture.insert(1_000 + extra, database)
            }
            let count = try Fixture.count(database)
            faulty.cutPower(&random)
            let after = try Fixture.open(faulty)
            try after.quickCheck()
            #expect(try Fixture.count(after) == count, "run \(run), seed \(random.seed)")
            try OnlineCopy.remove("/copy.db", fileLayer: faulty.name)
            withExtendedLifetime(copy) {}
        }
    }

    @Test func aGivenUpCopyIsRemovedAndTheNextOneIsMade() throws {
        let faulty = FaultyFiles()
        let database = try Fixture.openNotes(faulty)
        for id in Int64(1)...500 { _ = try Fixture.insert(id, database) }
        let before = faulty.size
        let first = try OnlineCopy(of: database, to: "/copy.db", fileLayer: faulty.name)
        _ = try first.advance(pages: 2)
        first.abandon()
        try OnlineCopy.remove("/copy.db", fileLayer: faulty.name)
        try OnlineCopy.remove("/copy.db", fileLayer: faulty.name)
        #expect(faulty.size == before, "a copy that was given up leaves nothing")
        let second = try OnlineCopy(of: database, to: "/copy.db", fileLayer: faulty.name)
        while try !second.advance() {}
        #expect(try Fixture.count(open("/copy.db", faulty)) == 500)
    }

    @Test func aPortionInsideATransactionTraps() async {
        await #expect(processExitsWith: .failure) {
            let faulty = FaultyFiles()
            let database = try Fixture.openNotes(faulty)
            let copy = try OnlineCopy(of: database, to: "/copy.db", fileLayer: faulty.name)
            try database.begin()
            _ = try copy.advance()
        }
    }
}
