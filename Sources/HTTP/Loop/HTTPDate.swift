// HTTPDate: the Date header's text from Unix seconds.
//
// For: HTTPLoop, once a second.
// Refuses: nothing; years 1970 to 9999 are right (RFC 9110 §5.6.7, IMF-fixdate).
// Called by: HTTPLoop.renewDate.

enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// "Sun, 06 Nov 1994 08:49:37 GMT".
    static func text(unixSeconds: Int) -> [UInt8] {
        let day = unixSeconds / 86_400
        let second = unixSeconds % 86_400
        let date = civil(daysSinceEpoch: day)
        let time = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
        return Array("\(days[day % 7]), \(two(date.day)) \(months[date.month - 1]) \(date.year) \(time) GMT".utf8)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    private static func civil(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
