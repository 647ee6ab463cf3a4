// RequestNumbers: a new identity for every client request.
//
// For: request ids that sort by time, are unique across loops and restarts, and leave four bits to the attempt.
// Refuses: client-supplied ids as identity (case B-26): a repeat or an empty one must not lose a ledger row.
// Called by: Gateway, once a request.

import Tenancy

/// 48 bits of milliseconds and 76 random bits of a generator seeded from the system's secure source. The ids need to be
/// unique, not secret: a key is what authorizes.
struct RequestNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next(at now: UnixMillis) -> RequestID {
        let high = UInt16(truncatingIfNeeded: mix())
        return RequestID(milliseconds: now.value, unique: high, mix() & ~15)
    }

    /// 64 random bits, for jitter.
    mutating func word() -> UInt64 { mix() }

    /// SplitMix64: passes BigCrush, one multiplication chain a number.
    private mutating func mix() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
