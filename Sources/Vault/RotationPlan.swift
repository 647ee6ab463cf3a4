// RotationPlan: everything under an old key comes under the active one, a page at a time, while the store is in use.
//
// For: `weirctl vault rotate`. An envelope names its key, so nothing but where to go on has to be remembered, and
// starting over costs reading only: interrupting it at any point is safe.
// Refuses: to give up for one bad row: what does not open is listed and stays as it is.
// Called by: tokend.

/// One sealed field of a row, as the store has it.
public struct SealedRow: Hashable, Sendable {
    /// The row's number, by which the store is walked in ascending order. Several fields of a row have the same.
    public let number: Int64
    public let place: SealedPlace
    public let envelope: String

    public init(number: Int64, place: SealedPlace, envelope: String) {
        (self.number, self.place, self.envelope) = (number, place, envelope)
    }
}

/// A field to be written: only where it still holds `old`. Where it does not, somebody has sealed it anew meanwhile, under
/// the active key.
public struct Resealing: Hashable, Sendable {
    public let number: Int64
    public let place: SealedPlace
    public let old: String
    public let new: String
}

/// A field that could not be opened.
public struct UnreadableField: Hashable, Sendable {
    public let number: Int64
    public let place: SealedPlace
    public let refusal: EnvelopeRefusal
}

/// What a walk has met so far.
public struct RotationTally: Hashable, Sendable {
    /// Fields that were under the active key already.
    public var current = 0
    /// Fields handed out to be written.
    public var resealed = 0
    /// Fields that could not be opened.
    public var unreadable = 0

    public init() {}

    /// Whether this walk has met nothing under another key. A whole walk without is the proof that older keys can go.
    public var isClean: Bool { resealed == 0 && unreadable == 0 }
}

/// One walk over all sealed rows.
///
/// The store gives pages of whole rows in ascending order, writes what `step` answers in one transaction, and goes on after
/// `position`. An empty page ends the walk. Older keys can leave the configuration once a whole walk was clean.
public struct RotationPlan: Sendable {
    /// Fields a page should have: a transaction of a few milliseconds, so that refreshes get in between.
    public static let pageFields = 256

    private var ring: KeyRing
    /// The last row looked at; the next page begins after it. `nil` before the first.
    public private(set) var position: Int64?
    public private(set) var tally = RotationTally()
    /// Whether the walk has come to its end.
    public private(set) var isFinished = false

    /// A walk to `ring`'s active key, from after `position`, or from the beginning.
    public init(to ring: KeyRing, after position: Int64? = nil) {
        (self.ring, self.position) = (ring, position)
    }

    /// From here on a walk to another ring's active key, when that ring is in force. What came before it is for the next
    /// walk.
    public mutating func turn(to ring: KeyRing) { self.ring = ring }

    /// Looks at one page: what is to be written, and what cannot be opened.
    public mutating func step(
        _ page: [SealedRow], scratch: SecretArena
    ) -> (resealings: [Resealing], unreadable: [UnreadableField]) {
        var (resealings, unreadable): ([Resealing], [UnreadableField]) = ([], [])
        if let first = page.first {
            precondition(position.map { $0 < first.number } ?? true, "a page begins after the one before it")
        }
        for row in page {
            precondition(position.map { $0 <= row.number } ?? true, "the store is walked in ascending order")
            position = row.number
            do throws(EnvelopeRefusal) {
                guard try ring.needsResealing(row.envelope) else {
                    tally.current += 1
                    continue
                }
                let new = try ring.reseal(row.envelope, at: row.place, scratch: scratch)
                resealings.append(Resealing(number: row.number, place: row.place, old: row.envelope, new: new))
            } catch {
                unreadable.append(UnreadableField(number: row.number, place: row.place, refusal: error))
            }
        }
        tally.resealed += resealings.count
        tally.unreadable += unreadable.count
        isFinished = page.isEmpty
        return (resealings, unreadable)
    }
}
