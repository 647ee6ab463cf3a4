// Number: exact integers out of any spelling, without floating point.

import JSON
import Testing

@Suite struct NumberTests {
    private func integer(_ text: String) throws -> JSONInteger {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return try scanner.number().integer
        }
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("7", 7), ("-7", -7), ("1.0", 1), ("1e3", 1000), ("1.5e1", 15), ("100e-2", 1),
        ("12.50e1", 125),
        ("999999999999999999", 999_999_999_999_999_999), ("9223372036854775807", Int64.max),
        ("-9223372036854775807", -Int64.max), ("0e999999999999", 0), ("0.000", 0),
        ("1000000000000000000000e-3", 1_000_000_000_000_000_000),
    ])
    func readsIntegersExactly(_ text: String, _ value: Int64) throws {
        #expect(try integer(text) == .exact(value))
    }

    @Test(arguments: [
        ("0.5", 1), ("1.2", 2), ("-0.5", 0), ("-1.5", -1), ("1e-9", 1), ("1e-999999999", 1),
        ("2.0000000000000000000000000000000000000000000001", 3),
    ])
    func roundsFractionsUp(_ text: String, _ value: Int64) throws {
        #expect(try integer(text) == .roundedUp(value))
    }

    @Test(arguments: [
        ("9223372036854775808", false), ("-9223372036854775809", true), ("1e19", false), ("-1e400", true),
        ("1e999999999999999999999", false), ("123456789012345678901234567890123456789012345678901234567890", false),
    ])
    func tellsWhatDoesNotFit(_ text: String, _ isNegative: Bool) throws {
        #expect(try integer(text) == .tooLarge(isNegative: isNegative))
    }
}
