// StopReason: why an OpenAI answer ended, in Anthropic's words (X-11 … X-14, X-17).
//
// For: the translations to Anthropic.
// Refuses: nothing; what is unknown is an ordinary end.
// Called by: StreamToAnthropic, CompletionToAnthropic.

import JSON

/// What is known about the end of an answer of OpenAI's shape.
struct StopReason {
    private enum Finish { case stop, length, contentFilter, unknown }

    private let finish: Finish
    /// The stop string that was met, spelled, without quotes.
    private let sequence: [UInt8]?

    /// The server gave a reason that nobody knows; it counts as an ordinary end (X-13).
    var isUnknown: Bool { finish == .unknown }

    /// Longest stop string that is told; clients set a few words.
    private static let longestSequence = 4096

    /// Reads a choice's reason; `nil` when it gives none. An empty one is none: some servers send it on every chunk.
    init?(_ parts: ChatParts) {
        guard let reason = parts.finish else { return nil }
        finish = Self.finish(reason)
        sequence = finish == .stop ? Self.sequence(parts.stopSequence) : nil
    }

    /// An answer that ended without a word about it.
    init() {
        finish = .stop
        sequence = nil
    }

    private static func finish(_ reason: JSONText) -> Finish {
        if reason == "stop" || reason == "tool_calls" || reason == "function_call" { return .stop }
        if reason == "length" || reason == "max_tokens" { return .length }
        if reason == "content_filter" { return .contentFilter }
        return .unknown
    }

    /// A stop string, unless a server puts one of the usual reasons in its place.
    private static func sequence(_ text: JSONText?) -> [UInt8]? {
        guard let text, text.spelling.count <= longestSequence else { return nil }
        let isReason =
            text == "stop" || text == "eos" || text == "end_turn" || text == "length" || text == "max_tokens"
            || text == "tool_calls" || text == "tool_use"
        return isReason ? nil : Array(text.spelling)
    }

    /// Appends `"stop_reason":…,"stop_sequence":…`.
    func append(hasTools: Bool, isRefusal: Bool, to out: inout [UInt8]) {
        out.put(#""stop_reason":""#)
        out.put(name(hasTools, isRefusal))
        out.put(#"","stop_sequence":"#)
        guard let sequence, !hasTools, !isRefusal else { return out.put("null") }
        out.put("\"")
        out.append(contentsOf: sequence)
        out.put("\"")
    }

    /// Tools decide between `tool_use` and `end_turn`, whatever the server calls it: a client runs what it was sent (X-11, X-12).
    private func name(_ hasTools: Bool, _ isRefusal: Bool) -> StaticString {
        switch finish {
        case .length: return "max_tokens"
        case .contentFilter: return "refusal"
        case .stop, .unknown:
            if hasTools { return "tool_use" }
            if isRefusal { return "refusal" }
            return sequence == nil ? "end_turn" : "stop_sequence"
        }
    }
}
