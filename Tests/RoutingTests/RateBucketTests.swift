// RateBucket: never more than the rate, never less, and true about itself.

import Routing
import Support
import Synchronization
import Testing

private let second: UInt64 = 1_000_000_000

/// A token bucket with exact fractions: the same rule, written the other way round. Its unit is one request × one
/// minute.
private struct NaiveBucket {
    let limit: RateLimit
    var tokens: Int
    var last: UInt64 = 0
    /// What one request costs: the interval that RateBucket rounds up to, in nanoseconds.
    var interval: Int { (60_000_000_000 + limit.requestsPerMinute - 1) / limit.requestsPerMinute }

    init(_ limit: RateLimit) {
        self.limit = limit
        tokens = limit.burst * ((60_000_000_000 + limit.requestsPerMinute - 1) / limit.requestsPerMinute)
    }

    mutating func take(now: UInt64) -> Bool {
        tokens = min(limit.burst * interval, tokens + Int(now - last))
        last = now
        guard tokens >= interval else { return false }
        tokens -= interval
        return true
    }
}

@Suite struct RateBucketTests {
    private func limit(_ rate: Int, burst: Int? = nil) throws -> RateLimit {
        try #require(RateLimit(requestsPerMinute: rate, burst: burst))
    }

    @Test(arguments: [(0, 1), (-1, 1), (6_000_001, 1), (1, 0), (1, -1), (1, 6_000_001)])
    func limit_outOfRange_isNone(rate: Int, burst: Int) {
        #expect(RateLimit(requestsPerMinute: rate, burst: burst) == nil)
    }

    @Test func burst_leftOut_isAMinutesWorth() throws {
        #expect(try limit(600).burst == 600)
    }

    @Test func freshBucket_letsTheBurstThroughAndThenTheRate() throws {
        let limit = try limit(60, burst: 3)
        var bucket = RateBucket()
        var outcomes: [Int] = []
        for now in [100, 100, 100, 100, 101, 101, 105, 105, 105, 105] as [UInt64] {
            switch bucket.decide(limit, now: now * second) {
            case .allowed(let next, let standing):
                bucket = next
                outcomes.append(standing.remaining)
            case .limited: outcomes.append(-1)
            }
        }
        #expect(outcomes == [2, 1, 0, -1, 0, -1, 2, 1, 0, -1])
    }

    /// Random limits and arrivals against the naive model.
    @Test func decisions_underRandomLoad_areThoseOfATokenBucket() throws {
        var random = SeededRandom.forTest()
        for round in 0..<200 {
            let limit = try limit(1 + Int(random.next() % 100_000), burst: 1 + Int(random.next() % 50))
            var bucket = RateBucket()
            var model = NaiveBucket(limit)
            var now = random.next() % (1 << 50)
            let pause = 2 * 60_000_000_000 / UInt64(limit.requestsPerMinute) + 1
            for step in 0..<500 {
                now += random.next() % 8 == 0 ? random.next() % (pause * 20) : random.next() % pause
                let expected = model.take(now: now)
                let decision = bucket.decide(limit, now: now)
                if case .allowed(let next, _) = decision { bucket = next }
                guard case .allowed = decision, expected else {
                    if case .limited = decision, !expected { continue }
                    Issue.record(
                        "seed \(random.seed) round \(round) step \(step): \(limit) \(decision), expected \(expected)")
                    return
                }
            }
        }
    }

    /// What a standing says is what happens.
    @Test func standing_underRandomLoad_isTrue() throws {
        var random = SeededRandom.forTest()
        for _ in 0..<2000 {
            let limit = try limit(1 + Int(random.next() % 10_000), burst: 1 + Int(random.next() % 20))
            let now = random.next() % (1 << 50)
            var bucket = RateBucket()
            for _ in 0..<(random.next() % 25) {
                if case .allowed(let next, _) = bucket.decide(limit, now: now) { bucket = next }
            }
            switch bucket.decide(limit, now: now) {
            case .limited(let standing):
                #expect(standing.retryAfterNanos > 0)
                #expect(Self.isAllowed(bucket, limit, now + standing.retryAfterNanos), "seed \(random.seed)")
                #expect(!Self.isAllowed(bucket, limit, now + standing.retryAfterNanos - 1), "seed \(random.seed)")
            case .allowed(var bucket, let standing):
                #expect(Self.burst(bucket, limit, now + standing.resetNanos) == limit.burst, "seed \(random.seed)")
                for _ in 0..<standing.remaining {
                    guard case .allowed(let next, _) = bucket.decide(limit, now: now) else {
                        Issue.record("seed \(random.seed): fewer than \(standing.remaining) remained")
                        return
                    }
                    bucket = next
                }
                #expect(!Self.isAllowed(bucket, limit, now), "seed \(random.seed): more remained")
            }
        }
    }

    private static func isAllowed(_ bucket: RateBucket, _ limit: RateLimit, _ now: UInt64) -> Bool {
        if case .allowed = bucket.decide(limit, now: now) { true } else { false }
    }

    private static func burst(_ bucket: RateBucket, _ limit: RateLimit, _ now: UInt64) -> Int {
        var (bucket, count) = (bucket, 0)
        while case .allowed(let next, _) = bucket.decide(limit, now: now) { (bucket, count) = (next, count + 1) }
        return count
    }

    @Test func bucket_ofASlowLimit_followsTheFastOneAfterOneRequest() throws {
        let slow = try limit(1, burst: 60)
        var bucket = RateBucket()
        while case .allowed(let next, _) = bucket.decide(slow, now: 0) { bucket = next }
        let fast = try limit(60, burst: 2)
        guard case .allowed(let next, let standing) = bucket.decide(fast, now: second) else {
            Issue.record("an hour of the slow limit is still waited for")
            return
        }
        #expect(standing.remaining == 0)
        #expect(!Self.isAllowed(next, fast, second))
        #expect(Self.isAllowed(next, fast, 2 * second))
    }

    @Test func extremes_ofRateBurstAndTime_doNotTrap() throws {
        for limit in [try limit(1, burst: 6_000_000), try limit(6_000_000, burst: 6_000_000), try limit(1, burst: 1)] {
            for now in [0, 1, UInt64(1) << 62] {
                for word in [0, 1, UInt64.max] { _ = RateBucket(word: word).decide(limit, now: now) }
            }
        }
    }

    /// The word in an atomic, shared by threads: exactly the burst gets through.
    @Test func atomicWord_sharedByTasks_letsExactlyTheBurstThrough() async throws {
        let limit = try limit(1, burst: 1000)
        let word = SharedWord()
        let allowed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { (0..<1000).count { _ in word.take(limit) } } }
            return await group.reduce(0, +)
        }
        #expect(allowed == 1000)
    }

    private final class SharedWord: Sendable {
        let word = Atomic<UInt64>(0)

        func take(_ limit: RateLimit) -> Bool {
            var old = word.load(ordering: .relaxed)
            while case .allowed(let next, _) = RateBucket(word: old).decide(limit, now: 5) {
                let (exchanged, original) = word.compareExchange(expected: old, desired: next.word, ordering: .relaxed)
                if exchanged { return true }
                old = original
            }
            return false
        }
    }

    @Test func tighterStanding_isTheOneWithFewerLeft() throws {
        guard case .allowed(let used, let one) = RateBucket().decide(try limit(60, burst: 5), now: 0),
            case .allowed(_, let two) = used.decide(try limit(60, burst: 5), now: 0)
        else {
            Issue.record("a fresh bucket lets requests through")
            return
        }
        #expect(two.isTighter(than: one) && !one.isTighter(than: two) && !one.isTighter(than: one))
    }
}
