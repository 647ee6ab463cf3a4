// Usage and its cost: the only bridge from tokens to money.
//
// For: pricing one attempt from what the vendor reported.
// Refuses: negative counts (callers clamp and flag them), and costs beyond 64 bits.
// Called by: Translation (fills it), Routing (estimates), gatewayd (settlement).

/// Tokens of one attempt in five disjoint buckets.
///
/// The vendors count differently: Anthropic reports cache reads and writes beside `input_tokens`; OpenAI reports cached
/// tokens as a part of `prompt_tokens`. Both are brought into this shape once, so nothing is charged twice or left out.
public struct Usage: Hashable, Sendable {
    /// Input tokens that touched no cache.
    public var uncachedInput: Int64
    /// Input tokens read from the prompt cache.
    public var cacheRead: Int64
    /// Input tokens written to the 5-minute prompt cache.
    public var cacheWrite5m: Int64
    /// Input tokens written to the 1-hour prompt cache.
    public var cacheWrite1h: Int64
    /// Output tokens, reasoning inside.
    public var output: Int64

    public init(
        uncachedInput: Int64 = 0, cacheRead: Int64 = 0, cacheWrite5m: Int64 = 0, cacheWrite1h: Int64 = 0,
        output: Int64 = 0
    ) {
        self.uncachedInput = uncachedInput
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.output = output
    }

    /// All input tokens, saturating at `Int64.max`.
    public var input: Int64 {
        [cacheRead, cacheWrite5m, cacheWrite1h].reduce(uncachedInput) { sum, part in
            let (next, overflow) = sum.addingReportingOverflow(part)
            return overflow ? .max : next
        }
    }
}

extension Usage {
    /// The cost at `prices`: computed exactly in 128 bits and rounded **up** once, to a whole micro-dollar.
    ///
    /// `nil` when a bucket is negative or the cost exceeds `Micros.max`.
    public func costRoundedUp(at prices: PriceList) -> Micros? {
        var total: UInt128 = 0
        let parts: InlineArray<5, (Int64, PricePerMillion)> = [
            (uncachedInput, prices.input), (cacheRead, prices.cacheRead), (cacheWrite5m, prices.cacheWrite5m),
            (cacheWrite1h, prices.cacheWrite1h), (output, prices.output),
        ]
        for index in parts.indices {
            let (tokens, price) = parts[index]
            guard let tokens = UInt128(exactly: tokens) else { return nil }
            total += tokens * UInt128(UInt64(price.micros))
        }
        let micros = (total + (Self.tokensPerPrice - 1)) / Self.tokensPerPrice
        return Int64(exactly: micros).map(Micros.init)
    }

    /// Prices are per this many tokens.
    private static var tokensPerPrice: UInt128 { 1_000_000 }
}
