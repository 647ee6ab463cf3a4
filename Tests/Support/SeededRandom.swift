// SeededRandom: the randomness of tests, repeatable from the seed that a failure prints.
//
// For: random load, mutation and fuzz tests. Set WEIR_TEST_SEED to replay one.
// Refuses: nothing; it is not secure and is used in tests only.
// Called by: every test that draws random input.

import Glibc

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
public struct SeededRandom: RandomNumberGenerator, Sendable {
    /// What the sequence began with; print it when a test fails.
    public let seed: UInt64
    private var state: UInt64

    public init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// A new seed, or the one in WEIR_TEST_SEED, so that a failure can be replayed.
    public static func forTest() -> SeededRandom {
        if let text = getenv("WEIR_TEST_SEED"), let seed = UInt64(String(cString: text)) {
            return SeededRandom(seed: seed)
        }
        return SeededRandom(seed: UInt64.random(in: .min ... .max))
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
