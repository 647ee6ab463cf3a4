// UnixMillis: a wall-clock instant as it is stored and sent.
//
// For: ledger entries, usage events, key expiry.
// Refuses: nothing; reading the clock is somebody else's business.
// Called by: everything that stores a time.

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
public struct UnixMillis: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970.
    public let value: Int64

    @inlinable
    public init(_ value: Int64) { self.value = value }

    @inlinable
    public static func < (left: UnixMillis, right: UnixMillis) -> Bool { left.value < right.value }
}

extension UnixMillis: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds: `2026-11-21T07:33:00.000Z`.
    public var description: String {
        let (day, millis) = value.quotientAndRemainder(flooring: 86_400_000)
        let date = CivilDate(daysSince1970: day)
        let (second, fraction) = (millis / 1000, millis % 1000)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
            + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2)).\(padded(fraction, 3))Z"
    }
}

/// A day of the proleptic Gregorian calendar, by Howard Hinnant's days-from-civil algorithm
/// (howardhinnant.github.io/date_algorithms.html).
public struct CivilDate: Hashable, Sendable {
    public let year: Int64
    /// 1 to 12.
    public let month: Int64
    /// 1 to 31.
    public let day: Int64

    /// The date `days` after 1970-01-01.
    public init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// `nil` when there is no such day.
    public init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), (1...31).contains(day), (-9999...9999).contains(year) else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        // A day that does not exist does not come back as itself.
        guard CivilDate(daysSince1970: daysSince1970) == self else { return nil }
    }

    /// Days from 1970-01-01 to this date: the other direction of the same algorithm (days_from_civil).
    public var daysSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    fileprivate func quotientAndRemainder(flooring divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
