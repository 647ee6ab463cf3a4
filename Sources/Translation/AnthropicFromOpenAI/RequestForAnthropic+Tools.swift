// RequestForAnthropic+Tools: functions as tools, and which of them the model may or must call.
//
// For.
// Refuses: tools that are no functions, and choices among some of the tools.
// Called by: RequestForAnthropic.

import JSON

extension RequestForAnthropic {
    /// Returns whether a call is forced.
    mutating func writeTools() throws(TranslationRefusal) -> Bool {
        var tools = JSONPieces()
        if let list = request["tools"] {
            guard list.kind == .array else { throw .wrongType("tools", expected: "an array") }
            var index = 0
            for tool in list.elements {
                guard index < RequestTranslation.mostTools else {
                    throw .unsayable("tools", "at most \(RequestTranslation.mostTools) tools can be translated.")
                }
                try gather(try tool.fields("tools.\(index)"), "tools.\(index)", &tools)
                index += 1
            }
        }
        if !tools.isEmpty { out.member("tools") { $0.list(tools) } }
        return try writeToolChoice(hasTools: !tools.isEmpty)
    }

    private mutating func gather(
        _ tool: BodyFields, _ path: String, _ tools: inout JSONPieces
    ) throws(TranslationRefusal) {
        guard tool.holds("type", "function") else {
            throw .unsayable("\(path).type", "only functions can be offered to this model.")
        }
        guard let function = try tool["function"]?.fields("\(path).function") else {
            throw .missing("\(path).function")
        }
        let name = ToolName.sent(try function.requiredText("name", "\(path).function"), &names)
        let description = try function.text("description", "\(path).function")
        let schema = try ToolSchema(function["parameters"], "\(path).function.parameters")
        let isStrict = function["strict"]?.boolean == true
        let cache = tool["cache_control"] ?? function["cache_control"]
        tools.element {
            $0.object {
                $0.member("name", name)
                if let description, !description.isEmpty {
                    $0.key("description")
                    $0.spelled(description)
                }
                $0.key("input_schema")
                schema.write(to: &$0)
                if isStrict { $0.member("strict", true) }
                $0.cacheControl(cache)
            }
        }
    }

    /// Anthropic says in one object what OpenAI says in two fields, and takes none of it without tools.
    private mutating func writeToolChoice(hasTools: Bool) throws(TranslationRefusal) -> Bool {
        let choice = try requestedChoice()
        guard hasTools else {
            if choice.forces { throw .unsayable("tool_choice", "forces a tool, and none is offered.") }
            return false
        }
        let isSingle = request["parallel_tool_calls"]?.boolean == false && choice.type != "none"
        guard choice.isGiven || isSingle else { return false }
        out.member("tool_choice") {
            $0.object {
                $0.member("type", choice.type)
                if let name = choice.name { $0.member("name", name) }
                if isSingle { $0.member("disable_parallel_tool_use", true) }
            }
        }
        return choice.forces
    }

    private struct Choice {
        var type = "auto"
        var name: String?
        var isGiven = true
        var forces: Bool { type == "any" || type == "tool" }
    }

    private mutating func requestedChoice() throws(TranslationRefusal) -> Choice {
        guard let value = request["tool_choice"] else { return Choice(isGiven: false) }
        if let word = value.text {
            if word == "auto" { return Choice() }
            if word == "none" { return Choice(type: "none") }
            if word == "required" { return Choice(type: "any") }
            throw .unsayable("tool_choice", "must be auto, none, required or a function.")
        }
        let fields = try value.fields("tool_choice")
        guard fields.holds("type", "function"), let function = try fields["function"]?.fields("tool_choice.function")
        else { throw .unsayable("tool_choice", "must be auto, none, required or a function.") }
        let name = ToolName.sent(try function.requiredText("name", "tool_choice.function"), &names)
        return Choice(type: "tool", name: name)
    }
}

extension JSONWriter {
    /// Clients that know they speak to Claude mark what to cache, as they would on its own surface.
    mutating func cacheControl(_ value: BodyValue?) {
        guard let value else { return }
        key("cache_control")
        self.value(value)
    }
}
