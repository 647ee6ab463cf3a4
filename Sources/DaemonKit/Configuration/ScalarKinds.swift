// ScalarKinds: the kinds of scalar every daemon uses: flags, numbers, words, texts.
//
// For: one strict grammar per kind. `yes` is not a flag, `0x10` is not a number, "4" in quotes is text.
// Called by: schemas. Sizes and times are in ScalarKinds+Quantities.swift, paths and addresses in
// ScalarKinds+Places.swift.

extension ScalarKind where Value == Bool {
    /// `true` or `false`, nothing else.
    public static let flag = ScalarKind(
        "true or false", example: false,
        parse: { scalar throws(ConfigReason) in
            guard !scalar.isQuoted, scalar.text == "true" || scalar.text == "false" else {
                throw ConfigReason("expected true or false, found \"\(scalar.excerpt)\"")
            }
            return scalar.text == "true"
        }, render: { $0 ? "true" : "false" })
}

extension ScalarKind where Value == Int {
    /// A whole number in `range`, in plain decimal digits.
    public static func integer(_ range: ClosedRange<Int>) -> ScalarKind {
        let summary = "whole number from \(range.lowerBound) to \(range.upperBound)"
        return ScalarKind(
            summary, example: range.lowerBound,
            parse: { scalar throws(ConfigReason) in
                guard !scalar.isQuoted, let value = Int(scalar.text), String(value) == scalar.text else {
                    throw ConfigReason("expected a \(summary), found \"\(scalar.excerpt)\"")
                }
                guard range.contains(value) else { throw ConfigReason("\(value) is out of range: a \(summary)") }
                return value
            }, render: { String($0) })
    }

    /// A decimal with at most `places` decimals, in `range`; both the value and the range are in units of
    /// 10^-`places`.
    public static func decimal(places: Int, _ range: ClosedRange<Int>) -> ScalarKind {
        let low = Decimal.render(range.lowerBound, places: places)
        let high = Decimal.render(range.upperBound, places: places)
        let decimals = places == 1 ? "one decimal" : "\(places) decimals"
        let summary = "number from \(low) to \(high) with at most \(decimals)"
        return ScalarKind(
            summary, example: range.lowerBound,
            parse: { scalar throws(ConfigReason) in
                guard !scalar.isQuoted, let value = Decimal.parse(scalar.text, places: places) else {
                    throw ConfigReason("expected a \(summary), found \"\(scalar.excerpt)\"")
                }
                guard range.contains(value) else {
                    throw ConfigReason("\(scalar.excerpt) is out of range: a \(summary)")
                }
                return value
            }, render: { Decimal.render($0, places: places) })
    }
}

extension ScalarKind where Value == String {
    /// Text of 1 to `most` bytes without control characters that passes `check`, which returns a reason to refuse it.
    public static func text(
        _ summary: String, most: Int, example: String, check: @escaping @Sendable (String) -> String? = { _ in nil }
    ) -> ScalarKind {
        ScalarKind(
            summary, example: example,
            parse: { scalar throws(ConfigReason) in
                guard !scalar.text.isEmpty else { throw ConfigReason("must not be empty; expected \(summary)") }
                guard scalar.text.utf8.count <= most else { throw ConfigReason("longer than \(most) bytes") }
                guard !scalar.text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
                    throw ConfigReason("control characters are not allowed")
                }
                if let reason = check(scalar.text) { throw ConfigReason(reason) }
                return scalar.text
            }, render: { $0 })
    }
}

extension ScalarKind {
    /// One of a closed list of words.
    public static func word(_ words: [(String, Value)]) -> ScalarKind where Value: Equatable {
        precondition(!words.isEmpty, "a choice has at least one word")
        let summary = words.map(\.0).joined(separator: " or ")
        return ScalarKind(
            summary, example: words[0].1,
            parse: { scalar throws(ConfigReason) in
                guard let word = words.first(where: { $0.0 == scalar.text }) else {
                    throw ConfigReason("expected \(summary), found \"\(scalar.excerpt)\"")
                }
                return word.1
            },
            render: { value in
                guard let word = words.first(where: { $0.1 == value }) else {
                    preconditionFailure("every value of a choice has its word")
                }
                return word.0
            })
    }
}

/// Decimal numbers without floating point.
enum Decimal {
    /// `text` × 10^`places`, or `nil` when it is not a plain non-negative decimal of at most that many decimals.
    static func parse(_ text: String, places: Int) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard !parts[0].isEmpty, parts.count == 1 || !fraction.isEmpty, fraction.utf8.count <= places else {
            return nil
        }
        guard (parts[0] + fraction).utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(parts[0] + fraction + String(repeating: "0", count: places - fraction.utf8.count))
    }

    /// The shortest text for `value` × 10^-`places`.
    static func render(_ value: Int, places: Int) -> String {
        var digits = String(value)
        digits = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let whole = digits.dropLast(places)
        var fraction = digits.suffix(places)
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
    }
}
