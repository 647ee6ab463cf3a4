// UsageRange: the time a usage question covers, in the spans that rollups exist in.
//
// For: answering a month from its days and the hours around them.
// Refuses: empty ranges, ranges beyond `longest`, times before 1970 or after the year 9999.
// Called by: Store+UsageQuestions, Service+Reports, Endpoints/Account, Endpoints/Keys. Pure.

import Tenancy

/// Whole hours that a usage question covers.
struct UsageRange: Hashable, Sendable {
    /// Hours since 1970, `from ..< to`.
    let from: Int64
    let to: Int64

    /// 400 days: a year and the month before it.
    static let longest: Int64 = 400 * 24

    /// The hours touched by `from ..< to`, or `nil` when that is empty or too long.
    init?(from: UnixMillis, to: UnixMillis) {
        guard from.value >= 0, from < to, to.value <= Self.latest else { return nil }
        self.from = from.hoursSince1970
        self.to = UnixMillis(to.value - 1).hoursSince1970 + 1
        guard self.to - self.from <= Self.longest else { return nil }
    }

    /// The hours from the first of the month of `now`, UTC, up to and with the current one.
    init(monthToDate now: UnixMillis) {
        let hour = now.hoursSince1970
        let day = RollupSpan.day.start(of: hour) / 24
        from = (day - (CivilDate(daysSince1970: day).day - 1)) * 24
        to = hour + 1
    }

    private init(hours: Range<Int64>) {
        from = hours.lowerBound
        to = hours.upperBound
    }

    /// The year 9999: later numbers are mistakes.
    private static let latest: Int64 = 253_402_300_800_000

    /// The same hours as whole days in the middle and single hours around them, in order, without empty parts.
    var parts: [(span: RollupSpan, range: UsageRange)] {
        let firstDay = RollupSpan.day.start(of: from + 23)
        let lastDay = RollupSpan.day.start(of: to)
        guard firstDay < lastDay else { return [(.hour, self)] }
        let parts: [(RollupSpan, Range<Int64>)] = [
            (.hour, from..<firstDay), (.day, firstDay..<lastDay), (.hour, lastDay..<to),
        ]
        return parts.filter { !$0.1.isEmpty }.map { (span: $0.0, range: UsageRange(hours: $0.1)) }
    }
}
