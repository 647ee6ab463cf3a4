// SecretSlab: some pages cut into slots of one length.
//
// For: SecretArena. Which slots are free is kept beside the pages, not in them, so that a free slot is nothing but zeros.
// Refuses: a slot that is not in use, or was taken again since: a use after release stops the process.
// Called by: SecretArena.

/// Slots of one length on pages of their own.
struct SecretSlab {
    /// Beside each slot: 4 bytes.
    private struct Mark {
        /// Odd while the slot is in use; raised by taking and by releasing.
        var generation: UInt16
        var nextFree: UInt16
    }

    private static let none = UInt16.max

    let pages: SecretPages
    let slotBytes: Int
    /// The class of SlotSizes; `nil` for the pages of one long secret.
    let sizeClass: Int?
    private var marks: [Mark]
    private var firstFree: UInt16
    private(set) var used = 0
    /// Where the arena lists this slab among those of its class with free slots.
    var openPosition: Int?

    /// `era` differs from slab to slab, so that a slot of one that is gone hardly passes for a slot of its successor.
    init(pages: SecretPages, slotBytes: Int, sizeClass: Int?, era: UInt16) {
        (self.pages, self.slotBytes, self.sizeClass) = (pages, slotBytes, sizeClass)
        let slots = min(pages.count / slotBytes, Int(Self.none))
        marks = (1...slots).map { Mark(generation: era << 1, nextFree: $0 < slots ? UInt16($0) : Self.none) }
        firstFree = 0
    }

    var isFull: Bool { firstFree == Self.none }

    /// Takes a free slot; its number and its generation.
    mutating func take() -> (index: UInt16, generation: UInt16) {
        precondition(!isFull, "the arena takes from slabs that have a free slot")
        let index = firstFree
        firstFree = marks[Int(index)].nextFree
        marks[Int(index)].generation &+= 1
        used += 1
        return (index, marks[Int(index)].generation)
    }

    /// Wipes a slot and frees it.
    mutating func release(_ slot: SecretSlot) {
        room(of: slot).wipe()
        marks[Int(slot.index)] = Mark(generation: slot.generation &+ 1, nextFree: firstFree)
        firstFree = slot.index
        used -= 1
    }

    /// The bytes of a slot in use.
    func room(of slot: SecretSlot) -> UnsafeMutableRawBufferPointer {
        precondition(marks[Int(slot.index)].generation == slot.generation, "a slot is not used after its release")
        return UnsafeMutableRawBufferPointer(
            start: pages.base + Int(slot.index) * slotBytes, count: Int(slot.count))
    }
}
