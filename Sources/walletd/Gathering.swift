// Gathering: whether the writer should wait a moment for more before it commits.
//
// For: askers who ask again as soon as they are answered. After a commit they all come back within a moment; a writer that
//     starts at the first of them syncs for a few, makes the rest wait for the next sync, and so keeps them in two halves for
//     ever.
// Refuses: to wait when nobody is expected, when the disk is fast (the halves then overlap well: one is read and answered while
//     the other is synced), or longer than a quarter of what a sync has just cost.
// Called by: Writer.

import NIOCore

struct Gathering {
    /// A quarter: the most that waiting in vain may add to a sync.
    static let partOfSync: Int64 = 4

    /// Syncs that are worth saving: above about 0.3 ms (measured with 256 askers on two processors) one commit for all is faster
    /// than two that overlap. A wait has to be as long as a round trip of the askers, so a few times that.
    static let slowSync = TimeAmount.milliseconds(1)

    /// When waiting ends, however few have come.
    private(set) var until = NIODeadline.uptimeNanoseconds(0)
    /// How many are expected back: those just answered, and those who waited meanwhile.
    private(set) var expected = 0

    /// A commit has ended.
    ///
    /// - Parameters:
    ///   - answered: orders of the commit.
    ///   - waiting: orders that came while it ran.
    ///   - most: orders a commit may have.
    ///   - sync: what making it durable took.
    mutating func note(answered: Int, waiting: Int, most: Int, sync: TimeAmount, now: NIODeadline) {
        expected = min(answered + waiting, most)
        until = sync < Self.slowSync ? now : now + .nanoseconds(sync.nanoseconds / Self.partOfSync)
    }

    /// Whether to wait at `now` while fewer than `expected` are there.
    func isWorthwhile(_ now: NIODeadline) -> Bool { expected > 1 && now < until }
}
