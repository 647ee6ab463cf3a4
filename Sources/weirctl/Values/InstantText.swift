// InstantText: moments as operators type them.
//
// For: `--from`, `--to` (the past) and `--expires` (the future).
// Refuses: dates that do not exist, times without a zone, years outside 1970 to 9999, spans `DurationText` refuses.
// Called by: the commands that take a moment. The clock is an argument.

import Tenancy

/// Reads `now`, `2026-11-21`, `2026-11-21T07:33Z`, `2026-11-21T07:33:00.250+01:00`, and spans such as `24h`.
enum InstantText {
    /// Which way a span points from `now`.
    enum Direction {
        /// `24h` is yesterday.
        case past
        /// `24h` is tomorrow.
        case future
    }

    /// The moment `text` names, or `nil`. A date alone is its first instant in UTC.
    static func parse(_ text: String, now: UnixMillis, spans: Direction) -> UnixMillis? {
        if text == "now" { return now }
        if let span = DurationText.millis(text) {
            return UnixMillis(spans == .past ? now.value - span : now.value + span)
        }
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = parts.first, let day = daysSince1970(date) else { return nil }
        guard parts.count == 2 else { return UnixMillis(day * 86_400_000) }
        return millisOfDay(parts[1]).map { UnixMillis(day * 86_400_000 + $0) }
    }

    private static func daysSince1970(_ text: Substring) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = number(parts[0], digits: 4, 1970...9999) else { return nil }
        guard let month = number(parts[1], digits: 2, 1...12), let day = number(parts[2], digits: 2, 1...31) else {
            return nil
        }
        return CivilDate(year: year, month: month, day: day)?.daysSince1970
    }

    /// `HH:MM[:SS[.fff]]` followed by `Z` or `±HH:MM`, as milliseconds relative to midnight UTC.
    private static func millisOfDay(_ text: Substring) -> Int64? {
        guard let zoneStart = text.firstIndex(where: { "Z+-".contains($0) }) else { return nil }
        guard let zone = zoneMinutes(text[zoneStart...]), let clock = clockMillis(text[..<zoneStart]) else {
            return nil
        }
        return clock - zone * 60_000
    }

    private static func clockMillis(_ text: Substring) -> Int64? {
        let seconds = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let parts = seconds[0].split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3 || (parts.count == 2 && seconds.count == 1) else { return nil }
        guard let hour = number(parts[0], digits: 2, 0...23), let minute = number(parts[1], digits: 2, 0...59) else {
            return nil
        }
        guard let second = parts.count == 3 ? number(parts[2], digits: 2, 0...59) : 0 else { return nil }
        guard let fraction = seconds.count == 2 ? number(seconds[1], digits: 3, 0...999) : 0 else { return nil }
        return ((hour * 60 + minute) * 60 + second) * 1000 + fraction
    }

    private static func zoneMinutes(_ text: Substring) -> Int64? {
        if text == "Z" { return 0 }
        let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard text.first != "Z", parts.count == 2 else { return nil }
        guard let hours = number(parts[0], digits: 2, 0...14), let minutes = number(parts[1], digits: 2, 0...59) else {
            return nil
        }
        return (text.first == "-" ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func number(_ text: Substring, digits: Int, _ range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard let value = Int64(text), range.contains(value) else { return nil }
        return value
    }
}
