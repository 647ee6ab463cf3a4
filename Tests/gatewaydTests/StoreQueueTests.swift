// Records become durable in batches and go back to the loop they came from; admission closes before anything could be lost.

import Money
import NIOCore
import Storage
import Support
import Synchronization
import Tenancy
import Testing

@testable import gatewayd

@Suite struct StoreQueueTests {
    @Test func aRecordWaitsForCompanyAndIsThenCommittedAndDeliveredToItsLoop() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1, loop: 1))
        rig.advance(StoreQueue.gatherTime - .nanoseconds(1))
        #expect(rig.queue.figures.committed == 0)
        rig.queue.append(.test(2, hold: 9, loop: 0))
        rig.advance(.nanoseconds(1))
        #expect(rig.queue.figures.committed == 2)
        #expect(rig.queue.figures.batches == 1)
        let delivered = rig.delivered()
        #expect(Set(delivered.map(\.loop)) == [0, 1])
        #expect(delivered.first { $0.loop == 0 }?.record.hold == 9)
        #expect(delivered.first { $0.loop == 1 }?.record.seq == 1)
    }

    @Test func aWholeBatchDoesNotWait() throws {
        let rig = try StoreRig()
        for number in 1...UInt64(StoreQueue.batchMost) { rig.queue.append(.test(number)) }
        rig.run()
        #expect(rig.queue.figures.committed == UInt64(StoreQueue.batchMost))
    }

    @Test func moreThanABatchIsCommittedInBatches() throws {
        let rig = try StoreRig()
        for number in 1...UInt64(StoreQueue.batchMost * 2 + 1) { rig.queue.append(.test(number)) }
        rig.advance()
        #expect(rig.queue.figures.batches == 3)
        #expect(rig.delivered().map(\.record.seq) == Array(1...Int64(StoreQueue.batchMost * 2 + 1)))
    }

    @Test func whatCostsNothingAndEndsNoHoldIsSettledAsItIs() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1, cost: 0))
        rig.queue.append(.test(2, cost: 0, hold: 5))
        rig.advance()
        #expect(rig.delivered().map(\.record.seq) == [2])
        #expect(rig.queue.figures.backlog == 1)
    }

    @Test func theCursorOfAnIdleGatewayIsKeptWithinTheIdleTime() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1))
        rig.advance()
        rig.queue.acknowledge(1)
        rig.advance(StoreQueue.idleTime)
        let next = try withExtendedLifetime(rig) { try StoreRig(rig.faulty) }
        #expect(next.queue.figures.backlog == 0)
    }

    @Test func theNextBatchCarriesTheCursor() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1))
        rig.advance()
        rig.queue.acknowledge(1)
        rig.queue.append(.test(2))
        rig.advance()
        #expect(rig.queue.figures.batches == 2)
        let next = try withExtendedLifetime(rig) { try StoreRig(rig.faulty) }
        #expect(next.queue.figures.backlog == 1)
    }

    @Test func acknowledgementsAddNoCommitsToABusyGateway() throws {
        let rig = try StoreRig()
        for number in UInt64(1)...20 {
            rig.queue.append(.test(number))
            rig.advance()
            rig.queue.acknowledge(rig.delivered().map(\.record.seq))
        }
        #expect(rig.queue.figures.batches == 20)
        rig.advance(StoreQueue.idleTime)
        let writes = rig.faulty.operations
        rig.advance(StoreQueue.idleTime * 10)
        #expect(rig.faulty.operations == writes, "an idle gateway touches no file")
    }

    @Test func aQuestionSeesWhatItsAskerAppendedBefore() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1))
        let events = try rig.ask { store throws(StorageError) in try store.events(of: .test(1), before: nil, limit: 10)
        }
        #expect(events.rows.map(\.seq) == [1])
    }

    @Test func questionsBeyondTheBoundAreTurnedAway() throws {
        let rig = try StoreRig()
        let answers = Mutex<[Bool]>([])
        for _ in 0...StoreQueue.jobsMost {
            rig.queue.perform(on: rig.thread, { _ in }) { result in
                answers.withLock { $0.append((try? result.get()) != nil) }
            }
        }
        rig.run()
        let answered = answers.withLock { $0 }
        #expect(answered.count == StoreQueue.jobsMost + 1)
        #expect(answered.filter { !$0 }.count == 1)
    }

    @Test func admissionStopsWhenTooManyRecordsWaitAndNoRecordIsTurnedAway() throws {
        let rig = try StoreRig()
        for number in 1..<UInt64(StoreQueue.waitingMost) { rig.queue.append(.test(number)) }
        #expect(rig.queue.isAccepting)
        rig.queue.append(.test(0))
        #expect(!rig.queue.isAccepting)
        rig.queue.append(.test(UInt64(StoreQueue.waitingMost)))
        rig.advance()
        #expect(rig.queue.isAccepting)
        #expect(rig.queue.figures.committed == UInt64(StoreQueue.waitingMost) + 1)
    }

    @Test func admissionStopsWhenTooMuchIsUnsettledAndGoesOnWhenItIsSettled() throws {
        let rig = try StoreRig()
        let most = UInt64(StoreQueue.backlogMost)
        for number in 1...most {
            rig.queue.append(.test(number))
            if number % 4096 == 0 { rig.advance() }
        }
        rig.advance()
        #expect(!rig.queue.isAccepting)
        rig.queue.acknowledge([1])
        rig.advance(StoreQueue.idleTime)
        #expect(rig.queue.isAccepting)
        #expect(rig.queue.figures.backlog == Int64(most) - 1)
    }

    @Test func errorRowsBeyondTheBoundAreCounted() throws {
        let rig = try StoreRig()
        let note = ErrorNote(kind: .rateLimited, message: "slow down")
        for _ in 0..<(StoreQueue.errorsMost + 3) {
            rig.queue.append(
                ErrorRecord(
                    at: StoreRig.start, request: nil, tenant: .acme, key: nil, provider: "", httpStatus: 429, note: note
                ))
        }
        rig.advance()
        #expect(rig.queue.figures.errorsDropped == 3)
        let rows = try rig.ask { store throws(StorageError) in try store.errors(of: .acme, before: .max, limit: 1) }
        #expect(rows.first?.seq == Int64(StoreQueue.errorsMost))
    }

    @Test func watchersSeeWhatBecameDurableUntilTheyLookAway() throws {
        let rig = try StoreRig()
        let seen = Mutex<[RequestID]>([])
        rig.queue.watch(1) { records in seen.withLock { $0 += records.map(\.request) } }
        rig.run()
        rig.queue.append(.test(1))
        rig.advance()
        rig.queue.unwatch(1)
        rig.run()
        rig.queue.append(.test(2))
        rig.advance()
        #expect(seen.withLock { $0 } == [UsageRecord.test(1).request])
    }

    @Test func closingCommitsWhatWaits() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1))
        #expect(try rig.queue.close() == 0)
        #expect(try StoreRig(rig.faulty).queue.figures.backlog == 1)
    }

    @Test func closingOnAFailingDiskSaysWhatIsLost() throws {
        let rig = try StoreRig()
        rig.faulty.plan(.forever(1))
        rig.queue.append(.test(1))
        rig.advance()
        #expect(try rig.queue.close() == 1)
    }
}

@Suite struct StoreFailureTests {
    @Test func aFullDiskStopsAdmissionKeepsEveryRecordAndRecoversByItself() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1))
        rig.advance()
        rig.faulty.limit(bytes: rig.faulty.size)
        for number in 2...UInt64(600) { rig.queue.append(.test(number)) }
        rig.advance()
        #expect(!rig.queue.isAccepting)
        #expect(rig.queue.figures.lastFailure?.contains("full") == true)
        rig.queue.append(.test(601))
        for _ in 0..<10 { rig.advance(StoreWorker.retryMost) }
        #expect(rig.queue.figures.committed < 601)
        #expect(rig.events.all == ["failing"])
        rig.faulty.limit(bytes: nil)
        rig.advance(StoreWorker.retryMost)
        #expect(rig.queue.isAccepting)
        #expect(rig.queue.figures.committed == 601)
        #expect(rig.events.all == ["failing", "recovered"])
        #expect(rig.delivered().map(\.record.seq) == Array(1...601))
    }

    @Test func aFailureWithoutAnyRecordDoesNotCloseAdmissionForEver() throws {
        let rig = try StoreRig()
        let key = try rig.makeKey(.test(1))
        key.cell.lastUsed.store(StoreRig.start.value, ordering: .relaxed)
        rig.faulty.plan(.forever(1))
        rig.advance(StoreWorker.upkeepTime)
        #expect(!rig.queue.isAccepting)
        rig.faulty.plan(.none)
        rig.advance(StoreWorker.retryMost)
        #expect(rig.queue.isAccepting)
    }

    /// Three batches with a settlement between them. Returns what was delivered.
    private func work(_ rig: StoreRig) -> [CommittedRecord] {
        var delivered: [CommittedRecord] = []
        for round in UInt64(0)..<3 {
            for number in 1...UInt64(3) { rig.queue.append(.test(round * 3 + number, key: .test(number))) }
            rig.advance()
            let fresh = rig.delivered().map(\.record)
            delivered += fresh
            rig.queue.acknowledge(fresh.map(\.seq))
        }
        rig.advance(StoreQueue.idleTime)
        return delivered
    }

    @Test func theNthOperationFailsOnceAndEveryRecordIsThereOnce() throws {
        var number = 0
        var reached = true
        while reached {
            number += 1
            let rig = try StoreRig()
            rig.faulty.plan(.once(number))
            var delivered = work(rig)
            reached = rig.faulty.hasFailed
            rig.faulty.plan(.none)
            rig.advance(StoreWorker.retryMost)
            delivered += rig.delivered().map(\.record)
            #expect(delivered.map(\.seq) == Array(1...9), "operation \(number)")
            #expect(rig.queue.isAccepting, "operation \(number)")
            #expect(try rig.stored() == Array(1...9), "operation \(number)")
        }
        #expect(number > 15, "the harness reached only \(number) operations")
    }

    @Test(arguments: [false, true]) func afterADeathAtTheNthOperationWhatWasDeliveredIsDurable(powerCut: Bool) throws {
        var random = SeededRandom.forTest()
        var number = 0
        var reached = true
        while reached {
            number += 1
            let faulty = FaultyFiles()
            let rig = try StoreRig(faulty)
            faulty.plan(.forever(number))
            let delivered = work(rig).map(\.seq)
            reached = faulty.hasFailed
            if powerCut { faulty.cutPower(&random) } else { faulty.plan(.none) }
            // The dead one is kept, so that it cannot close its file in order.
            let next = try withExtendedLifetime(rig) { try StoreRig(faulty) }
            let stored = try next.stored()
            #expect(stored == (0..<Int64(stored.count)).map { $0 + 1 }, "a gap: \(stored)")
            #expect(Set(stored).isSuperset(of: delivered), "operation \(number), seed \(random.seed)")
            #expect(try next.rollupsMatchEvents(), "operation \(number), seed \(random.seed)")
        }
        #expect(number > 15, "the harness reached only \(number) operations")
    }
}

extension StoreRig {
    /// The numbers of all stored events.
    func stored() throws -> [Int64] {
        try ask { store throws(StorageError) in
            var seqs: [Int64] = []
            try store.database.prepare("SELECT seq FROM usage_events ORDER BY seq").forEachRow {
                seqs.append($0.integer(0))
            }
            return seqs
        }
    }

    /// Whether rollups of both spans and the keys' totals add up to the events.
    func rollupsMatchEvents() throws -> Bool {
        try ask { store throws(StorageError) in
            func number(_ sql: String) throws(StorageError) -> [Int64] {
                try store.database.prepare(sql).firstRow { row in (0..<4).map { row.integerIfAny(Int32($0)) ?? 0 } }
                    ?? []
            }
            let events = try number("SELECT count(*), sum(cost), sum(output), sum(cache_read) FROM usage_events")
            let hours = try number(
                "SELECT sum(attempts), sum(cost), sum(output), sum(cache_read) FROM usage_rollups WHERE span = 1")
            let days = try number(
                "SELECT sum(attempts), sum(cost), sum(output), sum(cache_read) FROM usage_rollups WHERE span = 24")
            let totals = try number("SELECT sum(attempts), sum(cost), sum(output), sum(cache_read) FROM key_totals")
            return hours == events && days == events && totals == events
        }
    }
}
