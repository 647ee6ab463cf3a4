// Prices: what a token of each kind costs.
//
// For: the catalog (per host) and the cost of one request.
// Refuses: negative prices and prices above `PricePerMillion.largest`.
// Called by: Routing (catalog, estimates), gatewayd (settlement).

/// A price in micro-dollars per million tokens.
public struct PricePerMillion: Hashable, Comparable, Sendable {
    /// Micro-dollars per million tokens, `0 ... largest`.
    public let micros: Int64

    /// One million dollars per million tokens: far above every vendor's list, low enough that any 63-bit token count times it
    /// fits 128 bits.
    public static let largest: Int64 = 1_000_000_000_000

    /// A price of nothing.
    public static let free = PricePerMillion(unchecked: 0)

    /// `nil` when negative or above `largest`.
    public init?(micros: Int64) {
        guard (0...Self.largest).contains(micros) else { return nil }
        self.micros = micros
    }

    /// Reads decimal dollars per million tokens such as `3`, `0.30`, `18.75`; at most six decimals.
    public init?(dollars text: String) {
        guard let micros = DecimalText.scaled(text, decimals: 6) else { return nil }
        self.init(micros: micros)
    }

    private init(unchecked micros: Int64) { self.micros = micros }

    public static func < (left: PricePerMillion, right: PricePerMillion) -> Bool { left.micros < right.micros }
}

extension PricePerMillion: CustomStringConvertible {
    /// Decimal dollars per million tokens: `3.00`, `0.30`.
    public var description: String { DecimalText.render(micros, decimals: 6, atLeast: 2) }
}

/// One price for each usage bucket. The buckets are disjoint (see `Usage`), so a token is priced once.
public struct PriceList: Hashable, Sendable {
    /// Input tokens that touched no cache.
    public let input: PricePerMillion
    /// Input tokens read from the vendor's prompt cache.
    public let cacheRead: PricePerMillion
    /// Input tokens written to the 5-minute prompt cache.
    public let cacheWrite5m: PricePerMillion
    /// Input tokens written to the 1-hour prompt cache.
    public let cacheWrite1h: PricePerMillion
    /// Output tokens, reasoning inside.
    public let output: PricePerMillion

    public init(
        input: PricePerMillion, cacheRead: PricePerMillion, cacheWrite5m: PricePerMillion,
        cacheWrite1h: PricePerMillion, output: PricePerMillion
    ) {
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.output = output
    }

    /// The highest of the four input prices: what an input token costs at worst.
    public var dearestInput: PricePerMillion { max(max(input, cacheRead), max(cacheWrite5m, cacheWrite1h)) }
}
