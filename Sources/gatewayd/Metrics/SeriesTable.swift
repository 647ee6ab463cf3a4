// SeriesTable: sums by labels that are only known at run time, a bounded number of them.
//
// For: metrics by provider and model. Traffic comes in runs of one host, so the row before is looked at first.
// Refuses: more rows than its bound; what is beyond is summed in one row of its own.
// Called by: UsageMeter. Pure.

struct SeriesTable<Key: Hashable & Sendable, Sums: Sendable>: Sendable {
    private(set) var rows: [(key: Key, sums: Sums)] = []
    private var places: [Key: Int] = [:]
    private var last = 0
    private let most: Int
    /// What everything beyond the bound counts as.
    private let other: Key

    /// A table of at most `most` rows, and one for `other`.
    init(most: Int, other: Key) {
        self.most = most
        self.other = other
    }

    /// Lets `body` change the sums of `key`, which begin as `none`.
    mutating func update(_ key: Key, from none: @autoclosure () -> Sums, _ body: (inout Sums) -> Void) {
        if !(last < rows.count && rows[last].key == key) { last = place(of: key, none) }
        body(&rows[last].sums)
    }

    private mutating func place(of key: Key, _ none: () -> Sums) -> Int {
        if let known = places[key] { return known }
        let isFull = rows.count - (places[other] == nil ? 0 : 1) >= most
        if isFull, key != other { return place(of: other, none) }
        rows.append((key, none()))
        places[key] = rows.count - 1
        return rows.count - 1
    }
}
