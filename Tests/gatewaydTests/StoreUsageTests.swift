// Rollups are the sums of events, ranges are covered once, a key's events are a chain, and retention takes only what is settled.

import IPC
import Money
import NIOCore
import Storage
import Support
import Tenancy
import Testing

@testable import gatewayd

@Suite struct UsageRangeTests {
    @Test func partsCoverEveryHourOnceAndDaysWhole() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<2000 {
            let from = Int64.random(in: 0...500_000, using: &random)
            let to = from + Int64.random(in: 1...UsageRange.longest, using: &random)
            let range = try #require(
                UsageRange(from: UnixMillis(hoursSince1970: from), to: UnixMillis(hoursSince1970: to)), "\(from) \(to)")
            var next = from
            for part in range.parts {
                #expect(part.range.from == next && part.range.to > part.range.from, "\(from)..<\(to)")
                if part.span == .day { #expect(part.range.from % 24 == 0 && part.range.to % 24 == 0) }
                next = part.range.to
            }
            #expect(next == to)
            let hours = range.parts.filter { $0.span == .hour }.reduce(0) { $0 + $1.range.to - $1.range.from }
            #expect(hours <= 46, "\(from)..<\(to) is read in \(hours) hours")
        }
    }

    @Test func aRangeIsWidenedToWholeHours() throws {
        let range = try #require(UsageRange(from: UnixMillis(3_599_999), to: UnixMillis(3_600_001)))
        #expect(range.from == 0 && range.to == 2)
    }

    @Test(arguments: [(5, 5), (6, 5), (-1, 5), (0, 34_560_000_001), (0, .max)] as [(Int64, Int64)])
    func rangesWithoutSenseAreRefused(from: Int64, to: Int64) {
        #expect(UsageRange(from: UnixMillis(from), to: UnixMillis(to)) == nil)
    }

    @Test func theMonthToDateBeginsAtItsFirstMidnight() {
        let range = UsageRange(monthToDate: StoreRig.start)
        #expect(UnixMillis(hoursSince1970: range.from).description == "2026-11-01T00:00:00.000Z")
        #expect(UnixMillis(hoursSince1970: range.to).value == StoreRig.start.value + 3_600_000)
    }
}

@Suite struct StoreUsageTests {
    /// Random attempts over ninety days, kept here too.
    private func load(_ rig: StoreRig, _ random: inout SeededRandom) -> [UsageRecord] {
        var records: [UsageRecord] = []
        for number in UInt64(1)...2000 {
            var record = UsageRecord.test(
                number, tenant: number % 3 == 0 ? .other : .acme, key: .test(number % 4), cost: Int64(number),
                at: UnixMillis(StoreRig.start.value - Int64.random(in: 0...(90 * 86_400_000), using: &random)),
                model: "model-\(number % 5)",
                status: number % 7 == 0 ? .failedOver : number % 11 == 0 ? .truncated : .completed)
            if number % 13 == 0 { record.flags = .estimated }
            records.append(record)
            rig.queue.append(record)
            if number % 100 == 0 { rig.advance() }
        }
        rig.advance()
        return records
    }

    @Test func anyRangeAddsUpToTheEventsInItsHours() throws {
        var random = SeededRandom.forTest()
        let rig = try StoreRig()
        for tenant in [TenantID.acme, .other] { _ = try rig.makeTenant(tenant) }
        let records = load(rig, &random)
        #expect(try rig.rollupsMatchEvents())
        for _ in 0..<300 {
            let from = UnixMillis(StoreRig.start.value - Int64.random(in: 0...(95 * 86_400_000), using: &random))
            let to = UnixMillis(from.value + Int64.random(in: 1...(60 * 86_400_000), using: &random))
            let range = try #require(UsageRange(from: from, to: to))
            let tenant: TenantID? = [.acme, .other, nil].randomElement(using: &random) ?? nil
            let key: KeyID? = Bool.random(using: &random) ? .test(2) : nil
            let asked = try rig.ask { store throws(StorageError) in
                var sums = UsageSums()
                try store.usage(of: tenant, key: key, in: range) { sums.add($0.sums) }
                return sums
            }
            var expected = UsageSums()
            for record in records where tenant == nil || record.tenant == tenant {
                let isInside = (range.from..<range.to).contains(record.at.hoursSince1970)
                if isInside && (key == nil || record.key == key) { expected.add(record) }
            }
            #expect(asked == expected, "seed \(random.seed)")
        }
    }

    @Test func aRequestThatFailedOverIsTwoAttemptsAndOneRequest() throws {
        var sums = UsageSums()
        sums.add(.test(1, attempt: 0, status: .failedOver))
        sums.add(.test(1, attempt: 1))
        #expect(sums.requests == 1 && sums.attempts == 2 && sums.failures == 1 && sums.cost == 200)
        #expect(UsageRecord.test(1, attempt: 0).reference != UsageRecord.test(1, attempt: 1).reference)
    }

    @Test func anAbsurdCountStaysAtTheLargestValueAndTheStoreGoesOn() throws {
        let rig = try StoreRig()
        for number in UInt64(1)...3 {
            var record = UsageRecord.test(number)
            record.usage.output = .max
            rig.queue.append(record)
            rig.advance()
        }
        #expect(rig.queue.isAccepting)
        let range = UsageRange(monthToDate: StoreRig.start)
        let sums = try rig.ask { store throws(StorageError) in
            var sums = UsageSums()
            try store.usage(of: .acme, key: nil, in: range) { sums.add($0.sums) }
            return sums
        }
        #expect(sums.usage.output == .max && sums.cost == 300)
    }

    @Test func aKeysEventsAreListedNewestFirstInPagesAndNoOthers() throws {
        var random = SeededRandom.forTest()
        let rig = try StoreRig()
        let records = load(rig, &random)
        for key in (0..<4).map({ KeyID.test($0) }) {
            var listed: [RequestID] = []
            var before: Int64?
            repeat {
                let at = before
                let page = try rig.ask { store throws(StorageError) in try store.events(of: key, before: at, limit: 100)
                }
                listed += page.rows.compactMap(\.request)
                before = page.next
            } while before != nil
            #expect(listed == records.filter { $0.key == key }.map(\.request).reversed())
        }
    }

    @Test func anotherKeysEventIsNoPlaceToBeginAPage() throws {
        let rig = try StoreRig()
        rig.queue.append(.test(1, key: .test(1)))
        rig.queue.append(.test(2, key: .test(2)))
        rig.advance()
        let page = try rig.ask { store throws(StorageError) in try store.events(of: .test(1), before: 2, limit: 10) }
        #expect(page.rows.isEmpty && page.next == nil)
    }

    @Test func aKeysChainGoesOnOverRestarts() throws {
        let faulty = FaultyFiles()
        for life in UInt64(1)...3 {
            let rig = try StoreRig(faulty)
            rig.queue.append(.test(life))
            #expect(try rig.queue.close() == 0)
        }
        let rig = try StoreRig(faulty)
        let page = try rig.ask { store throws(StorageError) in try store.events(of: .test(1), before: nil, limit: 10) }
        #expect(page.rows.map(\.seq) == [3, 2, 1])
    }

    @Test func lifetimeUsageIsByModelAndSpentIsItsCost() throws {
        let rig = try StoreRig()
        _ = try rig.makeKey(.test(1), cap: Micros(1000))
        for number in UInt64(1)...4 { rig.queue.append(.test(number, model: number == 4 ? "b" : "a")) }
        rig.advance()
        let (models, key) = try rig.ask { store throws(StorageError) in
            var models: [String: Int64] = [:]
            try store.lifetimeUsage(of: .test(1)) { models[$0] = $1.cost }
            return (models, try store.key(.test(1)))
        }
        #expect(models == ["a": 300, "b": 100])
        #expect(key?.spent == Micros(400))
    }
}

@Suite struct StoreRetentionTests {
    private static let later = UnixMillis(StoreRig.start.value + 31 * 86_400_000)

    @Test func oldEventsGoWhenTheyAreSettledAndOnlyThen() throws {
        let faulty = FaultyFiles()
        let first = try StoreRig(faulty)
        for number in UInt64(1)...5 { first.queue.append(.test(number)) }
        first.advance()
        first.queue.acknowledge([1, 2, 4, 5])
        #expect(try first.queue.close() == 0)
        let second = try StoreRig(faulty, now: Self.later)
        second.advance(StoreWorker.upkeepTime)
        #expect(try second.stored() == [3, 4, 5])
        second.queue.startReplay()
        second.run()
        second.queue.acknowledge(second.delivered().map(\.record.seq))
        second.advance(StoreWorker.upkeepTime)
        second.advance(StoreWorker.upkeepTime)
        #expect(try second.stored() == [])
        let spent = try second.ask { store throws(StorageError) in
            var cost: Int64 = 0
            try store.lifetimeUsage(of: .test(1)) { cost += $1.cost }
            return cost
        }
        #expect(spent == 500, "rollups and totals stay")
    }

    @Test func aChainEndsWhereRetentionHasBeen() throws {
        let faulty = FaultyFiles()
        let first = try StoreRig(faulty)
        first.queue.append(.test(1, cost: 0))
        first.queue.append(.test(2, cost: 0, at: Self.later))
        #expect(try first.queue.close() == 0)
        let second = try StoreRig(faulty, now: Self.later)
        second.advance(StoreWorker.upkeepTime)
        let page = try second.ask { store throws(StorageError) in try store.events(of: .test(1), before: nil, limit: 10)
        }
        #expect(page.rows.map(\.seq) == [2] && page.next == nil)
    }

    @Test func muchIsTakenAwayInPortionsWithinOneTurnOfUpkeep() throws {
        let faulty = FaultyFiles()
        let first = try StoreRig(faulty)
        let count = UInt64(Store.pruneMost) * 2 + 5
        for number in 1...count { first.queue.append(.test(number, cost: 0)) }
        #expect(try first.queue.close() == 0)
        let second = try StoreRig(faulty, now: Self.later)
        second.advance(StoreWorker.upkeepTime)
        #expect(try second.stored().count == Store.pruneMost + 5)
        second.advance(StoreWorker.upkeepPause)
        second.advance(StoreWorker.upkeepPause)
        #expect(try second.stored().isEmpty)
    }

    @Test func theErrorLedgerIsBoundedInTime() throws {
        let rig = try StoreRig(now: Self.later)
        rig.queue.append(.test)
        rig.advance(StoreWorker.upkeepTime)
        #expect(try rig.ask { store throws(StorageError) in try store.errors(of: nil, before: .max, limit: 9) }.isEmpty)
    }
}

@Suite struct StoreErrorTests {
    @Test func errorsOfAttemptsAndOfNoneAreListedNewestFirstByTenantInPages() throws {
        let rig = try StoreRig()
        for number in UInt64(1)...7 {
            let note = ErrorNote(kind: .upstreamStatus, message: "503 \(number)")
            rig.queue.append(.test(number, tenant: number % 2 == 0 ? .acme : .other, error: note))
        }
        rig.queue.append(.test)
        rig.advance()
        let all = try rig.ask { store throws(StorageError) in try store.errors(of: nil, before: .max, limit: 100) }
        #expect(all.count == 8)
        #expect(all.map(\.seq) == all.map(\.seq).sorted(by: >))
        let acme = try rig.ask { store throws(StorageError) in try store.errors(of: .acme, before: .max, limit: 3) }
        #expect(acme.count == 3 && acme.allSatisfy { $0.tenant == "acme" })
        let before = acme[2].seq
        let rest = try rig.ask { store throws(StorageError) in try store.errors(of: .acme, before: before, limit: 3) }
        #expect(rest.count == 1)
        let row = try #require(all.first { $0.kind == .upstreamTimeout })
        #expect(row.model == "claude" && row.provider == "demo" && row.httpStatus == 502)
        #expect(row.request == UsageRecord.test(1).request)
    }

    @Test func messagesAreCutAtWholeCharacters() {
        let note = ErrorNote(kind: .internalFault, message: String(repeating: "é", count: 300))
        #expect(note.message.utf8.count == 512)
        #expect(
            ErrorNote(kind: .internalFault, message: "a" + String(repeating: "é", count: 300)).message.utf8.count == 511
        )
    }
}
