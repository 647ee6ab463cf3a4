// CrossingLaws: what holds for the streams we write ourselves, beyond the laws of their dialects.
//
// For: every output of a translated stream. Reads it anew with the plain readers, not with the code under test.
// Called by: CrossingReplay.

import JSON

@testable import Translation

/// Anthropic streams: shapes, delta kinds, no empty deltas, reasons that fit the blocks.
enum AnthropicCrossingLaws {
    static func violations(in stream: [UInt8], _ options: TranslatedStream.Options) -> [String] {
        var state = State(model: options.clientModel)
        for event in NaiveEvent.all(in: stream) { if let json = event.json { state.take(event.name, json) } }
        return state.violations
    }

    private static let deltas = [
        "text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking"),
        "tool_use": ("input_json_delta", "partial_json"),
    ]
    private static let reasons: Set<String> = ["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"]

    private struct State {
        let model: String
        var violations: [String] = []
        private var kind = ""
        private var toolIDs: Set<String> = []

        init(model: String) { self.model = model }

        mutating func take(_ name: String, _ json: JSONValue) {
            switch name {
            case "message_start": start(json["message"])
            case "content_block_start": open(json["content_block"])
            case "content_block_delta": delta(json["delta"])
            case "message_delta": end(json)
            default: break
            }
        }

        private mutating func start(_ message: JSONValue?) {
            if message?["model"]?.string != model { violations.append("another model") }
            if message?["id"]?.string?.hasPrefix("msg_") != true { violations.append("an id without its prefix") }
            if message?["content"]?.elements?.isEmpty != true { violations.append("content in message_start") }
            if message?["role"]?.string != "assistant" { violations.append("no role") }
        }

        private mutating func open(_ block: JSONValue?) {
            kind = block?["type"]?.string ?? ""
            if AnthropicCrossingLaws.deltas[kind] == nil { violations.append("a block of kind \(kind)") }
            if kind == "thinking", block?["signature"]?.string != "" { violations.append("a signature of ours") }
            guard kind == "tool_use" else { return }
            if block?["input"] != .object([]) { violations.append("input in content_block_start") }
            if block?["name"]?.string == nil { violations.append("a tool without a name") }
            let id = block?["id"]?.string ?? ""
            if id.isEmpty { violations.append("a tool without an id") }
            toolIDs.insert(id)
        }

        private mutating func delta(_ delta: JSONValue?) {
            guard let (type, member) = AnthropicCrossingLaws.deltas[kind] else { return }
            if delta?["type"]?.string != type { violations.append("a delta of another kind in \(kind)") }
            if (delta?[member]?.string ?? "").isEmpty { violations.append("an empty delta in \(kind)") }
        }

        private mutating func end(_ json: JSONValue) {
            let reason = json["delta"]?["stop_reason"]?.string ?? ""
            if !AnthropicCrossingLaws.reasons.contains(reason) { violations.append("reason \(reason)") }
            if (reason == "tool_use") && toolIDs.isEmpty { violations.append("tool_use without a tool") }
            if reason == "end_turn" && !toolIDs.isEmpty { violations.append("end_turn with a tool") }
            let isSequence = json["delta"]?["stop_sequence"]?.string != nil
            if isSequence != (reason == "stop_sequence") { violations.append("a stop sequence and another reason") }
            for count in ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"]
            where (json["usage"]?[count]?.integer ?? -1) < 0 { violations.append("no \(count)") }
        }
    }
}

/// OpenAI streams: envelopes, usage members, calls that are whole, reasons that fit the calls.
enum OpenAICrossingLaws {
    static func violations(in stream: [UInt8], _ options: TranslatedStream.Options) -> [String] {
        var state = State(options: options)
        for event in NaiveEvent.all(in: stream) { if let json = event.json { state.take(json) } }
        return state.violations
    }

    private static let reasons: Set<String> = ["stop", "length", "tool_calls", "content_filter"]

    private struct State {
        let options: TranslatedStream.Options
        var violations: [String] = []
        private var arguments: [Int64: String] = [:]

        init(options: TranslatedStream.Options) { self.options = options }

        mutating func take(_ json: JSONValue) {
            guard json["error"] == nil else { return }
            envelope(json)
            let choices = json["choices"]?.elements ?? []
            if let usage = json["usage"] {
                if !options.includesUsage { violations.append("usage nobody asked for") }
                if (usage == .null) == choices.isEmpty { violations.append("usage in the wrong place") }
                if usage != .null, usage["total_tokens"]?.integer == nil { violations.append("usage without a total") }
            } else if options.includesUsage {
                violations.append("no usage member")
            }
            for choice in choices { take(choice: choice) }
        }

        private mutating func envelope(_ json: JSONValue) {
            if json["model"]?.string != options.clientModel { violations.append("another model") }
            if json["object"]?.string != "chat.completion.chunk" { violations.append("another object") }
            if json["created"]?.integer != options.createdSeconds { violations.append("another time") }
            if json["id"]?.string?.hasPrefix("chatcmpl-") != true { violations.append("an id without its prefix") }
        }

        private mutating func take(choice json: JSONValue) {
            if json["index"]?.integer != 0 { violations.append("another choice") }
            for call in json["delta"]?["tool_calls"]?.elements ?? [] {
                let index = call["index"]?.integer ?? -1
                arguments[index, default: ""] += call["function"]?["arguments"]?.string ?? ""
                if call["id"] != nil, call["type"]?.string != "function" { violations.append("a call without a type") }
            }
            guard let reason = json["finish_reason"]?.string else { return }
            if !OpenAICrossingLaws.reasons.contains(reason) { violations.append("reason \(reason)") }
            if reason == "tool_calls", arguments.isEmpty { violations.append("tool_calls without a call") }
            if reason == "stop", !arguments.isEmpty { violations.append("stop with a call") }
            for (index, text) in arguments where text.isEmpty { violations.append("call \(index) without arguments") }
        }
    }
}
