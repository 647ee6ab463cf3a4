// UsageReading: an attempt's usage as known at a moment, and what is to be billed for it.
//
// For: settlement (B-10, B-13 … B-16): the vendor's numbers where it gave any, our own count where it did not.
// Refuses: nothing.
// Called by: gatewayd.

public import Money

/// What a vendor has reported and what was seen beside it.
public struct UsageReading: Hashable, Sendable {
    /// Reported tokens; zero where nothing was reported.
    public let usage: Usage
    /// The vendor reported the input, be it zero (B-13).
    public let inputReported: Bool
    /// The vendor reported the output, be it zero. The guess that opens an Anthropic stream is no report.
    public let outputReported: Bool
    /// A count was negative, fractional, impossible or contradicted another, and was put right (B-20).
    public let isOdd: Bool
    /// Bytes of text, reasoning and tool arguments seen. Error text is not in it (B-14).
    public let contentBytes: Int

    public init(usage: Usage, inputReported: Bool, outputReported: Bool, isOdd: Bool, contentBytes: Int) {
        self.usage = usage
        self.inputReported = inputReported
        self.outputReported = outputReported
        self.isOdd = isOdd
        self.contentBytes = contentBytes
    }

    /// The same for an answer that has no output by its nature.
    var withoutOutput: UsageReading {
        UsageReading(
            usage: usage, inputReported: inputReported, outputReported: true, isOdd: isOdd, contentBytes: 0)
    }

    /// English text and code run at three to five bytes a token in the vendors' tokenizers.
    public static let bytesPerToken = 4

    /// What to bill. `complete`: the answer came to its end.
    ///
    /// A missing input is `estimatedInput`. The output of a broken answer, or one whose output was not reported, is the
    /// reported part or our own count of what came, whichever is more.
    public func settled(estimatedInput: Int64, complete: Bool) -> SettledUsage {
        var usage = usage
        if !inputReported { usage.uncachedInput = max(estimatedInput, 0) }
        let outputIsFinal = outputReported && complete
        if !outputIsFinal { usage.output = max(usage.output, countedOutput) }
        return SettledUsage(usage: usage, isEstimated: !inputReported || !outputIsFinal, isOdd: isOdd)
    }

    /// Tokens for the content seen, rounded up.
    private var countedOutput: Int64 { Int64((contentBytes + Self.bytesPerToken - 1) / Self.bytesPerToken) }
}

/// What an attempt is billed for.
public struct SettledUsage: Hashable, Sendable {
    /// The tokens.
    public let usage: Usage
    /// A part of them is our own estimate.
    public let isEstimated: Bool
    /// The vendor's numbers had to be put right.
    public let isOdd: Bool
}
