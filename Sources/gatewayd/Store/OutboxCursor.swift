// OutboxCursor: how far the outbox is settled, when settlements are acknowledged in any order.
//
// For: the one number that is persisted: every event up to it is settled with the wallet.
// Refuses: acknowledgements of numbers that were never given out (traps: money would be skipped).
// Called by: StoreWorker.

/// The contiguous settled prefix of the event numbers, and which numbers beyond it are settled already.
struct OutboxCursor: Sendable {
    /// Every event up to this number is settled.
    private(set) var settled: Int64
    /// The highest number given out.
    private(set) var last: Int64
    /// A ring of bits, one per number above `settled`; a power of two wide.
    private var bits: [UInt64]

    /// Numbers the ring holds at first; it doubles when more are outstanding. 131,072 bits are 16 KiB: twice the backlog at
    /// which admission stops (`StoreQueue.backlogMost`).
    static let initialWidth: Int64 = 131_072

    /// A cursor that found `settled` stored and `last` as the highest event.
    init(settled: Int64, last: Int64) {
        precondition(settled <= last, "the stored cursor is ahead of the events")
        self.settled = settled
        self.last = last
        var width = Self.initialWidth
        while width <= last - settled { width *= 2 }
        bits = [UInt64](repeating: 0, count: Int(width / 64))
    }

    /// Events given out and not yet known to be settled, counting settled ones behind an unsettled one.
    var backlog: Int64 { last - settled }

    /// Gives out the numbers up to `newLast`.
    mutating func extend(to newLast: Int64) {
        precondition(newLast >= last, "event numbers only grow")
        last = newLast
        if backlog >= width { widen() }
    }

    /// Notes that `seq` is settled. A second time is nothing new.
    mutating func settle(_ seq: Int64) {
        precondition(seq <= last, "event \(seq) was settled before it was given out")
        guard seq > settled else { return }
        set(seq)
        while settled < last, take(settled + 1) { settled += 1 }
    }

    private var width: Int64 { Int64(bits.count) * 64 }

    private func place(_ seq: Int64) -> (word: Int, bit: UInt64) {
        let index = Int(seq & (width - 1))
        return (index >> 6, 1 << UInt64(index & 63))
    }

    private mutating func set(_ seq: Int64) {
        let (word, bit) = place(seq)
        bits[word] |= bit
    }

    /// Whether `seq` was set; clears it.
    private mutating func take(_ seq: Int64) -> Bool {
        let (word, bit) = place(seq)
        guard bits[word] & bit != 0 else { return false }
        bits[word] &= ~bit
        return true
    }

    private mutating func widen() {
        var old = self
        while width <= backlog { bits = [UInt64](repeating: 0, count: bits.count * 2) }
        // `old` still maps with its narrower ring; the numbers beyond it are new and unset.
        for seq in (settled + 1)...max(settled + 1, min(last, settled + old.width)) where old.take(seq) { set(seq) }
    }
}
