// Quantities: durations and sizes with their unit written out.
//
// For: values whose bare number would leave the reader guessing: `30s`, `5m`, `32MiB`.
// Refuses: numbers without a unit, fractions, several units in one value, decimal prefixes (MB) that mean two things.
// Called by: schemas.

extension ScalarKind where Value == Duration {
    /// A duration in `range`: a whole number and one of `ms s m h d`.
    public static func duration(_ range: ClosedRange<Duration>) -> ScalarKind {
        let summary = "duration from \(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound))"
        return ScalarKind(
            summary, example: range.lowerBound,
            parse: { scalar throws(ConfigReason) in
                guard let millis = Quantity.parse(scalar, units: Quantity.timeUnits) else {
                    throw ConfigReason(
                        "expected a \(summary), such as 250ms, 30s, 5m, 1h or 2d; found \"\(scalar.excerpt)\"")
                }
                let value = Duration.milliseconds(millis)
                guard range.contains(value) else {
                    throw ConfigReason("\(scalar.excerpt) is out of range: a \(summary)")
                }
                return value
            }, render: { Quantity.text($0) })
    }
}

extension ScalarKind where Value == Int {
    /// A size in bytes in `range`: a whole number and one of `B KiB MiB GiB`.
    public static func byteCount(_ range: ClosedRange<Int>) -> ScalarKind {
        let low = Quantity.text(range.lowerBound, units: Quantity.sizeUnits)
        let high = Quantity.text(range.upperBound, units: Quantity.sizeUnits)
        let summary = "size from \(low) to \(high)"
        return ScalarKind(
            summary, example: range.lowerBound,
            parse: { scalar throws(ConfigReason) in
                guard let value = Quantity.parse(scalar, units: Quantity.sizeUnits) else {
                    throw ConfigReason(
                        "expected a \(summary), such as 512B, 64KiB or 32MiB; found \"\(scalar.excerpt)\"")
                }
                guard range.contains(value) else {
                    throw ConfigReason("\(scalar.excerpt) is out of range: a \(summary)")
                }
                return value
            }, render: { Quantity.text($0, units: Quantity.sizeUnits) })
    }
}

/// Whole numbers with a unit.
enum Quantity {
    /// Largest first, in milliseconds.
    static let timeUnits: [(suffix: String, size: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]
    /// Largest first, in bytes.
    static let sizeUnits: [(suffix: String, size: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    static func parse(_ scalar: ScalarText, units: [(suffix: String, size: Int)]) -> Int? {
        let digits = scalar.text.prefix { $0.isASCII && $0.isNumber }
        guard !scalar.isQuoted, let number = Int(digits), String(number) == digits else { return nil }
        let suffix = scalar.text.dropFirst(digits.count)
        guard let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: unit.size)
        return overflow ? nil : value
    }

    /// In the largest unit that divides the value.
    static func text(_ value: Int, units: [(suffix: String, size: Int)]) -> String {
        guard value != 0, let unit = units.first(where: { value % $0.size == 0 }) else {
            return "0\(units[units.count - 1].suffix)"
        }
        return "\(value / unit.size)\(unit.suffix)"
    }

    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return text(Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000), units: timeUnits)
    }
}
