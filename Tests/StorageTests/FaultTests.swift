// Every file operation fails once, and for ever; the disk fills up; the power fails. What was committed stays, what was
// not committed is not half there.

import Support
import Testing

@testable import Storage

@Suite struct FaultTests {
    /// Opens, then commits three transactions of two rows, remembering which commits returned. Returns those.
    private func work(_ faulty: FaultyFiles) -> Set<Int64> {
        var committed: Set<Int64> = []
        do throws(StorageError) {
            let database = try Fixture.openNotes(faulty)
            for number in Int64(1)...3 {
                do throws(StorageError) {
                    try database.transaction { () throws(StorageError) in
                        _ = try Fixture.insert(number * 2, database)
                        _ = try Fixture.insert(number * 2 + 1, database)
                    }
                    committed.insert(number)
                } catch {
                    #expect(error.mayPass || error.kind == .cannotOpen, "\(error)")
                }
                if number == 2 { _ = try database.checkpoint() }
            }
        } catch {
            #expect(error.mayPass || error.kind == .cannotOpen, "\(error)")
        }
        return committed
    }

    /// Which transactions a fresh connection sees; a half-written one is a failed test.
    private func found(_ faulty: FaultyFiles) throws -> Set<Int64> {
        let database = try Fixture.openNotes(faulty)
        try database.quickCheck()
        var rows: [Int64: Int] = [:]
        try database.prepare("SELECT id FROM notes").forEachRow { rows[$0.integer(0) / 2, default: 0] += 1 }
        #expect(rows.values.allSatisfy { $0 == 2 }, "half a transaction: \(rows)")
        return Set(rows.keys)
    }

    private func ids(_ database: Database) throws -> Set<Int64> {
        var ids: Set<Int64> = []
        try database.prepare("SELECT id FROM notes").forEachRow { ids.insert($0.integer(0)) }
        return ids
    }

    /// A commit that was written and not synced when its process died is read by the next one, which acts on it.
    @Test func whatIsFoundAfterACrashOutlivesAPowerFailure() throws {
        var random = SeededRandom.forTest()
        for number in 1...60 {
            let faulty = FaultyFiles()
            faulty.plan(.forever(number))
            _ = work(faulty)
            faulty.plan(.none)
            let database = try Fixture.openNotes(faulty)
            let seen = try ids(database)
            faulty.cutPower(&random)
            try withExtendedLifetime(database) {
                let left = try ids(try Fixture.openNotes(faulty))
                #expect(left.isSuperset(of: seen), "operation \(number), seed \(random.seed)")
            }
        }
    }

    @Test(arguments: [false, true]) func theNthOperationFails(forEver: Bool) throws {
        var number = 0
        while true {
            number += 1
            let faulty = FaultyFiles()
            faulty.plan(forEver ? .forever(number) : .once(number))
            let committed = work(faulty)
            let reached = faulty.hasFailed
            faulty.plan(.none)
            #expect(try found(faulty).isSuperset(of: committed), "operation \(number)")
            if !reached {
                #expect(committed == [1, 2, 3])
                break
            }
        }
        #expect(number > 20, "the harness reached only \(number) operations")
    }

    @Test func afterAPowerCutAtAnyOperationEveryCommitThatReturnedIsThere() throws {
        var random = SeededRandom.forTest()
        var number = 0
        var reached = true
        while reached {
            number += 1
            let faulty = FaultyFiles()
            faulty.plan(.forever(number))
            let committed = work(faulty)
            reached = faulty.hasFailed
            faulty.cutPower(&random)
            #expect(try found(faulty).isSuperset(of: committed), "operation \(number), seed \(random.seed)")
        }
    }

    @Test func aFullDiskRefusesWritesAndStillReads() throws {
        let faulty = FaultyFiles()
        let database = try Fixture.openNotes(faulty)
        _ = try Fixture.insert(1, database)
        faulty.limit(bytes: faulty.size)
        let error = #expect(throws: StorageError.self) { try Fixture.insert(2, database) }
        #expect(error?.kind == .full)
        #expect(try Fixture.count(database) == 1)
        faulty.limit(bytes: nil)
        #expect(try Fixture.insert(2, database))
        #expect(try Fixture.count(database) == 2)
    }

    @Test func aDamagedPageIsFoundByTheQuickCheck() throws {
        let faulty = FaultyFiles()
        let database = try Fixture.openNotes(faulty)
        for id in Int64(1)...500 { _ = try Fixture.insert(id, database) }
        try database.checkpoint()
        database.close()
        faulty.damage("/test.db", at: 2 * 4096 + 3)
        let error = #expect(throws: StorageError.self) { try Fixture.open(faulty).quickCheck() }
        #expect(error?.kind == .corrupt)
    }

    @Test func aHarnessWithoutSyncLosesCommits() throws {
        // The canary: with syncing switched off the power-cut test above must be able to fail.
        var random = SeededRandom.forTest()
        var losses = 0
        for _ in 0..<20 {
            let faulty = FaultyFiles()
            let database = try Fixture.openNotes(faulty)
            try database.execute("PRAGMA synchronous = OFF")
            _ = try Fixture.insert(2, database)
            _ = try Fixture.insert(3, database)
            faulty.cutPower(&random)
            if try Fixture.count(Fixture.openNotes(faulty)) < 2 { losses += 1 }
        }
        #expect(losses > 0, "seed \(random.seed)")
    }
}
