// Cooldown: pauses that grow, end, are taken at the vendor's word, and let one request try first.

import Routing
import Support
import Testing

@testable import Routing

private let second: UInt64 = 1_000_000_000

@Suite struct CooldownTests {
    /// Every kind of trouble: each failure in a row doubles the pause up to its longest, and jitter takes at most
    /// half off.
    @Test(
        arguments: [
            (UpstreamTrouble.connect, 500, 15_000), (.timeout, 2000, 20_000), (.serverError, 1000, 20_000),
            (.rateLimited(retryAfterNanos: nil), 500, 8000), (.credentialRefused, 5000, 60_000),
        ] as [(UpstreamTrouble, UInt64, UInt64)])
    func pause_afterFailuresInARow_doublesUpToItsLongest(trouble: UpstreamTrouble, first: UInt64, longest: UInt64) {
        var random = SeededRandom.forTest()
        for jitter in [0, UInt64.max, random.next(), random.next()] {
            var cooldown = Cooldown()
            for failure in 0..<300 as Range<UInt64> {
                cooldown = cooldown.failed(trouble, now: 7 * second, jitter: jitter)
                let full = min(longest, first << min(failure, 20)) * 1_000_000
                let pause = cooldown.remainingNanos(now: 7 * second)
                #expect(full / 2 <= pause && pause <= full, "failure \(failure) jitter \(jitter)")
            }
            #expect(!cooldown.isStated)
        }
    }

    @Test func upstream_thatRecovers_isBackWithinThirtySeconds() {
        for trouble in [UpstreamTrouble.connect, .timeout, .serverError, .rateLimited(retryAfterNanos: nil)] {
            #expect(trouble.pauses.longest < 30_000)
        }
    }

    @Test(arguments: [(2 * second, 2 * second), (287_441 * second, 86_400 * second), (1, 1_000_000), (0, 0)])
    func statedPause_isTakenAsStatedUpToADay(stated: UInt64, pause: UInt64) {
        let cooldown = Cooldown().failed(.rateLimited(retryAfterNanos: stated), now: 5 * second, jitter: .max)
        #expect(cooldown.remainingNanos(now: 5 * second) == pause)
        #expect(cooldown.isStated)
    }

    @Test func statedPause_isNotShortenedByAnotherFailure() {
        let stated = Cooldown().failed(.rateLimited(retryAfterNanos: 60 * second), now: 0, jitter: 0)
        let later = stated.failed(.serverError, now: second, jitter: 0)
        #expect(later.remainingNanos(now: 0) == 60 * second)
        #expect(later.isStated)
    }

    @Test func success_forgetsEverything() {
        let cooldown = Cooldown().failed(.connect, now: 0, jitter: 0).succeeded()
        #expect(cooldown == Cooldown() && cooldown.remainingNanos(now: 0) == 0)
    }

    /// Whatever happens to a word, it stays within its bits.
    @Test func word_underRandomEvents_staysWithinItsBits() {
        var random = SeededRandom.forTest()
        var cooldown = Cooldown()
        var now: UInt64 = 0
        for _ in 0..<20_000 {
            now += random.next() % (10 * second)
            switch random.next() % 8 {
            case 0: cooldown = cooldown.failed(.connect, now: now, jitter: random.next())
            case 1: cooldown = cooldown.failed(.rateLimited(retryAfterNanos: random.next()), now: now, jitter: 0)
            case 2: cooldown = cooldown.onTrial(now: now)
            case 3 where random.next() % 4 == 0: cooldown = cooldown.succeeded()
            default: cooldown = cooldown.failed(.timeout, now: now, jitter: random.next())
            }
            #expect(
                cooldown.word >> 49 == 0 && cooldown.remainingNanos(now: now) <= 86_400 * second, "seed \(random.seed)")
        }
    }
}
