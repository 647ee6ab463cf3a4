// Turns: the burst of ten thousand, the rate, the hosts' shares, and a naive model under random load.

import Support
import Tenancy
import Testing

@testable import Refresh

/// The queue as anybody would write it first: all who wait, looked through each time.
private struct NaiveTurns {
    struct Waiting { var account, host: UInt32; var rank: Int; var key: Int64 }

    let policy: BurstPolicy
    var line: [Waiting] = []
    var running: [UInt32: UInt32] = [:]

    mutating func claim(_ account: UInt32, host: UInt32, _ claim: TurnClaim, at now: Moment) -> Bool {
        guard running[account] == nil else { return false }
        var new = Waiting(account: account, host: host, rank: 0, key: now.uptime.value)
        if case .expiring(let expiry) = claim { (new.rank, new.key) = (expiry > now.wall ? 1 : 2, expiry.value) }
        if let place = line.firstIndex(where: { $0.account == account }) {
            let old = line.remove(at: place)
            if (old.rank, old.key) < (new.rank, new.key) { (new.rank, new.key) = (old.rank, old.key) }
        }
        line.append(new)
        return true
    }

    mutating func leave(_ account: UInt32) {
        line.removeAll { $0.account == account }
        running[account] = nil
    }

    /// Who would be next, the rate aside. The order of hosts decides between equals, then that of accounts.
    mutating func next() -> UInt32? {
        guard running.count < policy.inAll else { return nil }
        let free = line.filter { waiting in running.values.count { $0 == waiting.host } < policy.perHost }
        let best = free.min {
            ($0.rank, $0.key, $0.host, $0.account) < ($1.rank, $1.key, $1.host, $1.account)
        }
        guard let best else { return nil }
        line.removeAll { $0.account == best.account }
        running[best.account] = best.host
        return best.account
    }
}

@Suite struct TurnQueueTests {
    private static let start = AccountWorld.start

    private static func later(_ millis: Int64) -> Moment {
        Moment(wall: start.wall + Millis(millis), uptime: start.uptime + Millis(millis))
    }

    /// Ten thousand due at once at three hosts, each call 200 ms long: all get one turn, within rate and shares, in the
    /// order of their expiries.
    @Test func O09_tenThousandAtOnce_areSpreadByTheRateNoneLostNoneDoubled() {
        var random = SeededRandom.forTest()
        var queue = TurnQueue(by: BurstPolicy())
        let expiries = (0..<10_000).map { _ in Self.start.wall + Millis(Int64.random(in: 1...600_000, using: &random)) }
        for account in (0..<10_000 as Range<UInt32>).shuffled(using: &random) {
            queue.claim(account, host: account % 3, .expiring(expiries[Int(account)]), at: Self.start)
        }
        var (taken, ends): ([UInt32], [(at: Int64, account: UInt32)]) = ([], [])
        var (millis, perSecond, mostAtOnce): (Int64, [Int64: Int], Int) = (0, [:], 0)
        while taken.count < 10_000, millis < 60_000 {
            while let end = ends.first, end.at <= millis { queue.leave(ends.removeFirst().account) }
            let turns = queue.take(now: Self.later(millis).uptime, limit: 100)
            taken += turns
            ends += turns.map { (millis + 200, $0) }
            perSecond[millis / 1000, default: 0] += turns.count
            mostAtOnce = max(mostAtOnce, queue.runningCount)
            millis += 5
        }
        #expect(Set(taken).count == 10_000 && taken.count == 10_000, "seed \(random.seed)")
        #expect(queue.waitingCount == 0)
        #expect(taken.map { expiries[Int($0)].value } == expiries.map(\.value).sorted(), "seed \(random.seed)")
        #expect(perSecond.values.allSatisfy { $0 <= 525 } && mostAtOnce <= 192)
        print("refresh: 10,000 due at once had their turns within \(millis) ms, at most \(mostAtOnce) at a time")
        #expect((19_000...21_000).contains(millis), "500 a second")
    }

    @Test func slowHost_takesItsShareAndHoldsNobodyElseUp() {
        var queue = TurnQueue(by: BurstPolicy())
        for account in 0..<1000 as Range<UInt32> {
            // The slow host's are the more urgent ones.
            queue.claim(account, host: 0, .expiring(Self.start.wall + Millis(1)), at: Self.start)
            queue.claim(1000 + account, host: 1, .expiring(Self.start.wall + .hours(1)), at: Self.start)
        }
        var served = 0
        for tick in 0..<400 as Range<Int64> {
            for account in queue.take(now: Self.later(tick * 10).uptime, limit: 100) where account >= 1000 {
                served += 1
                queue.leave(account)
            }
        }
        #expect(served == 1000 && queue.runningCount == 64 && queue.waitingCount == 1000 - 64)
        #expect(queue.nextTake(now: Self.later(4000).uptime) == nil, "until somebody leaves")
        queue.leave(0)
        #expect(queue.nextTake(now: Self.later(4000).uptime) == Self.later(4000).uptime)
    }

    @Test func order_isDemandedThenAboutToExpireThenExpired() {
        var queue = TurnQueue(by: BurstPolicy())
        let claims: [TurnClaim] = [
            .expiring(Self.start.wall + .minutes(-30)), .expiring(Self.start.wall + .minutes(5)), .demanded,
            .expiring(Self.start.wall + .minutes(1)), .expiring(Self.start.wall + .minutes(-1)),
        ]
        for (account, claim) in claims.enumerated() {
            queue.claim(UInt32(account), host: UInt32(account), claim, at: Self.start)
        }
        queue.claim(5, host: 5, .demanded, at: Self.later(1))
        // Already in line: a demand brings it forward, a later alarm does not put it back.
        queue.claim(4, host: 4, .demanded, at: Self.later(2))
        queue.claim(4, host: 4, .expiring(Self.start.wall), at: Self.later(3))
        queue.claim(2, host: 2, .expiring(Self.start.wall), at: Self.later(3))
        var order: [UInt32] = []
        for tick in 0..<20 as Range<Int64> { order += queue.take(now: Self.later(tick).uptime, limit: 1) }
        #expect(order == [2, 5, 4, 3, 1, 0])
    }

    @Test func accountThatHasItsTurn_isNotLinedUpAgainBeforeItLeft() {
        var queue = TurnQueue(by: BurstPolicy())
        func claimThenTake(at millis: Int64) -> (Bool, [UInt32]) {
            let isInLine = queue.claim(1, host: 0, .demanded, at: Self.later(millis))
            return (isInLine, queue.take(now: Self.later(millis).uptime, limit: 5))
        }
        #expect(claimThenTake(at: 0) == (true, [1]))
        #expect(claimThenTake(at: 1000) == (false, []))
        queue.leave(1)
        queue.leave(1)
        #expect(queue.runningCount == 0)
        #expect(claimThenTake(at: 2000) == (true, [1]))
    }

    /// A loop that sleeps until `nextTake` gives every turn as early as the rate allows.
    @Test func nextTake_isWhenSomebodyGetsATurn() throws {
        var policy = BurstPolicy()
        policy.perSecond = 30
        var queue = TurnQueue(by: policy)
        for account in 0..<60 as Range<UInt32> { queue.claim(account, host: account, .demanded, at: Self.start) }
        var (now, taken) = (Self.start.uptime, 0)
        while queue.waitingCount > 0 {
            let next = try #require(queue.nextTake(now: now))
            let early = next > now ? queue.take(now: UptimeMillis(next.value - 1), limit: 100) : []
            #expect(early.isEmpty)
            now = next
            let turns = queue.take(now: now, limit: 100)
            #expect(turns.count >= 1)
            taken += turns.count
        }
        #expect(taken == 60 && queue.nextTake(now: now) == nil)
        #expect((1900...2000).contains((now - Self.start.uptime).value))
    }

    @Test func randomLoad_givesTurnsAsTheNaiveModelDoes() {
        var random = SeededRandom.forTest()
        for run in 0..<60 {
            var policy = BurstPolicy()
            policy.perHost = Int.random(in: 1...3, using: &random)
            policy.inAll = Int.random(in: 3...8, using: &random)
            policy.perSecond = 100_000
            var (queue, naive) = (TurnQueue(by: policy), NaiveTurns(policy: policy))
            // A hundred turns a millisecond: the rate, which the model does not know, is never in the way.
            for millis in [-1000, -1] as [Int64] { _ = queue.take(now: Self.later(millis).uptime, limit: 1) }
            for step in 0..<400 as Range<Int64> {
                let now = Self.later(step)
                let account = UInt32.random(in: 0..<40, using: &random)
                let host = UInt32.random(in: 0..<5, using: &random)
                let expiry = now.wall + Millis(Int64.random(in: -50...50, using: &random))
                switch Int.random(in: 0..<6, using: &random) {
                case 0..<3:
                    let claim = Bool.random(using: &random) ? TurnClaim.demanded : .expiring(expiry)
                    let isInLine = queue.claim(account, host: host, claim, at: now)
                    let should = naive.claim(account, host: host, claim, at: now)
                    #expect(isInLine == should)
                case 3:
                    queue.leave(account)
                    naive.leave(account)
                default:
                    let expected = (0..<2).compactMap { _ in naive.next() }
                    let taken = queue.take(now: now.uptime, limit: 2)
                    #expect(taken == expected, "seed \(random.seed), run \(run), step \(step)")
                }
                #expect(queue.waitingCount == naive.line.count && queue.runningCount == naive.running.count)
            }
        }
    }
}
