// UsageMeter: what an answer has used so far, from the vendor's words and from our own count of its output.
//
// For: streams and whole answers of both dialects.
// Refuses: nothing; see UsageFields for odd counts.
// Called by: PassthroughStream, CompletionMeter.

import Money

struct UsageMeter {
    let dialect: Dialect
    private(set) var fields = UsageFields()
    /// The output count is more than the opening guess of an Anthropic `message_start`.
    private(set) var outputIsSpoken = false
    /// Bytes of text, reasoning and tool arguments seen.
    var contentBytes = 0

    init(_ dialect: Dialect) { self.dialect = dialect }

    /// Merges a usage object. `isOpening`: it stood in `message_start`, whose output count is only a beginning.
    mutating func merge(_ later: UsageFields, isOpening: Bool) {
        fields.merge(later)
        if later.output != nil, !isOpening { outputIsSpoken = true }
    }

    var reading: UsageReading {
        let (usage, isConsistent) = dialect == .anthropic ? fields.anthropicUsage : fields.openAIUsage
        return UsageReading(
            usage: usage, inputReported: fields.input != nil, outputReported: outputIsSpoken,
            isOdd: fields.isOdd || !isConsistent, contentBytes: contentBytes)
    }
}
