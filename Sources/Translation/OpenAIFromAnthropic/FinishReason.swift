// FinishReason: why an Anthropic answer ended, in OpenAI's words (Y-10).
//
// For: the translations to OpenAI.
// Refuses: nothing; what is unknown is an ordinary end. Never null, never a word OpenAI does not have.
// Called by: StreamToOpenAI, CompletionToOpenAI.

import JSON

enum FinishReason {
    case stop, length, contentFilter, toolCalls
    /// A word nobody knows.
    case unknown

    /// `model_context_window_exceeded` is a length; `pause_turn`, which only server tools bring, an ordinary end.
    init(_ reason: JSONText) {
        if reason == "max_tokens" || reason == "model_context_window_exceeded" {
            self = .length
        } else if reason == "tool_use" {
            self = .toolCalls
        } else if reason == "refusal" {
            self = .contentFilter
        } else {
            let isEnd = reason == "end_turn" || reason == "stop_sequence" || reason == "pause_turn"
            self = isEnd ? .stop : .unknown
        }
    }

    /// The name for an answer with or without tool calls: clients act on it, so it follows what was sent.
    func name(hasTools: Bool) -> StaticString {
        switch self {
        case .length: "length"
        case .contentFilter: "content_filter"
        case .stop, .toolCalls, .unknown: hasTools ? "tool_calls" : "stop"
        }
    }
}
