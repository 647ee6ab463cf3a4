// SlotTable: calls in flight, found by index.
//
// For: both sides' tables of open calls. An index is reused; whoever kept one checks the entry it finds.
// Refuses: entries beyond its capacity (`insert` gives nil).
// Called by: Multiplexer, PeerConnection.

/// A table of at most `capacity` entries with stable indices, constant-time insertion and removal.
struct SlotTable<Entry> {
    let capacity: Int
    private var entries: ContiguousArray<Entry?> = []
    private var free: ContiguousArray<Int32> = []
    private(set) var count = 0

    init(capacity: Int) { self.capacity = capacity }

    /// The index where the next insertion goes, `nil` when the table is full.
    var nextIndex: Int? {
        if let index = free.last { return Int(index) }
        return entries.count < capacity ? entries.count : nil
    }

    /// Puts `entry` at `nextIndex` and tells where; `nil` when the table is full.
    mutating func insert(_ entry: Entry) -> Int? {
        guard let index = nextIndex else { return nil }
        if free.isEmpty {
            entries.append(entry)
        } else {
            free.removeLast()
            entries[index] = entry
        }
        count += 1
        return index
    }

    /// The entry at `index`, `nil` when there is none.
    subscript(_ index: Int) -> Entry? {
        get { index < entries.count ? entries[index] : nil }
        set {
            precondition(newValue != nil && entries[index] != nil, "a slot is changed only while it is taken")
            entries[index] = newValue
        }
    }

    /// Takes the entry at `index` out.
    mutating func remove(_ index: Int) -> Entry? {
        guard index < entries.count, let entry = entries[index] else { return nil }
        entries[index] = nil
        free.append(Int32(index))
        count -= 1
        return entry
    }

    /// The indices in use whose entries satisfy `predicate`, lowest first. Walks the whole table: for rare events.
    func indices(where predicate: (Entry) -> Bool) -> [Int] {
        entries.indices.filter { index in entries[index].map(predicate) ?? false }
    }

    /// The least of `value` over all entries.
    func least<Value: Comparable>(_ value: (Entry) -> Value) -> Value? {
        var least: Value?
        for entry in entries {
            guard let entry else { continue }
            let candidate = value(entry)
            if least.map({ candidate < $0 }) ?? true { least = candidate }
        }
        return least
    }
}
