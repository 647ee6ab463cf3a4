// UsageFields: one usage object as a vendor sent it, in one vocabulary for both dialects.
//
// For: merging field by field (Y-03) and turning both algebras into Money's disjoint buckets.
// Refuses: counts that cannot be counts. Negative ones become 0, fractions are rounded up, impossible ones count as not
//   reported; each is flagged as odd (B-20).
// Called by: the dialects' event and completion readers, UsageMeter.

import JSON

/// Counts of one usage object; `nil` where the vendor said nothing.
struct UsageFields: Equatable {
    /// `input_tokens` without cached ones, or `prompt_tokens` with them.
    var input: Int64?
    var cacheRead: Int64?
    /// Cache writes of both lifetimes.
    var cacheWrite: Int64?
    var cacheWrite5m: Int64?
    var cacheWrite1h: Int64?
    var output: Int64?
    /// A count was not a plain count.
    var isOdd = false

    /// A hundred times the largest context sold (10 million tokens). A larger number is a fault of the vendor, not a bill.
    static let largest: Int64 = 1_000_000_000

    var isEmpty: Bool { self == UsageFields() }

    /// Reads the count that comes next into `field`; `null` leaves it.
    mutating func read(_ field: WritableKeyPath<UsageFields, Int64?>, _ scanner: inout JSONScanner) throws(JSONFault) {
        self[keyPath: field] = try count(&scanner) ?? self[keyPath: field]
    }

    /// The count that comes next, cleaned; `nil` for `null` and for what is no count.
    private mutating func count(_ scanner: inout JSONScanner) throws(JSONFault) -> Int64? {
        switch try scanner.peek() {
        case .number: break
        case .null:
            try scanner.skip()
            return nil
        default:
            try scanner.skip()
            isOdd = true
            return nil
        }
        switch try scanner.number().integer {
        case .exact(let value) where (0...Self.largest).contains(value): return value
        case .exact(let value), .roundedUp(let value): return odd(value)
        case .tooLarge(let isNegative): return odd(isNegative ? -1 : .max)
        }
    }

    private mutating func odd(_ value: Int64) -> Int64? {
        isOdd = true
        return value <= Self.largest ? max(value, 0) : nil
    }

    /// Takes over what `later` reports: counts are cumulative, the last word wins field by field (Y-03, X-20).
    mutating func merge(_ later: UsageFields) {
        input = later.input ?? input
        cacheRead = later.cacheRead ?? cacheRead
        cacheWrite = later.cacheWrite ?? cacheWrite
        cacheWrite5m = later.cacheWrite5m ?? cacheWrite5m
        cacheWrite1h = later.cacheWrite1h ?? cacheWrite1h
        output = later.output ?? output
        isOdd = isOdd || later.isOdd
    }
}
