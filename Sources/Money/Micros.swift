// Micros: the one type money has.
//
// For: every amount in the ledger, on the IPC wire, in prices and in answers to clients.
// Refuses: silent overflow, floating point, more decimals than a micro-dollar has.
// Called by: everything that touches money.

/// An amount of money in micro-dollars (1 dollar = 1,000,000), signed.
///
/// Arithmetic is checked: it returns `nil` instead of wrapping, so that the caller must decide what an impossible amount
/// means. The range is that of `Int64`, about ±9.2 trillion dollars.
public struct Micros: Hashable, Comparable, Sendable {
    /// Micro-dollars.
    public let value: Int64

    /// An amount of `value` micro-dollars.
    @inlinable
    public init(_ value: Int64) { self.value = value }

    /// No money.
    public static let zero = Micros(0)
    /// One dollar.
    public static let dollar = Micros(1_000_000)
    /// The largest representable amount.
    public static let max = Micros(.max)

    @inlinable
    public static func < (left: Micros, right: Micros) -> Bool { left.value < right.value }

    /// `self + other`, or `nil` when the sum does not fit 64 bits.
    @inlinable
    public func adding(_ other: Micros) -> Micros? {
        let (sum, overflow) = value.addingReportingOverflow(other.value)
        return overflow ? nil : Micros(sum)
    }

    /// `self - other`, or `nil` when the difference does not fit 64 bits.
    @inlinable
    public func subtracting(_ other: Micros) -> Micros? {
        let (difference, overflow) = value.subtractingReportingOverflow(other.value)
        return overflow ? nil : Micros(difference)
    }

    /// `-self`, or `nil` for the one value that has no negative.
    @inlinable
    public var negated: Micros? { Micros.zero.subtracting(self) }

    /// Whether this is less than nothing.
    @inlinable
    public var isNegative: Bool { value < 0 }
}

extension Micros {
    /// Reads decimal dollars such as `12`, `0.10`, `-3.000001`. At most six decimals, no exponent, no separators, no sign
    /// but a leading minus; `nil` for anything else or when it does not fit.
    public init?(dollars text: String) {
        guard let value = DecimalText.scaled(text, decimals: 6) else { return nil }
        self.init(value)
    }
}

extension Micros: CustomStringConvertible {
    /// Decimal dollars with two to six decimals: `12.00`, `0.000508`, `-3.10`.
    public var description: String { DecimalText.render(value, decimals: 6, atLeast: 2) }
}
