// TraitSettings: in what a host departs from the dialect it speaks, as the operator wrote it.
//
// For: the `traits:` section of a model's host. A new vendor is lines of configuration, not code.
// Refuses: what is no word of the lists.
// Called by: CatalogReader.

import DaemonKit
import Translation

enum TraitSettings {
    private static let outputLimit = Setting(
        "output_limit",
        .word([
            ("max_tokens", UpstreamTraits.OutputLimitField.maxTokens),
            ("max_completion_tokens", UpstreamTraits.OutputLimitField.maxCompletionTokens),
        ]), default: .maxTokens,
        "openai: the field for the most tokens of an answer; OpenAI's reasoning models take max_completion_tokens alone."
    )
    private static let reasoningEcho = Setting(
        "reasoning_echo",
        .word([
            ("none", UpstreamTraits.ReasoningEcho.none), ("reasoning_content", .reasoningContent),
            ("reasoning", .reasoning),
        ]), default: .none,
        "openai: the field in which earlier reasoning is sent again; DeepSeek asks for reasoning_content in tool loops."
    )
    private static let reasoningEffort = Setting(
        "reasoning_effort", .flag, default: false, "openai: whether reasoning_effort may be sent.")
    private static let thoughtSignatures = Setting(
        "thought_signatures", .flag, default: false,
        "openai: tool calls carry Gemini's thought signatures, which are sent back with their calls.")
    private static let toolCallsAsText = Setting(
        "tool_calls_as_text", .flag, default: false,
        "openai: tool calls may come as text between <tool_call> and </tool_call>, as Qwen writes them.")
    private static let thinking = Setting(
        "thinking",
        .word([("budget", UpstreamTraits.Thinking.budget), ("adaptive", UpstreamTraits.Thinking.adaptive)]),
        default: .budget, "anthropic: whether the model is told to think with a budget of tokens or adaptively.")
    private static let sampling = Setting(
        "sampling", .flag, default: true,
        "anthropic: whether temperature, top_p and top_k may be sent; newer models refuse them.")

    static let section = ConfigSection([
        outputLimit.declaration, reasoningEcho.declaration, reasoningEffort.declaration, thoughtSignatures.declaration,
        toolCallsAsText.declaration, thinking.declaration, sampling.declaration,
    ])

    /// The traits of a host; `capabilities` and `maxOutputTokens` are its model's. A model about whose capabilities nothing is
    /// written may read images.
    static func read(
        _ values: ConfigValues, capabilities: [String], maxOutputTokens: Int64
    ) -> UpstreamTraits {
        UpstreamTraits(
            outputLimit: values[outputLimit], reasoningEcho: values[reasoningEcho],
            takesReasoningEffort: values[reasoningEffort], keepsThoughtSignatures: values[thoughtSignatures],
            writesToolCallsAsText: values[toolCallsAsText],
            readsImages: capabilities.isEmpty || capabilities.contains("vision"), largestOutput: maxOutputTokens,
            thinking: values[thinking], takesSampling: values[sampling])
    }
}
