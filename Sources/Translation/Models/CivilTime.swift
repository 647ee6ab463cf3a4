// CivilTime: seconds since 1970 as RFC 3339 text in UTC.
//
// For: `created_at` in Anthropic's model list.
// Refuses: nothing; the years 0000 … 9999 have four digits.
// Called by: ModelList.

struct CivilTime: CustomStringConvertible {
    private let seconds: Int64

    init(_ seconds: Int64) { self.seconds = seconds }

    /// Days to year, month, day in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date
    /// algorithms", civil_from_days): years begin in March, eras have 146,097 days.
    var description: String {
        let (days, time) = Self.floorDivide(seconds, 86_400)
        let (era, dayOfEra) = Self.floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * march + 2) / 5 + 1
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let clock = [time / 3600, time / 60 % 60, time % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T\(clock)Z"
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
        let rest = (value % by + by) % by
        return ((value - rest) / by, rest)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(width - text.utf8.count, 0)) + text
    }
}
