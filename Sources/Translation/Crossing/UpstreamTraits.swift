// UpstreamTraits: in what an upstream differs from the vendor whose dialect it speaks.
//
// For: the request and answer translations; filled from the catalog, so that a new vendor is a line of configuration.
// Refuses: nothing.
// Called by: gatewayd's catalog (fills), the translations.

/// How one model at one upstream departs from its dialect.
public struct UpstreamTraits: Hashable, Sendable {
    /// The name of the field for the most tokens an answer may have.
    public enum OutputLimitField: UInt8, CaseIterable, Hashable, Sendable {
        /// `max_tokens`: nearly every server.
        case maxTokens
        /// `max_completion_tokens`: OpenAI's own reasoning models, which refuse the other.
        case maxCompletionTokens
    }

    /// What becomes of an assistant's earlier reasoning when the conversation is sent again.
    public enum ReasoningEcho: UInt8, CaseIterable, Hashable, Sendable {
        /// It is left out.
        case none
        /// `reasoning_content` on the assistant's message, as DeepSeek asks for in tool loops.
        case reasoningContent
        /// `reasoning` on the assistant's message, as OpenRouter and vLLM name it.
        case reasoning
    }

    /// How an Anthropic model is told to think.
    public enum Thinking: UInt8, CaseIterable, Hashable, Sendable {
        /// A budget of tokens: models up to 4.5, and those that still take it.
        case budget
        /// `adaptive` with an effort, which newer models take alone.
        case adaptive
    }

    /// OpenAI dialect: how the output limit is named.
    public var outputLimit: OutputLimitField
    /// OpenAI dialect: whether `stream_options` may be sent.
    public var takesStreamOptions: Bool
    /// OpenAI dialect: how earlier reasoning is sent again.
    public var reasoningEcho: ReasoningEcho
    /// OpenAI dialect: whether `reasoning_effort` may be sent.
    public var takesReasoningEffort: Bool
    /// OpenAI dialect: tool calls carry Gemini's thought signatures in `extra_content`, which must come back with their call.
    public var keepsThoughtSignatures: Bool
    /// OpenAI dialect: a tool call may come as text between `<tool_call>` and `</tool_call>` (Qwen and its kin).
    public var writesToolCallsAsText: Bool
    /// Whether the model reads images; `false` refuses them.
    public var readsImages: Bool
    /// Anthropic dialect: how thinking is asked for.
    public var thinking: Thinking
    /// Anthropic dialect: whether `temperature`, `top_p` and `top_k` may be sent; models from 4.7 on answer 400.
    public var takesSampling: Bool
    /// Most tokens the model answers with: what is asked for where an upstream demands a limit and the client gives none, and
    /// the most that is asked for, since upstreams refuse more.
    public var largestOutput: Int64

    /// What is assumed of an upstream about which nothing is written.
    public init(
        outputLimit: OutputLimitField = .maxTokens, takesStreamOptions: Bool = true,
        reasoningEcho: ReasoningEcho = .none, takesReasoningEffort: Bool = false, keepsThoughtSignatures: Bool = false,
        writesToolCallsAsText: Bool = false, readsImages: Bool = true, largestOutput: Int64 = 8192,
        thinking: Thinking = .budget, takesSampling: Bool = true
    ) {
        self.outputLimit = outputLimit
        self.takesStreamOptions = takesStreamOptions
        self.reasoningEcho = reasoningEcho
        self.takesReasoningEffort = takesReasoningEffort
        self.keepsThoughtSignatures = keepsThoughtSignatures
        self.writesToolCallsAsText = writesToolCallsAsText
        self.readsImages = readsImages
        self.largestOutput = largestOutput
        self.thinking = thinking
        self.takesSampling = takesSampling
    }
}
