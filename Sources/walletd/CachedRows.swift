// CachedRows: numbered rows kept in memory beside the table they come from.
//
// For: reading accounts and budgets without SQL on the hot path, and writing each touched row once per commit.
// Refuses: nothing.
// Called by: Store.

/// Rows by number: as they are in the file, and as they will be after the commit under way.
struct CachedRows<Row> {
    private struct Slot {
        var kept: Row?
        var now: Row?
        var isTouched = false
    }

    private var slots: [Slot] = []
    /// The numbers of rows changed since the last commit.
    private(set) var touched: [Int] = []

    /// The row of a number; assigning touches it.
    subscript(number: Int32) -> Row? {
        get { Int(number) < slots.count ? slots[Int(number)].now : nil }
        set {
            let index = Int(number)
            if index >= slots.count { slots.append(contentsOf: repeatElement(Slot(), count: index + 1 - slots.count)) }
            slots[index].now = newValue
            guard !slots[index].isTouched else { return }
            slots[index].isTouched = true
            touched.append(index)
        }
    }

    /// The commit succeeded: what is now is what is kept.
    mutating func keep() {
        for index in touched {
            slots[index].kept = slots[index].now
            slots[index].isTouched = false
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// The commit failed: what is kept is what is now.
    mutating func revert() {
        for index in touched {
            slots[index].now = slots[index].kept
            slots[index].isTouched = false
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Every row, in the order of their numbers.
    var all: [Row] { slots.compactMap(\.now) }
}
