// SlotSizes: how long the slots are that secrets of some length go to.
//
// For: SecretArena. Few enough sizes that their half-empty slabs weigh nothing, many enough that a slot is near its
// secret's length.
// Refuses: nothing; lengths beyond the largest slot have no class.
// Called by: SecretArena.

/// The classes of slots: every 16 bytes up to 256, then eight to each doubling up to 8192. A slot is less than 16 bytes or
/// an eighth longer than its secret. Tokens are 20 to 4000 bytes long.
enum SlotSizes {
    static let step = 16
    static let finest = 256
    static let perDoubling = 8
    /// The longest secret that shares a slab; a longer one has pages of its own, which it at least half fills.
    static let largest = 8192

    /// Every slot length, ascending.
    static let all: [Int] = {
        var sizes = Array(stride(from: step, through: finest, by: step))
        var doubling = finest
        while doubling < largest {
            sizes += (1...perDoubling).map { doubling + doubling / perDoubling * $0 }
            doubling *= 2
        }
        return sizes
    }()

    /// The class whose slots are the shortest that hold `count` bytes; `nil` when it takes pages of its own.
    static func index(for count: Int) -> Int? {
        precondition(count > 0, "a secret has at least one byte")
        if count <= finest { return (count - 1) / step }
        guard count <= largest else { return nil }
        // The doubling that `count` lies above: 256 < count ≤ 512 is the first.
        let power = Int.bitWidth - 1 - (count - 1).leadingZeroBitCount
        let below = 1 << power
        let doublings = power - finest.trailingZeroBitCount
        return finest / step + doublings * perDoubling + (count - 1 - below) / (below / perDoubling)
    }
}
