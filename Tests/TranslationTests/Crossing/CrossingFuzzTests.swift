// Fuzz of the translations: recorded streams, damaged at random. Nothing may crash or hang, every output is lawful, no way of
// cutting matters, and the bill is that of the stream untranslated.
//
// A failure prints its seed; WEIR_TEST_SEED replays it. `make fuzz` sets WEIR_FUZZ_ROUNDS to ten million and prints what it ran.

import Glibc
import Support
import Testing

@testable import Translation

@Suite struct CrossingFuzzTests {
    /// Enough to reach every state with every kind of damage, in some seconds; or what the environment asks for.
    static let rounds = getenv("WEIR_FUZZ_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 20_000
    /// Halves of the work, each with randomness of its own, for two processors.
    static let lanes = 0..<2

    @Test(arguments: lanes) func damagedStreamsEndLawfullyHoweverTheyAreCut(lane: Int) {
        var random = SeededRandom(seed: SeededRandom.forTest().seed &+ UInt64(lane))
        let rounds = Self.rounds / Self.lanes.count
        let report = CrossingFuzz(reach: .bytes).run(rounds: rounds, &random)
        #expect(report.faults.isEmpty, "seed \(random.seed): \(report.faults)")
        // Every ending must have been met, or the fuzz proves little.
        #expect(report.endings.count >= 5, "seed \(random.seed): \(report.endings)")
        print("fuzz: lane \(lane), seed \(random.seed): \(rounds) damaged streams ended \(report.endings)")
    }

    @Test func whatIsSaidInWholeEventsIsSaidToTheClient() {
        var random = SeededRandom.forTest()
        let report = CrossingFuzz(reach: .events).run(rounds: Self.rounds / 2, &random)
        #expect(report.faults.isEmpty, "seed \(random.seed): \(report.faults)")
    }
}
