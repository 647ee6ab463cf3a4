// What operators type for spans and moments.

import Support
import Tenancy
import Testing

@testable import weirctl

@Suite struct InstantTextTests {
    private let now = UnixMillis(1_795_246_380_000)

    @Test(arguments: [
        ("90s", 90_000), ("15m", 900_000), ("24h", 86_400_000), ("30d", 2_592_000_000), ("2w", 1_209_600_000),
        ("1d12h", 129_600_000), ("1w1d1h1m1s", 694_861_000), ("0s", 0),
    ])
    func durationsAreRead(text: String, millis: Int64) {
        #expect(DurationText.millis(text) == millis)
    }

    @Test(arguments: ["", "5", "d", "-1d", "1.5h", "12h1d", "1d1d", "1y", "1 d", "9999999999s", "999999999w", "٣d"])
    func otherDurationsAreRefused(text: String) {
        #expect(DurationText.millis(text) == nil)
    }

    @Test(arguments: [
        ("1970-01-01", 0), ("1970-01-01T00:00:00.001Z", 1), ("2026-11-21", 1_795_219_200_000),
        ("2026-11-21T07:33Z", 1_795_246_380_000), ("2026-11-21T08:33:00.250+01:00", 1_795_246_380_250),
        ("2026-11-20T23:33:00-08:00", 1_795_246_380_000), ("2028-02-29", 1_835_395_200_000),
    ])
    func datesAreReadInTheirZone(text: String, millis: Int64) {
        #expect(InstantText.parse(text, now: now, spans: .past) == UnixMillis(millis))
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-11-31", "2026-11-21T07:33", "2026-11-21T24:00Z",
        "2026-11-21T07Z",
        "2026-11-21T07:33:00.2Z", "2026-11-21T07:33.250Z", "2026-11-21T07:33ZZ", "2026-11-21T", "26-11-21",
        "1969-12-31",
        "2026-11-21 07:33Z", "yesterday", "2026-1-21", "2026-11-21T07:33+0100",
    ])
    func otherMomentsAreRefused(text: String) {
        #expect(InstantText.parse(text, now: now, spans: .past) == nil)
    }

    @Test func spansPointWhereTheOptionSays() {
        #expect(InstantText.parse("24h", now: now, spans: .past) == UnixMillis(now.value - 86_400_000))
        #expect(InstantText.parse("24h", now: now, spans: .future) == UnixMillis(now.value + 86_400_000))
        #expect(InstantText.parse("now", now: now, spans: .future) == now)
    }

    @Test func everyPrintedInstantIsReadBack() {
        var random = SeededRandom.forTest()
        for _ in 0..<2000 {
            let instant = UnixMillis(Int64.random(in: 0..<253_402_300_800_000, using: &random))
            #expect(
                InstantText.parse(instant.description, now: now, spans: .past) == instant,
                "\(instant), seed \(random.seed)")
        }
    }
}
