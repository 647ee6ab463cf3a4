// RequestForAnthropic: a chat completion request as one of Anthropic's messages.
//
// For: clients of /v1/chat/completions on Claude.
// Refuses: several choices, audio, the functions of 2023, and what AnthropicAttachment refuses.
// Called by: RequestTranslation.

import JSON

struct RequestForAnthropic {
    let request: BodyFields
    let summary: RequestSummary
    let traits: UpstreamTraits
    var dropped = DroppedFields()
    var names = ToolNameMap()
    var out = JSONPieces()
    /// Blocks of the system prompt, hoisted out of the messages.
    var system = JSONPieces()
    var turn = AnthropicTurn()
    /// What the latest tool call's message carried of its reasoning, while only results came after it.
    var toolLoop: ToolLoop?

    /// The reasoning beside a tool call whose results are being sent.
    enum ToolLoop { case silent, signed, unsigned }

    init(_ request: BodyFields, _ summary: RequestSummary, _ traits: UpstreamTraits) {
        self.request = request
        self.summary = summary
        self.traits = traits
    }

    /// The longest answer: Anthropic demands a number, OpenAI does not. More than the model gives is refused there.
    var longest: Int64 { min(summary.maxTokens ?? traits.largestOutput, traits.largestOutput) }

    mutating func translated(_ upstreamModel: String) throws(TranslationRefusal) -> TranslatedRequest {
        try refuseWhatCannotBeAsked()
        let longest = longest
        if let asked = summary.maxTokens, asked > longest { dropped.note("max_tokens") }
        out.open("{")
        out.member("model") { $0.string(upstreamModel) }
        out.member("max_tokens") { $0.integer(longest) }
        try writeMessages()
        let system = system
        if !system.isEmpty { out.member("system") { $0.list(system) } }
        let choice = try writeTools()
        let thinks = try writeThinking(forcesTool: choice)
        try writeSampling(thinks: thinks)
        try writeOthers()
        if summary.isStream { out.member("stream") { $0.boolean(true) } }
        noteOthers()
        out.close("}")
        return TranslatedRequest(body: out.bytes, dropped: dropped, names: names)
    }

    private func refuseWhatCannotBeAsked() throws(TranslationRefusal) {
        guard summary.choices == 1 else { throw .unsayable("n", "this model gives one answer to a request.") }
        if request["audio"] != nil { throw .unsayable("audio", "this model does not speak.") }
        for modality in request["modalities"]?.elements ?? BodyElements(none: ()) {
            guard let text = modality.text, text == "text" else {
                throw .unsayable("modalities", "this model answers with text alone.")
            }
        }
        if let functions = request["functions"], !functions.isEmpty {
            throw .unsayable("functions", "give tools instead; this form of 2023 cannot be sent to this model.")
        }
    }

    /// What this translation reads, and what asks for nothing that another server would do otherwise.
    private static let known: [StaticString] = [
        "model", "messages", "max_tokens", "max_completion_tokens", "stream", "stream_options", "n", "temperature",
        "top_p",
        "top_k", "stop", "tools", "tool_choice", "parallel_tool_calls", "reasoning_effort", "reasoning", "thinking",
        "response_format", "user", "safety_identifier", "modalities", "audio", "functions", "function_call",
        "cache_control",
    ]

    private mutating func noteOthers() {
        for (key, value) in request.members where !value.isNull && !Self.asksForNothing(key, value) {
            if !Self.known.contains(where: { key == $0 }) { dropped.note("", key) }
        }
    }

    /// A field at its default, which SDKs send without being asked.
    private static func asksForNothing(_ key: JSONText, _ value: BodyValue) -> Bool {
        if key == "logprobs" || key == "store" { return value.boolean == false }
        if key == "frequency_penalty" || key == "presence_penalty" || key == "top_logprobs" {
            return value.integerRoundedUp == 0
        }
        if key == "logit_bias" || key == "metadata" { return value.isEmpty }
        return key == "service_tier" && value.text.map { $0 == "auto" || $0 == "default" } == true
    }
}

extension RequestForAnthropic {
    /// Anthropic's temperature ends at 1. With thinking it takes neither temperature nor top_p nor top_k, and without it its
    /// newer models take only one of the first two, the newest none at all.
    private mutating func writeSampling(thinks: Bool) throws(TranslationRefusal) {
        let top = request["top_p"].flatMap { $0.isOne ? nil : $0 }
        // 1 is what both vendors do without being told, and must not keep top_p away.
        let temperature = request["temperature"].flatMap { top != nil && $0.isOne ? nil : $0 }
        for (name, value) in [("temperature", temperature), ("top_p", top), ("top_k", request["top_k"])] {
            guard let value else { continue }
            guard value.kind == .number else { throw .wrongType(name, expected: "a number") }
            if thinks || !traits.takesSampling || name == "top_p" && temperature != nil {
                if !value.isOne { dropped.note(name) }
            } else if name == "temperature" {
                let isAbove = (value.integerRoundedUp ?? 2) > 1
                if isAbove { dropped.note("temperature") }
                out.member("temperature") { if isAbove { $0.integer(1) } else { $0.value(value) } }
            } else {
                out.member(name == "top_p" ? "top_p" : "top_k") { $0.value(value) }
            }
        }
        try writeStops()
    }

    /// Anthropic refuses stop sequences of white space alone.
    private mutating func writeStops() throws(TranslationRefusal) {
        guard let stop = request["stop"] else { return }
        guard stop.kind == .string || stop.kind == .array else {
            throw .wrongType("stop", expected: "a string or an array of strings")
        }
        var stops = JSONPieces()
        if stop.kind == .string { try gatherStop(stop, &stops) }
        for value in stop.elements { try gatherStop(value, &stops) }
        if !stops.isEmpty { out.member("stop_sequences") { $0.list(stops) } }
    }

    private mutating func gatherStop(_ value: BodyValue, _ stops: inout JSONPieces) throws(TranslationRefusal) {
        guard let text = value.text else { throw .wrongType("stop", expected: "a string or an array of strings") }
        if text.isBlank {
            dropped.note("stop")
        } else {
            stops.element { $0.spelled(text) }
        }
    }

    private mutating func writeOthers() throws(TranslationRefusal) {
        if let cache = request["cache_control"] { out.member("cache_control") { $0.value(cache) } }
        let field: StaticString = request["user"] != nil ? "user" : "safety_identifier"
        guard let user = try request.text(field, "body") else { return }
        guard (1...Self.longestUser).contains(user.decodedCount) else { return dropped.note("user") }
        out.member("metadata") {
            $0.object {
                $0.key("user_id")
                $0.spelled(user)
            }
        }
    }

    /// Anthropic's limit for `metadata.user_id`.
    private static let longestUser = 256
}
