// RetryState: the cases T-08 and T-12 to T-15 of failing upstreams.

import Routing
import Support
import Testing

private let second: UInt64 = 1_000_000_000

@Suite struct RetryVerdictTests {
    private func verdicts(_ faults: [(UpstreamFault, left: Int)], jitter: UInt64 = 0) -> [RetryVerdict] {
        var state = RetryState()
        return faults.map { state.decide($0.0, attemptsLeft: $0.left, jitter: jitter) }
    }

    @Test(arguments: [400, 402, 404, 405, 409, 413, 415, 422, 431, 451])
    func requestsOwnFault_isGivenBackAtOnce(status: Int) {
        let fault = UpstreamFault.status(status, retryAfterNanos: nil)
        #expect(fault.trouble == nil)
        #expect(verdicts([(fault, left: 2)]) == [.giveUp])
    }

    @Test(arguments: [
        UpstreamFault.connect, .timeout, .unusable, .status(401, retryAfterNanos: nil),
        .status(403, retryAfterNanos: nil),
        .status(408, retryAfterNanos: nil), .status(429, retryAfterNanos: nil), .status(500, retryAfterNanos: nil),
        .status(529, retryAfterNanos: nil), .status(429, retryAfterNanos: 287_441 * second),
    ])
    func upstreamsTrouble_movesOnToTheNextHost(fault: UpstreamFault) {
        #expect(fault.trouble != nil)
        #expect(verdicts([(fault, left: 1)]) == [.nextAttempt])
    }

    /// T-08: one failover after silence, not a wait on each.
    @Test func silentUpstreams_areWaitedForTwiceAtMost() {
        #expect(verdicts([(.timeout, left: 2), (.timeout, left: 1)]) == [.nextAttempt, .giveUp])
        #expect(
            verdicts([(.timeout, left: 2), (.connect, left: 1), (.timeout, left: 1)]) == [
                .nextAttempt, .nextAttempt, .giveUp,
            ])
    }

    /// T-12: a pause within the budget is waited for; T-13: one beyond is passed on at once.
    @Test func statedPause_isWaitedForWithinTheBudgetOnly() {
        let short = UpstreamFault.status(429, retryAfterNanos: 2 * second)
        #expect(verdicts([(short, left: 0), (short, left: 0)]) == [.again(afterNanos: 2 * second), .giveUp])
        #expect(verdicts([(.status(429, retryAfterNanos: 287_441 * second), left: 0)]) == [.giveUp])
        #expect(verdicts([(.status(429, retryAfterNanos: 3 * second), left: 0)]) == [.again(afterNanos: 3 * second)])
        #expect(verdicts([(.status(429, retryAfterNanos: 3 * second + 1), left: 0)]) == [.giveUp])
    }

    /// T-14: a bare 429 is tried again with growing, jittered pauses: at most four tries within three seconds.
    @Test func bareLimit_isTriedFourTimesWithinThreeSeconds() {
        var random = SeededRandom.forTest()
        let bare = UpstreamFault.status(429, retryAfterNanos: nil)
        for jitter in [0, UInt64.max, random.next(), random.next()] {
            var waited: UInt64 = 0
            let answers = verdicts(Array(repeating: (bare, left: 0), count: 4), jitter: jitter)
            for answer in answers { if case .again(let pause) = answer { waited += pause } }
            #expect(answers.last == .giveUp && answers.count { $0 == .giveUp } == 1, "seed \(random.seed)")
            #expect(waited <= 3 * second, "seed \(random.seed)")
        }
    }

    @Test func lastHost_thatFailsOtherwise_isNotRepeated() {
        for fault in [UpstreamFault.connect, .timeout, .unusable, .status(503, retryAfterNanos: nil)] {
            #expect(verdicts([(fault, left: 0)]) == [.giveUp])
        }
    }

    /// Whatever comes, a request ends within its tries and its waiting.
    @Test func randomFaults_endWithinTheBounds() {
        var random = SeededRandom.forTest()
        for _ in 0..<5000 {
            var state = RetryState()
            var left = Int(random.next() % 3)
            var rounds = 0
            loop: while true {
                rounds += 1
                let fault: UpstreamFault =
                    switch random.next() % 5 {
                    case 0: .connect
                    case 1: .timeout
                    case 2: .status(429, retryAfterNanos: nil)
                    case 3: .status(429, retryAfterNanos: random.next() % (4 * second))
                    default: .status(503, retryAfterNanos: nil)
                    }
                switch state.decide(fault, attemptsLeft: left, jitter: random.next()) {
                case .nextAttempt: left -= 1
                case .again: break
                case .giveUp: break loop
                }
            }
            #expect(rounds <= RetryState.triesMost && state.waitedNanos <= RetryState.waitMost, "seed \(random.seed)")
        }
    }
}
