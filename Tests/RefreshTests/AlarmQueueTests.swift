// The alarms against a sorted array, and the figures of a million.

import Support
import Tenancy
import Testing

@testable import Refresh

/// The queue as anybody would write it first.
private struct NaiveAlarms {
    private(set) var alarms: [Alarm] = []

    mutating func set(_ account: UInt32, due: UnixMillis) {
        cancel(account)
        let place = alarms.firstIndex { ($0.due.value, $0.account) > (due.value, account) } ?? alarms.count
        alarms.insert(Alarm(account: account, due: due), at: place)
    }

    @discardableResult
    mutating func cancel(_ account: UInt32) -> Bool {
        guard let place = alarms.firstIndex(where: { $0.account == account }) else { return false }
        alarms.remove(at: place)
        return true
    }

    mutating func popDue(now: UnixMillis, limit: Int) -> [Alarm] {
        let due = Array(alarms.prefix { $0.due <= now }.prefix(limit))
        alarms.removeFirst(due.count)
        return due
    }
}

@Suite struct AlarmQueueTests {
    @Test func randomOperations_giveWhatASortedArrayGives() {
        var random = SeededRandom.forTest()
        for _ in 0..<200 {
            var (queue, naive, now) = (AlarmQueue(), NaiveAlarms(), Int64(0))
            for step in 0..<500 {
                let account = UInt32.random(in: 0..<60, using: &random)
                let due = UnixMillis(now + Int64.random(in: -20...200, using: &random))
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    queue.set(account, due: due)
                    naive.set(account, due: due)
                case 5, 6:
                    let (was, should) = (queue.cancel(account), naive.cancel(account))
                    #expect(was == should, "seed \(random.seed), step \(step)")
                default:
                    now += Int64.random(in: 0...30, using: &random)
                    let limit = Int.random(in: 0...5, using: &random)
                    let popped = queue.popDue(now: UnixMillis(now), limit: limit)
                    let expected = naive.popDue(now: UnixMillis(now), limit: limit)
                    #expect(popped == expected, "seed \(random.seed), step \(step)")
                }
                #expect(queue.next == naive.alarms.first && queue.count == naive.alarms.count)
                #expect(queue.due(of: account) == naive.alarms.first { $0.account == account }?.due)
            }
            let rest = queue.popDue(now: UnixMillis(.max), limit: .max)
            #expect(rest == naive.alarms, "seed \(random.seed)")
        }
    }

    @Test func bulkBuild_ofAnyOrder_isTheQueueOfTheSameAlarmsOneByOne() {
        var random = SeededRandom.forTest()
        for count in Array(0...20) + [1000, 10_000] {
            var alarms = (0..<UInt32(count)).map { account in
                Alarm(account: account * 3, due: UnixMillis(Int64.random(in: 0...500, using: &random)))
            }
            alarms.shuffle(using: &random)
            var queue = AlarmQueue(alarms)
            let sorted = alarms.sorted { ($0.due.value, $0.account) < ($1.due.value, $1.account) }
            let popped = queue.popDue(now: UnixMillis(.max), limit: .max)
            #expect(popped == sorted, "seed \(random.seed), \(count) alarms")
            #expect(queue.isEmpty && queue.next == nil)
        }
    }

    @Test func alarmsOverTheLimit_stayInOrder() {
        var queue = AlarmQueue((0..<100).map { Alarm(account: $0, due: UnixMillis(Int64(100 - $0))) })
        let popped = [10, 100, 100].map { queue.popDue(now: UnixMillis(50), limit: $0).map(\.due.value) }
        #expect(popped == [Array(1...10), Array(11...50), []])
        #expect(queue.count == 50)
    }

    /// Figures to read, of a process that runs other tests as well; a bar on the tables alone.
    @Test func figures_ofAMillionAlarms() throws {
        let now = AccountWorld.start.wall
        // Spread over an hour, in no order: 7919 is prime to the million.
        let alarms = (0..<1_000_000 as Range<UInt32>).map { account in
            Alarm(account: account, due: now + Millis(Int64(account) * 7919 % 1_000_000 * 3))
        }
        let before = ResidentMemory.bytes()
        var queue = AlarmQueue()
        let building = ContinuousClock().measure { queue = AlarmQueue(alarms) }
        // The list itself is of before.
        let resident = withExtendedLifetime(alarms) { ResidentMemory.bytes() - before }
        let moving = ContinuousClock().measure {
            for account in 0..<1_000_000 as Range<UInt32> { queue.set(account, due: now + Millis(Int64(account))) }
        }
        let ringing = ContinuousClock().measure {
            while !queue.isEmpty { _ = queue.popDue(now: UnixMillis(.max), limit: 1000) }
        }
        print(
            "refresh: a million alarms built in \(building), \(resident / 1_000_000) bytes each by the kernel and "
                + "\(queue.tableBytes / 1_000_000) in tables, all moved in \(moving), all rung in \(ringing)")
        #expect(queue.tableBytes <= 32 * 1_000_000)
    }

    @Test func figures_ofAMillionAccountsRestored() {
        var random = SeededRandom.forTest()
        let (now, policy) = (AccountWorld.start, RefreshPolicy())
        var states: [TokenState] = []
        states.reserveCapacity(1_000_000)
        let restoring = ContinuousClock().measure {
            for account in 0..<1_000_000 as Range<Int64> {
                let stored = StoredCredential(version: 1, expiry: now.wall + Millis(account * 7919 % 3_600_000))
                states.append(TokenState(restoring: stored, at: now, by: policy, random: random.next()))
            }
        }
        print("refresh: a million accounts restored in \(restoring), \(MemoryLayout<TokenState>.stride) bytes each")
        #expect(states.allSatisfy { $0.alarm != nil } && MemoryLayout<TokenState>.stride <= 128)
    }
}
