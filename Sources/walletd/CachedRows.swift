// CachedRows: numbered rows kept in memory beside the table they come from.
//
// For: reading accounts and budgets without SQL on the hot path, and writing each touched row once per commit.
// Refuses: nothing.
// Called by: Store.

/// Rows by number, as they will be after the commit under way.
struct CachedRows<Row> {
    private var rows: [Row?] = []
    private var isTouched: [Bool] = []
    /// What rows changed since the last commit were before it.
    private var before: [(number: Int, row: Row?)] = []

    /// The row of a number; assigning touches it.
    subscript(number: Int32) -> Row? {
        get { Int(number) < rows.count ? rows[Int(number)] : nil }
        set {
            let index = Int(number)
            grow(to: index + 1)
            if !isTouched[index] {
                isTouched[index] = true
                before.append((index, rows[index]))
            }
            rows[index] = newValue
        }
    }

    /// The numbers of rows changed since the last commit.
    var touched: [Int32] { before.map { Int32($0.number) } }

    /// The commit succeeded: what is now is what is kept.
    mutating func keep() {
        for (number, _) in before { isTouched[number] = false }
        before.removeAll(keepingCapacity: true)
    }

    /// The commit failed: everything is as it was before it.
    mutating func revert() {
        for (number, row) in before { rows[number] = row }
        keep()
    }

    /// Every row, in the order of their numbers.
    var all: [Row] { rows.compactMap(\.self) }

    private mutating func grow(to count: Int) {
        guard count > rows.count else { return }
        rows.append(contentsOf: repeatElement(nil, count: count - rows.count))
        isTouched.append(contentsOf: repeatElement(false, count: count - isTouched.count))
    }
}
