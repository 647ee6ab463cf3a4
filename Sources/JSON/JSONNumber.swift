// JSONNumber: a number inside a received JSON text, its spelling kept.
//
// For: token counts and limits, which must be exact integers whatever way a vendor writes them.
// Refuses: floating point. A value is an exact integer, a fraction rounded up, or too large.
// Called by: Translation (usage, limits), JSONValue.

/// A number of a JSON text. Valid while the scanned bytes are.
@frozen
public struct JSONNumber {
    @usableFromInline let base: UnsafePointer<UInt8>
    /// Offset of the first byte.
    public let start: Int
    /// Offset behind the last byte.
    public let end: Int

    @inlinable
    init(base: UnsafePointer<UInt8>, start: Int, end: Int) {
        self.base = base
        self.start = start
        self.end = end
    }

    /// The number as it was written.
    @inlinable
    public var spelling: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + start, count: end &- start) }

    /// The value as an integer. `1.0` and `1e3` are exact integers; `0.5` is not.
    @inlinable
    public var integer: JSONInteger {
        // Nearly all numbers are a few plain digits.
        guard end &- start <= 18 else { return decimalInteger() }
        var value: Int64 = 0
        var next = start
        while next < end {
            let digit = base[next] &- UInt8(ascii: "0")
            guard digit < 10 else { return decimalInteger() }
            value = value &* 10 &+ Int64(digit)
            next &+= 1
        }
        return .exact(value)
    }
}

/// What a JSON number is as a 64-bit integer.
@frozen
public enum JSONInteger: Hashable, Sendable {
    /// Exactly this integer.
    case exact(Int64)
    /// Not an integer: the next one above.
    case roundedUp(Int64)
    /// Beyond 64 bits, above or below.
    case tooLarge(isNegative: Bool)
}

extension JSONNumber {
    /// Any spelling: sign, fraction, exponent. Mantissas beyond 38 digits keep their magnitude and count as not exact.
    @usableFromInline
    func decimalInteger() -> JSONInteger {
        var decimal = Decimal()
        var next = start
        if base[next] == UInt8(ascii: "-") {
            decimal.isNegative = true
            next += 1
        }
        while next < end, JSONScanner.isDigit(base[next]) {
            decimal.append(base[next], isFraction: false)
            next += 1
        }
        if next < end, base[next] == UInt8(ascii: ".") {
            next += 1
            while next < end, JSONScanner.isDigit(base[next]) {
                decimal.append(base[next], isFraction: true)
                next += 1
            }
        }
        if next < end { decimal.exponent += exponent(next + 1) }
        return decimal.integer
    }

    /// The written exponent from `from` on, held within ±100,000, which is far outside 64 bits either way.
    private func exponent(_ from: Int) -> Int {
        var next = from
        let isNegative = base[next] == UInt8(ascii: "-")
        if isNegative || base[next] == UInt8(ascii: "+") { next += 1 }
        var value = 0
        while next < end {
            value = min(value * 10 + Int(base[next] - UInt8(ascii: "0")), 100_000)
            next += 1
        }
        return isNegative ? -value : value
    }

    /// mantissa × 10^exponent.
    private struct Decimal {
        var isNegative = false
        var mantissa: UInt128 = 0
        var exponent = 0
        /// Non-zero digits were dropped below the mantissa.
        var isInexact = false

        mutating func append(_ digit: UInt8, isFraction: Bool) {
            let value = UInt128(digit - UInt8(ascii: "0"))
            let (scaled, overflow) = mantissa.multipliedReportingOverflow(by: 10)
            if overflow || scaled > UInt128.max - value {
                isInexact = isInexact || value != 0
                if !isFraction { exponent += 1 }
                return
            }
            mantissa = scaled + value
            if isFraction { exponent -= 1 }
        }

        var integer: JSONInteger {
            if mantissa == 0 { return isInexact ? .roundedUp(isNegative ? 0 : 1) : .exact(0) }
            var whole = mantissa
            var hasRest = isInexact
            var shift = exponent
            while shift < 0, whole > 0 {
                hasRest = hasRest || whole % 10 != 0
                whole /= 10
                shift += 1
            }
            while shift > 0 {
                guard whole <= UInt128(UInt64.max) else { return .tooLarge(isNegative: isNegative) }
                whole *= 10
                shift -= 1
            }
            if hasRest, !isNegative { whole += 1 }
            guard let magnitude = Int64(exactly: whole) else { return .tooLarge(isNegative: isNegative) }
            let value = isNegative ? -magnitude : magnitude
            return hasRest ? .roundedUp(value) : .exact(value)
        }
    }
}
