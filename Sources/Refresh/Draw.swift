// Draw: some numbers out of one random word.
//
// For: jitter. An event carries 64 random bits, and what it decides may need two numbers.
// Refuses: nothing.
// Called by: TokenState, RetryWait.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): good enough for spreading.
struct Draw {
    private var state: UInt64

    init(_ word: UInt64) { state = word }

    /// A span from zero up to and including `most`, which is not negative.
    mutating func upTo(_ most: Millis) -> Millis {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Millis(Int64(mixed % UInt64(max(0, most.value) + 1)))
    }
}
