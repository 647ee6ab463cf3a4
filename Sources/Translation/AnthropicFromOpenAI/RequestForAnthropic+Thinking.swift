// RequestForAnthropic+Thinking: reasoning effort as thinking, and structured answers.
//
// For. Sources by precedence: `thinking` (Anthropic's own, as some clients send it to any surface),
//   `reasoning` (OpenRouter's), `reasoning_effort`.
// Refuses: thinking in a tool loop whose earlier reasoning came back without its signature.
// Called by: RequestForAnthropic.

import JSON

extension RequestForAnthropic {
    /// What a request asks for.
    private enum Asked {
        case effort(Effort)
        case budget(Int64)
        case adaptive
    }

    /// What is written.
    private enum Form {
        case budget(Int64)
        case adaptive(Effort?)
    }

    /// Writes `thinking` and `output_config`; returns whether the model will think.
    mutating func writeThinking(forcesTool: Bool) throws(TranslationRefusal) -> Bool {
        var form: Form?
        if let (asked, field) = try askedThinking(), try mayThink(field, forcesTool: forcesTool) {
            form = self.form(asked)
            if form == nil { dropped.note(field) }
        }
        var effort: Effort?
        switch form {
        case nil: break
        case .adaptive(let asked):
            effort = asked
            out.member("thinking") { $0.object { $0.member("type", "adaptive") } }
        case .budget(let budget):
            out.member("thinking") {
                $0.object {
                    $0.member("type", "enabled")
                    $0.member("budget_tokens", budget)
                }
            }
        }
        try writeOutputConfig(effort)
        return form != nil
    }

    /// `nil`: there is no room for Anthropic's least.
    private func form(_ asked: Asked) -> Form? {
        switch (asked, traits.thinking) {
        case (.adaptive, _): .adaptive(nil)
        case (.effort(let effort), .adaptive): .adaptive(effort)
        case (.budget(let budget), .adaptive): .adaptive(Effort(budget: budget))
        case (.effort(let effort), .budget): effort.budget(within: longest).map { .budget($0) }
        case (.budget(let budget), .budget): fitting(budget).map { .budget($0) }
        }
    }

    /// Below Anthropic's least it is raised; an answer must have room behind it.
    private func fitting(_ budget: Int64) -> Int64? {
        let raised = max(budget, Effort.smallestBudget)
        let fitted = raised < longest ? raised : longest / 2
        return fitted >= Effort.smallestBudget ? fitted : nil
    }

    /// What is asked for, and the field that says so; `nil` for no thinking.
    private func askedThinking() throws(TranslationRefusal) -> (Asked, field: String)? {
        if let thinking = try request["thinking"]?.fields("thinking") {
            if thinking.holds("type", "adaptive") { return (.adaptive, "thinking") }
            guard thinking.holds("type", "enabled") else { return nil }
            return (.budget(thinking["budget_tokens"]?.integerRoundedUp ?? Effort.smallestBudget), "thinking")
        }
        if let reasoning = try request["reasoning"]?.fields("reasoning") {
            if reasoning["enabled"]?.boolean == false { return nil }
            if let budget = reasoning["max_tokens"]?.integerRoundedUp { return (.budget(budget), "reasoning") }
            if let name = try reasoning.text("effort", "reasoning") { return Self.asked(name, "reasoning") }
            return reasoning["enabled"]?.boolean == true ? (.effort(.medium), "reasoning") : nil
        }
        guard let name = try request.text("reasoning_effort", "body") else { return nil }
        return Self.asked(name, "reasoning_effort")
    }

    /// `none` and `minimal` are less than Anthropic's least: no thinking.
    private static func asked(_ name: JSONText, _ field: String) -> (Asked, field: String)? {
        Effort(name).map { (.effort($0), field) }
    }

    /// Anthropic refuses thinking beside a forced tool, and in a tool loop that did not begin with signed thinking. A client
    /// that keeps no reasoning loses it for this request; one that sends it back without its signature is told so.
    private mutating func mayThink(_ field: String, forcesTool: Bool) throws(TranslationRefusal) -> Bool {
        if toolLoop == .unsigned {
            throw .unsayable(
                "messages",
                "reasoning beside a tool call must come back with its signature: send reasoning_details as they were received, "
                    + "or leave out both reasoning and \(field).")
        }
        guard !forcesTool, toolLoop != .silent else {
            dropped.note(field)
            return false
        }
        return true
    }
}

extension RequestForAnthropic {
    private mutating func writeOutputConfig(_ effort: Effort?) throws(TranslationRefusal) {
        let schema = try answerSchema()
        guard effort != nil || schema != nil else { return }
        out.member("output_config") {
            $0.object {
                if let effort { $0.member("effort", effort.name) }
                guard let schema else { return }
                $0.key("format")
                $0.object {
                    $0.member("type", "json_schema")
                    $0.key("schema")
                    $0.value(schema)
                }
            }
        }
    }

    /// The schema of `response_format`. JSON without a schema has no counterpart.
    private mutating func answerSchema() throws(TranslationRefusal) -> BodyValue? {
        guard let format = try request["response_format"]?.fields("response_format") else { return nil }
        let type = try format.requiredText("type", "response_format")
        if type == "text" { return nil }
        if type == "json_object" {
            dropped.note("response_format")
            return nil
        }
        guard type == "json_schema", let inner = try format["json_schema"]?.fields("response_format.json_schema"),
            let schema = inner["schema"], schema.kind == .object
        else {
            throw .unsayable("response_format", "must be text, json_object, or json_schema with its schema.")
        }
        return schema
    }
}
