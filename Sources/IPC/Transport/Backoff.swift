// Backoff: how long to wait before the next attempt to connect.
//
// For: ClientLink. A value: the seed decides the jitter, so that a test can predict it.
// Refuses: nothing.
// Called by: ClientLink.

public import NIOCore

/// Doubling waits with jitter: 10, 20, 40 … 640 ms, then 1 s, each drawn from the upper half of its range, so that a
/// restarted daemon is found within 10 ms to 1 s and its clients do not come all at once.
public struct Backoff: Sendable {
    /// The first wait at its longest.
    public static let shortest = TimeAmount.milliseconds(10)
    /// No wait is longer: "a pause of at most a second" is what clients are promised when walletd restarts.
    public static let longest = TimeAmount.seconds(1)

    private var state: UInt64
    private var attempt = 0

    /// Two links of one process should have different seeds.
    public init(seed: UInt64) { state = seed }

    /// The wait before the next attempt.
    public mutating func next() -> TimeAmount {
        let doubled = Self.shortest.nanoseconds << min(attempt, 20)
        let full = min(doubled, Self.longest.nanoseconds)
        attempt += 1
        return .nanoseconds(full / 2 + Int64(random() % UInt64(full / 2 + 1)))
    }

    /// The connection stood: the next wait is short again.
    public mutating func reset() { attempt = 0 }

    /// SplitMix64 (prng.di.unimi.it): one addition and a mix, good enough for spreading clients.
    private mutating func random() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
