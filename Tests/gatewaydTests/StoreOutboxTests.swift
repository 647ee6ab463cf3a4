// Usage events are the outbox: whatever happens, every durable cost reaches the wallet, and the cursor never passes one that
// did not.

import Money
import NIOCore
import Storage
import Support
import Tenancy
import Testing

@testable import gatewayd

@Suite struct OutboxCursorTests {
    @Test func theCursorIsTheContiguousPrefixUnderAnyOrder() {
        var random = SeededRandom.forTest()
        for _ in 0..<200 {
            var cursor = OutboxCursor(settled: 10, last: 10)
            var given: [Int64] = []
            var settled: Set<Int64> = []
            for _ in 0..<200 {
                if Bool.random(using: &random) {
                    let count = Int64.random(in: 0...5, using: &random)
                    given += (0..<count).map { cursor.last + 1 + $0 }
                    cursor.extend(to: cursor.last + count)
                } else if let seq = given.randomElement(using: &random) {
                    cursor.settle(seq)
                    settled.insert(seq)
                }
                var expected: Int64 = 10
                while settled.contains(expected + 1) { expected += 1 }
                #expect(cursor.settled == expected, "seed \(random.seed)")
                #expect(cursor.backlog == cursor.last - expected, "seed \(random.seed)")
            }
        }
    }

    @Test func aLongBacklogWidensTheRingAndForgetsNothing() {
        var cursor = OutboxCursor(settled: 0, last: 0)
        let width = OutboxCursor.initialWidth
        cursor.extend(to: width - 1)
        for seq in stride(from: Int64(3), to: width, by: 2) { cursor.settle(seq) }
        cursor.extend(to: width * 3)
        for seq in width...(width * 3) { cursor.settle(seq) }
        #expect(cursor.settled == 0)
        for seq in stride(from: Int64(2), to: width, by: 2) { cursor.settle(seq) }
        #expect(cursor.settled == 0)
        cursor.settle(1)
        #expect(cursor.settled == width * 3)
    }

    @Test func theRingIsUsedAgainWithoutOldMarks() {
        var cursor = OutboxCursor(settled: 0, last: 0)
        for round in Int64(0)..<5 {
            let first = round * OutboxCursor.initialWidth / 2
            cursor.extend(to: first + OutboxCursor.initialWidth / 2)
            #expect(cursor.settled == first)
            for seq in (first + 1)...cursor.last { cursor.settle(seq) }
        }
        #expect(cursor.backlog == 0)
    }

    @Test func aSecondAcknowledgementIsNothingNew() {
        var cursor = OutboxCursor(settled: 0, last: 3)
        for seq in [Int64(1), 1, 3, 3, 1] { cursor.settle(seq) }
        #expect(cursor.settled == 1)
        cursor.settle(2)
        #expect(cursor.settled == 3)
    }
}

@Suite struct StoreReplayTests {
    /// Appends `count` attempts, every third of them free, and dies before any is acknowledged.
    private func leave(_ count: UInt64, on faulty: FaultyFiles) throws -> StoreRig {
        let rig = try StoreRig(faulty)
        for number in 1...count { rig.queue.append(.test(number, cost: number % 3 == 0 ? 0 : 7, hold: number)) }
        rig.advance()
        return rig
    }

    @Test func whatAPreviousRunLeftUnsettledGoesToTheFirstLoopInOrder() throws {
        let faulty = FaultyFiles()
        let dead = try leave(100, on: faulty)
        let rig = try withExtendedLifetime(dead) { try StoreRig(faulty) }
        rig.advance(StoreQueue.idleTime)
        #expect(rig.delivered().isEmpty, "nothing is delivered before it is asked for")
        rig.queue.startReplay()
        rig.run()
        let delivered = rig.delivered()
        #expect(delivered.allSatisfy { $0.loop == 0 })
        #expect(delivered.map(\.record.seq) == (1...100).filter { $0 % 3 != 0 })
        #expect(delivered.allSatisfy { $0.record.hold == 0 }, "its hold ended with the connection")
        #expect(delivered[0].record.reference == UsageRecord.test(1).reference)
        #expect(delivered[0].record.cost == Micros(7))
        #expect(delivered[0].record.at == StoreRig.start)
    }

    @Test func aPageFollowsWhenTheOneBeforeIsSettled() throws {
        let faulty = FaultyFiles()
        let count = UInt64(StoreWorker.replayPage) * 2 + 10
        let dead = try leave(count, on: faulty)
        let rig = try withExtendedLifetime(dead) { try StoreRig(faulty) }
        rig.queue.startReplay()
        var seqs: [Int64] = []
        for page in 0..<3 {
            rig.advance(StoreQueue.idleTime)
            let delivered = rig.delivered().map(\.record.seq)
            #expect(!delivered.isEmpty && delivered.count <= StoreWorker.replayPage, "page \(page)")
            rig.queue.acknowledge(delivered.dropLast())
            rig.advance(StoreQueue.idleTime)
            #expect(rig.delivered().isEmpty, "page \(page) is not settled yet")
            rig.queue.acknowledge(delivered.suffix(1))
            seqs += delivered
        }
        rig.advance(StoreQueue.idleTime)
        #expect(seqs == (1...Int64(count)).filter { $0 % 3 != 0 })
        #expect(rig.queue.figures.backlog == 0)
    }

    @Test func newRecordsAreDeliveredWhileOldOnesAreReplayed() throws {
        let faulty = FaultyFiles()
        let dead = try leave(3, on: faulty)
        let rig = try withExtendedLifetime(dead) { try StoreRig(faulty) }
        rig.queue.startReplay()
        rig.queue.append(.test(50, loop: 1))
        rig.advance()
        let delivered = rig.delivered()
        #expect(delivered.map(\.record.seq).sorted() == [1, 2, 4])
        #expect(delivered.first { $0.record.seq == 4 }?.loop == 1)
        rig.queue.acknowledge([4, 2, 1])
        rig.advance(StoreQueue.idleTime)
        #expect(rig.queue.figures.backlog == 0)
    }

    @Test func numbersGoOnAfterEverythingWasPruned() throws {
        let later = UnixMillis(StoreRig.start.value + 40 * 86_400_000)
        let faulty = FaultyFiles()
        let first = try StoreRig(faulty)
        first.queue.append(.test(1, cost: 0))
        first.queue.append(.test(2, cost: 0))
        #expect(try first.queue.close() == 0)
        let second = try StoreRig(faulty, now: later)
        second.queue.append(ErrorRecord.test)
        second.advance(StoreWorker.upkeepTime)
        second.advance(StoreWorker.upkeepTime)
        #expect(try second.stored().isEmpty)
        #expect(try second.queue.close() == 0)
        let third = try StoreRig(faulty)
        third.queue.append(.test(3))
        third.advance()
        #expect(third.delivered().map(\.record.seq) == [3])
    }
}

/// A wallet that knows references, as walletd does.
private struct NaiveOutboxWallet {
    var settled: [Reference: Micros] = [:]
    var total: Int64 = 0

    mutating func settle(_ record: CommittedRecord) {
        if let known = settled[record.reference] {
            #expect(known == record.cost, "one reference with two contents")
        } else {
            settled[record.reference] = record.cost
            total += record.cost.value
        }
    }
}

@Suite struct StoreOutboxModelTests {
    /// Random work, random deaths, random order and loss of acknowledgements; at the end everything durable was settled once.
    @Test(arguments: 0..<20) func everyDurableCostReachesTheWalletOverAnyNumberOfDeaths(run: Int) throws {
        var random = SeededRandom.forTest()
        let faulty = FaultyFiles()
        var wallet = NaiveOutboxWallet()
        var number: UInt64 = 0
        for life in 0..<12 {
            let rig = try StoreRig(faulty)
            if Bool.random(using: &random) { rig.queue.startReplay() }
            if life % 3 == 1 { faulty.plan(.forever(Int.random(in: 1...60, using: &random))) }
            live(rig, &wallet, &number, &random)
            withExtendedLifetime(rig) {
                if Bool.random(using: &random) { faulty.cutPower(&random) } else { faulty.plan(.none) }
            }
        }
        try finish(StoreRig(faulty), &wallet, "seed \(random.seed)")
    }

    private func live(
        _ rig: StoreRig, _ wallet: inout NaiveOutboxWallet, _ number: inout UInt64, _ random: inout SeededRandom
    ) {
        var unanswered: [CommittedRecord] = []
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                for _ in 0..<Int.random(in: 1...20, using: &random) {
                    number += 1
                    rig.queue.append(
                        .test(
                            number, key: .test(number % 5), cost: Int64.random(in: 0...3, using: &random),
                            hold: number % 2, loop: UInt16(number % 2)))
                }
            case 1: rig.advance(Bool.random(using: &random) ? StoreQueue.gatherTime : StoreQueue.idleTime)
            case 2: unanswered += rig.delivered().map(\.record)
            default:
                unanswered.shuffle(using: &random)
                let answered = unanswered.prefix(Int.random(in: 0...unanswered.count, using: &random))
                unanswered.removeFirst(answered.count)
                for record in answered where record.cost.value > 0 { wallet.settle(record) }
                rig.queue.acknowledge(answered.map(\.seq))
            }
        }
    }

    private func finish(_ rig: StoreRig, _ wallet: inout NaiveOutboxWallet, _ seed: Comment) throws {
        rig.queue.startReplay()
        rig.run()
        while case let delivered = rig.delivered(), !delivered.isEmpty {
            for entry in delivered { wallet.settle(entry.record) }
            rig.queue.acknowledge(delivered.map(\.record.seq))
            rig.advance(StoreQueue.idleTime)
        }
        #expect(rig.queue.figures.backlog == 0, seed)
        let stored = try rig.ask { store throws(StorageError) in
            try store.database.prepare("SELECT coalesce(sum(cost), 0), count(nullif(cost, 0)) FROM usage_events")
                .firstRow { ($0.integer(0), $0.integer(1)) }
        }
        let (cost, count) = try #require(stored)
        #expect(wallet.total == cost, seed)
        #expect(wallet.settled.count == count, seed)
        #expect(try rig.rollupsMatchEvents(), seed)
    }
}

extension ErrorRecord {
    static var test: ErrorRecord {
        ErrorRecord(
            at: StoreRig.start, request: UsageRecord.test(1).request, tenant: .acme, key: .test(1), provider: "demo",
            httpStatus: 502, note: ErrorNote(kind: .upstreamTimeout, message: "no first byte within 30 s"),
            model: "claude")
    }
}
