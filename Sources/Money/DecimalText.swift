// DecimalText: decimal numbers as people write them, to and from scaled integers.
//
// For: amounts and prices in configuration files, on command lines and in answers.
// Refuses: exponents, digit separators, missing digits on either side of the point, more decimals than the scale holds.
// Called by: Micros, PricePerMillion.

enum DecimalText {
    /// `text` × 10^`decimals` as an integer, or `nil` when it is not a plain decimal, is finer than the scale, or does not fit.
    static func scaled(_ text: String, decimals: Int) -> Int64? {
        var bytes = Array(text.utf8)[...]
        let negative = bytes.first == UInt8(ascii: "-")
        if negative { bytes = bytes.dropFirst() }
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, parts.count == 1 || !parts[1].isEmpty else { return nil }
        let fraction = parts.count == 2 ? parts[1] : []
        guard fraction.count <= decimals else { return nil }
        let zeros = repeatElement(UInt8(ascii: "0"), count: decimals - fraction.count)
        return accumulate(Array(whole) + Array(fraction) + Array(zeros), negative: negative)
    }

    /// `value` ÷ 10^`decimals` as text with no more decimals than needed and at least `atLeast`.
    static func render(_ value: Int64, decimals: Int, atLeast: Int) -> String {
        var digits = String(value.magnitude)
        if digits.count <= decimals { digits = String(repeating: "0", count: decimals + 1 - digits.count) + digits }
        let point = digits.index(digits.endIndex, offsetBy: -decimals)
        var fraction = digits[point...]
        while fraction.count > atLeast, fraction.last == "0" { fraction.removeLast() }
        let whole = (value < 0 ? "-" : "") + digits[..<point]
        return fraction.isEmpty ? whole : whole + "." + fraction
    }

    private static func accumulate(_ digits: [UInt8], negative: Bool) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let step = Int64(digit - UInt8(ascii: "0"))
            let (scaled, tooLong) = value.multipliedReportingOverflow(by: 10)
            let (next, tooBig) = scaled.addingReportingOverflow(negative ? -step : step)
            if tooLong || tooBig { return nil }
            value = next
        }
        return value
    }
}
