// Estimate: what a request may cost at worst, before it is sent.
//
// For: the size of the hold. It is an upper bound: the dearest input tier (a write to the 1-hour cache), the dearest
// host of the plan, the longest answer for every choice. What is not spent comes back at settlement.
// Refuses: requests for no output, or for more choices than `choicesMost`; bounds beyond 64 bits.
// Called by: gatewayd (RequestPipeline).

public import Money

/// What is known of a request's size from one pass over its body.
public struct RequestSize: Hashable, Sendable {
    /// Bytes of text: messages, system prompt, tool definitions.
    public var textBytes: Int
    /// Images and documents.
    public var attachments: Int
    /// Bytes of attachments that came along, as encoded in the body.
    public var attachmentBytes: Int
    /// The longest answer asked for, in tokens; `nil` when the client left it open.
    public var requestedOutput: Int64?
    /// Answers asked for.
    public var choices: Int

    public init(textBytes: Int, attachments: Int, attachmentBytes: Int, requestedOutput: Int64?, choices: Int) {
        self.textBytes = textBytes
        self.attachments = attachments
        self.attachmentBytes = attachmentBytes
        self.requestedOutput = requestedOutput
        self.choices = choices
    }
}

/// How bytes are taken for tokens.
public struct EstimateTuning: Hashable, Sendable {
    /// Bytes of text per token, in tenths, at least 1. English prose has about 4, code and JSON 2.5 to 3, Chinese 2
    /// to 3.
    public var textBytesPerTokenTenths: Int
    /// Bytes of an encoded attachment per token, in tenths, at least 1. A PDF page of 40 kB costs vendors' clients up
    /// to 3,000 tokens.
    public var attachmentBytesPerTokenTenths: Int
    /// Tokens of an attachment beside its bytes. The largest image any vendor takes whole is charged at just under
    /// 5,000.
    public var tokensPerAttachment: Int
    /// Tokens a vendor adds to every request: roles, tool preambles.
    public var tokensPerRequest: Int

    /// Two bytes a token over-estimates nearly every real prompt; the over-estimate is held for the length of the
    /// request only.
    public static let standard = EstimateTuning(
        textBytesPerTokenTenths: 20, attachmentBytesPerTokenTenths: 200, tokensPerAttachment: 5000,
        tokensPerRequest: 500)

    public init(
        textBytesPerTokenTenths: Int, attachmentBytesPerTokenTenths: Int, tokensPerAttachment: Int,
        tokensPerRequest: Int
    ) {
        self.textBytesPerTokenTenths = textBytesPerTokenTenths
        self.attachmentBytesPerTokenTenths = attachmentBytesPerTokenTenths
        self.tokensPerAttachment = tokensPerAttachment
        self.tokensPerRequest = tokensPerRequest
    }
}

/// An upper bound on one request.
public struct Estimate: Hashable, Sendable {
    /// Input tokens at most; never more than the model's context window.
    public let inputTokens: Int64
    /// Output tokens at most, all choices together.
    public let outputTokens: Int64
    /// The cost at most.
    public let amount: Micros

    /// More than any client library asks for; each choice is a whole answer's worth of money.
    public static let choicesMost = 16

    /// The bound for a request of `size` under `plan`; `nil` when it asks for no output or too many choices, or costs
    /// beyond 64 bits.
    public init?(_ size: RequestSize, _ plan: AttemptPlan, _ tuning: EstimateTuning) {
        let longest = min(size.requestedOutput ?? plan.model.maxOutputTokens, plan.model.maxOutputTokens)
        guard longest >= 1, (1...Self.choicesMost).contains(size.choices) else { return nil }
        let (output, overflow) = longest.multipliedReportingOverflow(by: Int64(size.choices))
        if overflow { return nil }
        self.init(plan, input: Self.inputTokens(size, plan, tuning), output: output)
    }

    private init?(_ plan: AttemptPlan, input: Int64, output: Int64) {
        var dearest = Micros.zero
        for attempt in plan.attempts {
            guard let cost = Self.cost(input, output, attempt.prices) else { return nil }
            dearest = max(dearest, cost)
        }
        inputTokens = input
        outputTokens = output
        amount = dearest
    }

    /// A vendor refuses what exceeds the context window, so no more than that is ever charged.
    private static func inputTokens(_ size: RequestSize, _ plan: AttemptPlan, _ tuning: EstimateTuning) -> Int64 {
        let text = tokens(size.textBytes, tuning.textBytesPerTokenTenths)
        let attached = tokens(size.attachmentBytes, tuning.attachmentBytesPerTokenTenths)
        let counted = saturatingProduct(size.attachments, tuning.tokensPerAttachment)
        let total = [attached, counted, Int64(max(0, tuning.tokensPerRequest))].reduce(text, saturatingSum)
        return min(total, plan.model.contextWindow)
    }

    private static func tokens(_ bytes: Int, _ bytesPerTokenTenths: Int) -> Int64 {
        let divisor = Int64(max(1, bytesPerTokenTenths))
        let (tenths, overflow) = Int64(max(0, bytes)).multipliedReportingOverflow(by: 10)
        return overflow ? .max : tenths / divisor + (tenths % divisor == 0 ? 0 : 1)
    }

    private static func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private static func saturatingProduct(_ left: Int, _ right: Int) -> Int64 {
        let (product, overflow) = Int64(max(0, left)).multipliedReportingOverflow(by: Int64(max(0, right)))
        return overflow ? .max : product
    }

    private static func cost(_ input: Int64, _ output: Int64, _ prices: PriceList) -> Micros? {
        let worst = PriceList(
            input: prices.dearestInput, cacheRead: .free, cacheWrite5m: .free, cacheWrite1h: .free,
            output: prices.output)
        return Usage(uncachedInput: input, output: output).costRoundedUp(at: worst)
    }
}
