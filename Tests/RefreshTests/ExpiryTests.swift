// Case O-06: what token endpoints say about the end of their tokens, and what is made of it.

import Tenancy
import Testing

@testable import Refresh

@Suite struct ExpiryTests {
    private static let sent = UnixMillis(1_763_710_380_000)  // 2025-11-21T07:33:00Z

    private static func read(
        _ lifetime: AnswerValue, _ end: AnswerValue = .missing, rule: ExpiryRule = .seconds
    ) -> (seconds: Double, source: Expiry.Source) {
        var policy = RefreshPolicy()
        policy.expiry = rule
        let expiry = Expiry.read(lifetime: lifetime, end: end, sent: sent, by: policy)
        return (Double((expiry.instant - sent).value) / 1000, expiry.source)
    }

    @Test(arguments: [
        (ExpiryRule.seconds, AnswerValue.number("3600"), 3600.0, Expiry.Source.stated),
        (.seconds, .string("3600"), 3600, .stated), (.seconds, .string(" 3600 "), 3600, .stated),
        (.seconds, .number("3599.5"), 3599.5, .stated), (.seconds, .number("3.6e3"), 3600, .stated),
        (.milliseconds, .number("3600000"), 3600, .stated), (.milliseconds, .string("3600000"), 3600, .stated),
        (.epochSeconds, .number("1763713980"), 3600, .stated), (.epochSeconds, .string("1763713980"), 3600, .stated),
        (.epochMilliseconds, .number("1763713980000"), 3600, .stated),
        (.iso8601, .string("2025-11-21T08:33:00Z"), 3600, .stated),
        (.iso8601, .string("2025-11-21T09:33:00.250+01:00"), 3600.25, .stated),
        (.iso8601, .number("1763713980"), 3600, .stated), (.iso8601, .number("1763713980000"), 3600, .stated),
        // A date is a date under every rule.
        (.seconds, .string("2025-11-21T08:33:00Z"), 3600, .stated),
    ])
    func O06_statedLife_isReadByTheProvidersRule(
        rule: ExpiryRule, value: AnswerValue, seconds: Double, source: Expiry.Source
    ) {
        let expiry = Self.read(value, rule: rule)
        #expect(expiry.seconds == seconds && expiry.source == source)
    }

    @Test(arguments: [
        (AnswerValue.missing, Expiry.Source.assumed), (.string(""), .assumed), (.string("  "), .assumed),
        (.other, .unreadable), (.string("soon"), .unreadable), (.number("nan"), .unreadable),
        (.string("0x10"), .unreadable), (.string("inf"), .unreadable), (.string("2025-13-01"), .unreadable),
        (.number("1e999"), .unreadable), (.string(String(repeating: "9", count: 41)), .unreadable),
        (.number("0"), .implausible), (.number("-1"), .implausible), (.number("-3600"), .implausible),
        (.number("1e300"), .implausible), (.number("1763713980"), .implausible),
        (.string("2025-11-21T07:32:59Z"), .implausible), (.string("2045-11-21T07:33:00Z"), .implausible),
        (.number("0.0000001"), .implausible),
    ])
    func O06_lifeThatMakesNoSense_isTheDefaultLifetime(value: AnswerValue, source: Expiry.Source) {
        let expiry = Self.read(value)
        #expect(expiry.seconds == 3600 && expiry.source == source)
    }

    @Test(arguments: [
        ("1", 60.0), ("59", 60), ("60", 60), ("7776000", 7_776_000), ("7776001", 7_776_000), ("31536000", 7_776_000),
    ])
    func O06_lifeBeyondTheBounds_isTakenAsTheBound(value: String, seconds: Double) {
        let expiry = Self.read(.number(value))
        #expect(expiry.seconds == seconds)
        #expect(expiry.source == (Double(value) == seconds ? .stated : .clamped))
    }

    @Test(arguments: [
        (AnswerValue.missing, AnswerValue.number("1763713980"), 3600.0, Expiry.Source.stated),
        (.missing, .number("1763713980000"), 3600, .stated), (.missing, .string("2025-11-21T08:33:00Z"), 3600, .stated),
        (.number("0"), .string("2025-11-21T09:33:00Z"), 7200, .stated),
        // A length does not depend on two clocks: it goes first.
        (.number("1800"), .number("1763713980"), 1800, .stated), (.other, .number("12"), 3600, .implausible),
    ])
    func O06_expiresAt_isUsedWhereTheLifeSaysNothing(
        lifetime: AnswerValue, end: AnswerValue, seconds: Double, source: Expiry.Source
    ) {
        let expiry = Self.read(lifetime, end)
        #expect(expiry.seconds == seconds && expiry.source == source)
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("1970-01-01T00:00:00Z", 0), ("2025-11-21T07:33:00Z", 1_763_710_380_000),
        ("2025-11-21 07:33:00", 1_763_710_380_000), ("2025-11-21t07:33:00z", 1_763_710_380_000),
        ("2025-11-21T07:33:00.5Z", 1_763_710_380_500), ("2025-11-21T07:33:00.123456789Z", 1_763_710_380_123),
        ("2025-11-21T07:33:00,25Z", 1_763_710_380_250), ("2025-11-21T09:03:00+01:30", 1_763_710_380_000),
        ("2025-11-21T09:03:00+0130", 1_763_710_380_000), ("2025-11-21T02:33:00-05", 1_763_710_380_000),
        ("2024-02-29T23:59:60Z", 1_709_251_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func O06_dateOfEveryForm_isItsInstant(text: String, millis: Int64) {
        #expect(ISOInstant.parse(text[...])?.value == millis)
    }

    @Test func O06_dateThatIsCutOrContinued_isNone() {
        let whole = "2025-11-21T07:33:00.250+01:00"
        // Also lawful: the date alone; no zone; two digits of zone; fewer digits of the fraction.
        let lawful: Set = [10, 19, 21, 22, 23, 26, 29]
        for count in 0...whole.utf8.count {
            #expect((ISOInstant.parse(whole.prefix(count)) != nil) == lawful.contains(count), "\(whole.prefix(count))")
        }
        for bad in [
            whole + "0", "2025-02-29", "2025-00-10", "2025-11-31", "1969-12-31", "25-11-21", "2025-11-21T24:00:00Z",
            "2025-11-21T07:60:00Z", "2025-11-21T07:33:61Z", "2025-11-21T07:33Z", "2025-11-21T07:33:00.Z",
            "2025-11-21T07:33:00+24:00", "2025-11-21T07:33:00+01:60", "2025-325", "2025-W47-5", "٢٠٢٥-11-21",
        ] {
            #expect(ISOInstant.parse(bad[...]) == nil, "\(bad)")
        }
    }

    @Test func civilDate_ofEveryDayInEightHundredYears_comesBack() {
        for day in Int64(-146_097)...146_097 {
            let date = CivilDate(daysSince1970: day)
            #expect(CivilDate(year: date.year, month: date.month, day: date.day)?.daysSince1970 == day)
        }
        let missing: [(Int64, Int64, Int64)] = [
            (2025, 2, 29), (1900, 2, 29), (2025, 4, 31), (2025, 0, 1), (2025, 13, 1), (2025, 1, 0),
        ]
        for (year, month, day) in missing {
            #expect(CivilDate(year: year, month: month, day: day) == nil)
        }
    }
}
