// ISOInstant: ISO 8601 as token endpoints write it.
//
// For: expiries given as a date.
// Refuses: dates that do not exist, years outside 1970 to 9999, week and ordinal dates, times without seconds.
// Called by: Expiry.

import Tenancy

/// Reads `2026-11-21T07:33:00Z`: `T` or a space; any fraction of the second; `Z`, `±HH:MM`, `±HHMM`, `±HH` or no zone at all,
/// which is UTC. A date alone is its first instant.
enum ISOInstant {
    static func parse(_ text: Substring) -> UnixMillis? {
        var rest = Reader(text.utf8)
        guard let day = date(&rest) else { return nil }
        if rest.isAtEnd { return UnixMillis(day * 86_400_000) }
        guard rest.skip("T") || rest.skip("t") || rest.skip(" "), let time = time(&rest) else { return nil }
        guard let zone = zoneMinutes(&rest), rest.isAtEnd else { return nil }
        return UnixMillis(day * 86_400_000 + time - zone * 60_000)
    }

    private static func date(_ rest: inout Reader) -> Int64? {
        guard let year = rest.number(digits: 4), rest.skip("-"), let month = rest.number(digits: 2), rest.skip("-"),
            let day = rest.number(digits: 2), (1970...9999).contains(year)
        else { return nil }
        return CivilDate(year: year, month: month, day: day)?.daysSince1970
    }

    /// Milliseconds since midnight. A leap second is the second after it.
    private static func time(_ rest: inout Reader) -> Int64? {
        guard let hour = rest.number(digits: 2), rest.skip(":"), let minute = rest.number(digits: 2), rest.skip(":"),
            let second = rest.number(digits: 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        let whole = ((hour * 60 + minute) * 60 + second) * 1000
        guard rest.skip(".") || rest.skip(",") else { return whole }
        return rest.thousandths().map { whole + $0 }
    }

    private static func zoneMinutes(_ rest: inout Reader) -> Int64? {
        if rest.isAtEnd || rest.skip("Z") || rest.skip("z") { return 0 }
        let sign: Int64 = rest.skip("-") ? -1 : 1
        guard sign < 0 || rest.skip("+"), let hours = rest.number(digits: 2), hours < 24 else { return nil }
        if rest.isAtEnd { return sign * hours * 60 }
        _ = rest.skip(":")
        guard let minutes = rest.number(digits: 2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}

/// What is left of a text.
private struct Reader {
    private var rest: Substring.UTF8View

    init(_ rest: Substring.UTF8View) { self.rest = rest }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(digits: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// The digits of a fraction, at least one; those after the third say nothing to us.
    mutating func thousandths() -> Int64? {
        guard let first = digit() else { return nil }
        var (value, scale) = (first * 100, Int64(10))
        while let next = digit() {
            value += next * scale
            scale /= 10
        }
        return value
    }

    private mutating func digit() -> Int64? {
        guard let first = rest.first, (0x30...0x39).contains(first) else { return nil }
        rest.removeFirst()
        return Int64(first - 0x30)
    }
}
