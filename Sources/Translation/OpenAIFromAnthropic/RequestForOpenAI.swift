// RequestForOpenAI: an Anthropic request as a chat completion.
//
// For: Claude Code and other clients of /v1/messages on models that speak chat completions.
// Refuses: what would change the question when left out: files by id, images for a model without eyes, prefill.
// Called by: RequestTranslation.

import JSON

struct RequestForOpenAI {
    let request: BodyFields
    let summary: RequestSummary
    let traits: UpstreamTraits
    var dropped = DroppedFields()
    var names = ToolNameMap()
    /// Messages while they are gathered, the whole body in the end.
    var out = JSONPieces()

    init(_ request: BodyFields, _ summary: RequestSummary, _ traits: UpstreamTraits) {
        self.request = request
        self.summary = summary
        self.traits = traits
    }

    mutating func translated(_ upstreamModel: String) throws(TranslationRefusal) -> TranslatedRequest {
        guard let asked = summary.maxTokens else { throw .missing("max_tokens") }
        // Clients ask for what Claude can give; OpenAI and DeepSeek refuse more than their model can.
        let longest = min(asked, traits.largestOutput)
        if longest < asked { dropped.note("max_tokens") }
        out.open("{")
        out.member("model") { $0.string(upstreamModel) }
        try writeMessages()
        out.member(traits.outputLimit == .maxTokens ? "max_tokens" : "max_completion_tokens") { $0.integer(longest) }
        try writeTools()
        try writeSampling()
        try writeThinking()
        try writeOutputConfig()
        writeStream()
        noteOthers()
        out.close("}")
        return TranslatedRequest(body: out.bytes, dropped: dropped, names: names)
    }

    /// usage is asked for, or nothing could be billed.
    private mutating func writeStream() {
        guard summary.isStream else { return }
        out.member("stream") { $0.boolean(true) }
        guard traits.takesStreamOptions else { return }
        out.member("stream_options") { $0.object { $0.member("include_usage", true) } }
    }

    /// Fields that mean the same on both sides keep the spelling of their numbers. OpenAI's reasoning models, told by the name
    /// of their limit, take both at 1 only.
    private mutating func writeSampling() throws(TranslationRefusal) {
        let isFixed = traits.outputLimit == .maxCompletionTokens
        for name in ["temperature", "top_p"] as [StaticString] {
            guard let value = request[name] else { continue }
            guard value.kind == .number else { throw .wrongType("\(name)", expected: "a number") }
            if !isFixed {
                out.member(name) { $0.value(value) }
            } else if !value.isOne {
                dropped.note("\(name)")
            }
        }
        guard let stops = request["stop_sequences"] else { return }
        guard stops.kind == .array else { throw .wrongType("stop_sequences", expected: "an array") }
        if !stops.isEmpty { out.member("stop") { $0.value(stops) } }
    }

    /// What this translation reads. Everything else is left out and named: `metadata` too, which tells a vendor's own user and
    /// session to another vendor.
    private static let known: [StaticString] = [
        "model", "messages", "system", "max_tokens", "stream", "temperature", "top_p", "stop_sequences", "tools",
        "tool_choice", "thinking", "output_config", "output_format",
    ]

    private mutating func noteOthers() {
        for (key, value) in request.members where !value.isNull {
            if !Self.known.contains(where: { key == $0 }) { dropped.note("", key) }
        }
    }
}

extension RequestForOpenAI {
    /// Only for upstreams that take `reasoning_effort`; one that does not know the field answers 400.
    private mutating func writeThinking() throws(TranslationRefusal) {
        let config = try request["output_config"]?.fields("output_config")
        let thinking = try request["thinking"]?.fields("thinking")
        if thinking?.holds("type", "disabled") == true { return }
        if let named = try config?.text("effort", "output_config") {
            writeEffort(Effort(named), named: "output_config.effort")
        } else if let budget = thinking?["budget_tokens"]?.integerRoundedUp {
            writeEffort(Effort(budget: budget), named: "thinking")
        }
    }

    private mutating func writeEffort(_ effort: Effort?, named field: String) {
        guard let effort, traits.takesReasoningEffort else { return dropped.note(field) }
        out.member("reasoning_effort") { $0.string(effort.name) }
    }

    /// `output_config.format`, or `output_format` as it was called before.
    private mutating func writeOutputConfig() throws(TranslationRefusal) {
        let config = try request["output_config"]?.fields("output_config")
        for (key, value) in config?.members ?? [] where !value.isNull && !(key == "format") && !(key == "effort") {
            dropped.note("output_config", key)
        }
        let path = config?["format"] != nil ? "output_config.format" : "output_format"
        guard let format = try (config?["format"] ?? request["output_format"])?.fields(path) else { return }
        guard format.holds("type", "json_schema"), let schema = format["schema"], schema.kind == .object else {
            throw .unsayable(path, "must be {\"type\": \"json_schema\", \"schema\": {…}}.")
        }
        let isStrict = ToolSchema.isStrictForOpenAI(schema)
        out.member("response_format") {
            $0.object {
                $0.member("type", "json_schema")
                $0.key("json_schema")
                $0.object {
                    $0.member("name", "answer")
                    $0.key("schema")
                    $0.value(schema)
                    if isStrict { $0.member("strict", true) }
                }
            }
        }
    }
}
