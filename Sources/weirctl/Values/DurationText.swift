// DurationText: spans of time as operators type them.
//
// For: `--expires 30d`, `--from 24h`.
// Refuses: empty text, numbers without a unit, unknown units, units out of order, anything beyond `longest`.
// Called by: InstantText.

/// Reads spans such as `90s`, `15m`, `24h`, `30d`, `2w`, `1d12h`.
enum DurationText {
    /// A hundred years: longer spans are typing errors, and shorter ones added to any clock fit 64 bits.
    static let longest: Int64 = 100 * 365 * 86_400_000

    private static let units: [(letter: Character, millis: Int64)] = [
        ("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]

    /// The span in milliseconds, or `nil` when `text` is not one. Units may be joined, largest first, each at most
    /// once.
    static func millis(_ text: String) -> Int64? {
        var rest = text[...]
        var allowed = units[...]
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let part = leadingPart(&rest, &allowed) else { return nil }
            total += part
            guard total <= longest else { return nil }
        }
        return text.isEmpty ? nil : total
    }

    private static func leadingPart(
        _ rest: inout Substring, _ allowed: inout ArraySlice<(letter: Character, millis: Int64)>
    ) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        // Nine digits times the largest unit still fits 64 bits.
        guard (1...9).contains(digits.count), let count = Int64(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        guard let letter = rest.popFirst(), let index = allowed.firstIndex(where: { $0.letter == letter }) else {
            return nil
        }
        defer { allowed = allowed[(index + 1)...] }
        return count * allowed[index].millis
    }
}
