// ChatFromResponses: the members of a Responses request, one after the other, as those of a chat request.
//
// For: ResponsesRequest. Strings, numbers and schemas are copied as they were spelled.
// Refuses: members that need what this gateway does not keep: earlier responses, conversations, prompts, background work.
// Called by: ResponsesRequest.

import JSON

struct ChatFromResponses {
    let request: BodyFields
    /// The upstream's, when the body is for one of OpenAI's dialect.
    let traits: UpstreamTraits?
    var out = JSONPieces()
    var dropped = DroppedFields()
    /// Ids of tool calls that were too long (Y-14).
    var callIDs = ToolNameMap()
    /// Names of custom tools, decoded.
    var customTools: Set<[UInt8]> = []
    /// The assistant's message that is being gathered.
    var turn = AssistantMessage()
    /// What tool results had beside text; it follows in a message of the user.
    var lifted: [ResponsesPart] = []

    init(_ request: BodyFields, _ traits: UpstreamTraits?) {
        self.request = request
        self.traits = traits
    }

    mutating func written() throws(TranslationRefusal) -> ChatRequest {
        try refuseWhatNeedsStorage()
        guard let model = try request.topText("model") else { throw .missing("model") }
        out.open("{")
        out.member("model") { $0.spelled(model) }
        try writeMessages()
        try writeTools()
        try writeText()
        try writeReasoning()
        try writeLimit()
        try writeNumbers()
        try writeNames()
        try writeStream()
        noteOthers()
        out.close("}")
        let context = ResponsesContext(
            echo: ResponsesEcho.members(of: request), customTools: customTools, callIDs: callIDs)
        return ChatRequest(body: out.bytes, dropped: dropped, context: context)
    }
}

extension ChatFromResponses {
    private func refuseWhatNeedsStorage() throws(TranslationRefusal) {
        if request["previous_response_id"] != nil {
            throw .unsayable("previous_response_id", "responses are not stored here; send the earlier items in input.")
        }
        if request["conversation"] != nil {
            throw .unsayable("conversation", "conversations are not stored here; send the earlier items in input.")
        }
        if request["prompt"] != nil {
            throw .unsayable("prompt", "prompts are not stored here; send instructions and input.")
        }
        if let background = request["background"], background.boolean != false {
            throw .unsayable("background", "must be false; answers are not stored here and cannot be fetched later.")
        }
        if request["moderation"] != nil {
            throw .unsayable("moderation", "this gateway does not moderate; leave it out.")
        }
    }

    /// `text`: the format of the answer, and how much it says.
    private mutating func writeText() throws(TranslationRefusal) {
        guard let text = try request["text"]?.fields("text") else { return }
        if let format = try text["format"]?.fields("text.format") { try writeFormat(format) }
        guard let verbosity = try text.text("verbosity", "text"), !(verbosity == "medium") else { return }
        out.member("verbosity") { $0.spelled(verbosity) }
    }

    /// The members of a schema's format stand one level deeper in chat completions.
    private mutating func writeFormat(_ format: BodyFields) throws(TranslationRefusal) {
        let type = try format.requiredText("type", "text.format")
        if type == "text" { return }
        if type == "json_object" {
            return out.member("response_format") { $0.raw(#"{"type":"json_object"}"#) }
        }
        guard type == "json_schema" else {
            throw .unsayable("text.format.type", "must be text, json_object or json_schema.")
        }
        _ = try format.requiredText("name", "text.format")
        guard let schema = format["schema"], schema.kind == .object else {
            throw .wrongType("text.format.schema", expected: "an object")
        }
        out.member("response_format") {
            $0.object {
                $0.member("type", "json_schema")
                $0.key("json_schema")
                $0.object {
                    for name in ["name", "description", "schema", "strict"] as [StaticString] {
                        guard let value = format[name] else { continue }
                        $0.key(name.description)
                        $0.value(value)
                    }
                }
            }
        }
    }

    /// `reasoning`: a summary comes wherever the model's reasoning does, asked for or not.
    private mutating func writeReasoning() throws(TranslationRefusal) {
        guard let reasoning = try request["reasoning"]?.fields("reasoning") else { return }
        if let effort = try reasoning.text("effort", "reasoning") {
            out.member("reasoning_effort") { $0.spelled(effort) }
        }
        let known: [StaticString] = ["effort", "summary", "generate_summary"]
        for (key, value) in reasoning.members where !value.isNull && !known.contains(where: { key == $0 }) {
            dropped.note("reasoning", key)
        }
    }

    /// R-04: under the name the upstream knows.
    private mutating func writeLimit() throws(TranslationRefusal) {
        guard let limit = request["max_output_tokens"] else { return }
        guard limit.kind == .number else { throw .wrongType("max_output_tokens", expected: "an integer") }
        switch (traits ?? UpstreamTraits()).outputLimit {
        case .maxTokens: out.member("max_tokens") { $0.value(limit) }
        case .maxCompletionTokens: out.member("max_completion_tokens") { $0.value(limit) }
        }
    }

    private mutating func writeNumbers() throws(TranslationRefusal) {
        for name in ["temperature", "top_p"] as [StaticString] {
            guard let value = request[name] else { continue }
            guard value.kind == .number else { throw .wrongType("\(name)", expected: "a number") }
            out.member(name) { $0.value(value) }
        }
    }

    /// Whom the request is for. Servers know `user`; its successor is sent under the same name.
    private mutating func writeNames() throws(TranslationRefusal) {
        let user = try request.topText("user")
        let safety = try request.topText("safety_identifier")
        if let name = user ?? safety { out.member("user") { $0.spelled(name) } }
        if user != nil, safety != nil { dropped.note("safety_identifier") }
        if let tier = try request.topText("service_tier"), !(tier == "auto" || tier == "default") {
            out.member("service_tier") { $0.spelled(tier) }
        }
    }

    /// A stream is asked to end with its usage, which `response.completed` tells.
    private mutating func writeStream() throws(TranslationRefusal) {
        guard let stream = request["stream"] else { return }
        guard let isStream = stream.boolean else { throw .wrongType("stream", expected: "true or false") }
        guard isStream else { return }
        out.member("stream") { $0.boolean(true) }
        guard traits?.takesStreamOptions ?? true else { return }
        out.member("stream_options") { $0.raw(#"{"include_usage":true}"#) }
    }
}

extension ChatFromResponses {
    /// What this translation reads, what the answer repeats, and what asks for nothing here: streams are never obfuscated.
    private static let known: [StaticString] = [
        "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "text", "reasoning",
        "max_output_tokens", "temperature", "top_p", "user", "safety_identifier", "service_tier", "stream",
        "stream_options", "metadata", "background",
    ]

    private mutating func noteOthers() {
        for (key, value) in request.members where !value.isNull && !Self.asksForNothing(key, value) {
            if !Self.known.contains(where: { key == $0 }) { dropped.note("", key) }
        }
    }

    /// A field at its default, or one that is met without being asked.
    private static func asksForNothing(_ key: JSONText, _ value: BodyValue) -> Bool {
        if key == "store" { return value.boolean == false }
        if key == "truncation" { return value.text.map { $0 == "disabled" } == true }
        if key == "top_logprobs" { return value.integerRoundedUp == 0 }
        // Reasoning that can come back comes sealed, whether or not it was asked for.
        return key == "include"
            && value.elements.allSatisfy { $0.text.map { $0 == "reasoning.encrypted_content" } == true }
    }
}

extension BodyFields {
    /// A string at the top of a body, where a path is a name.
    func topText(_ key: StaticString) throws(TranslationRefusal) -> JSONText? {
        guard let value = self[key] else { return nil }
        guard let text = value.text else { throw .wrongType("\(key)", expected: "a string") }
        return text
    }
}
