// BucketCounts: a histogram that one owner counts in.
//
// For: histograms whose labels are only known at run time.
// Refuses: nothing; sums stay at the largest number.
// Called by: gatewayd's UsageMeter. Pure.

/// Counts of values by size.
public struct BucketCounts: Hashable, Sendable {
    /// One count per bound, and one for what is above all of them.
    public private(set) var counts: [Int]
    public private(set) var sum = 0

    /// Nothing counted yet.
    public init(bounds: [Int]) { counts = Array(repeating: 0, count: bounds.count + 1) }

    /// Counts `value`; `bounds` are those it was made with.
    public mutating func add(_ value: Int, bounds: [Int]) {
        counts[Self.place(of: value, in: bounds)] += 1
        let (next, overflow) = sum.addingReportingOverflow(value)
        sum = overflow ? .max : next
    }

    /// The first bucket whose bound is not below `value`.
    @inlinable
    public static func place(of value: Int, in bounds: [Int]) -> Int {
        var place = 0
        while place < bounds.count, bounds[place] < value { place += 1 }
        return place
    }
}
