// Amounts as text and their checked arithmetic.

import Testing

@testable import Money

@Suite struct MicrosTests {
    @Test(arguments: [
        ("12", 12_000_000), ("0.10", 100_000), ("-3.000001", -3_000_001), ("0.000001", 1), ("0", 0), ("-0", 0),
        ("9223372036854.775807", Int64.max), ("-9223372036854.775808", Int64.min),
    ])
    func decimalDollarsAreReadExactly(_ text: String, _ micros: Int64) {
        #expect(Micros(dollars: text) == Micros(micros))
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "1.0000001", "1e3", "1,000", " 1", "1 ", "+1", "--1", "0x10", "1.2.3", "NaN",
        "9223372036854.775808", "99999999999999999999", "1.-5", "１",
    ])
    func anythingElseIsRefused(_ text: String) {
        #expect(Micros(dollars: text) == nil)
    }

    @Test(arguments: [
        (Int64(0), "0.00"), (1, "0.000001"), (508, "0.000508"), (-3_100_000, "-3.10"), (12_345_678, "12.345678"),
        (1_000_000, "1.00"), (-1, "-0.000001"), (.min, "-9223372036854.775808"), (.max, "9223372036854.775807"),
    ])
    func amountsPrintAsShortestDollarsWithCents(_ micros: Int64, _ text: String) {
        #expect(Micros(micros).description == text)
        #expect(Micros(dollars: text) == Micros(micros))
    }

    @Test func arithmeticThatDoesNotFitIsNil() {
        #expect(Micros(.max).adding(Micros(1)) == nil)
        #expect(Micros(.min).subtracting(Micros(1)) == nil)
        #expect(Micros(.min).negated == nil)
        #expect(Micros(5).subtracting(Micros(7)) == Micros(-2))
    }
}
