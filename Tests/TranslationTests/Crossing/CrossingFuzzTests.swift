// Fuzz of the translations: recorded streams, damaged at random. Nothing may crash or hang, every output is lawful, no way of
// cutting matters, and the bill is that of the stream untranslated.
//
// A failure prints its seed; WEIR_TEST_SEED replays it.

import Support
import Testing

@testable import Translation

@Suite struct CrossingFuzzTests {
    /// Enough to reach every state with every kind of damage, in some seconds.
    static let rounds = 20_000

    @Test func damagedStreamsEndLawfullyHoweverTheyAreCut() {
        var random = SeededRandom.forTest()
        let report = CrossingFuzz(reach: .bytes).run(rounds: Self.rounds, &random)
        #expect(report.faults.isEmpty, "seed \(random.seed): \(report.faults)")
        // Every ending must have been met, or the fuzz proves little.
        #expect(report.endings.count >= 5, "seed \(random.seed): \(report.endings)")
    }

    @Test func whatIsSaidInWholeEventsIsSaidToTheClient() {
        var random = SeededRandom.forTest()
        let report = CrossingFuzz(reach: .events).run(rounds: Self.rounds / 2, &random)
        #expect(report.faults.isEmpty, "seed \(random.seed): \(report.faults)")
    }
}
