// RequestForOpenAI+Tools: tools as functions, and which of them the model may or must call.
//
// For.
// Refuses: a forced call of a tool that cannot be offered.
// Called by: RequestForOpenAI.

import JSON

extension RequestForOpenAI {
    mutating func writeTools() throws(TranslationRefusal) {
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
        try writeToolChoice(hasTools: !tools.isEmpty)
    }

    /// One tool the client runs. Tools that Anthropic runs, or whose schema only its models know, have a `type` with a date.
    private mutating func gather(
        _ tool: BodyFields, _ path: String, _ tools: inout JSONPieces
    ) throws(TranslationRefusal) {
        if let type = try tool.text("type", path), !(type == "custom") { return dropped.note("tools", type) }
        let name = ToolName.sent(try tool.requiredText("name", path), &names)
        let description = try tool.text("description", path)
        let schema = try ToolSchema(tool["input_schema"], "\(path).input_schema")
        let wantsStrict = tool["strict"]?.boolean == true
        let isStrict = wantsStrict && (tool["input_schema"].map(ToolSchema.isStrictForOpenAI) ?? false)
        if wantsStrict, !isStrict { dropped.note("tools.strict") }
        noteToolExtras(tool)
        tools.element {
            $0.object {
                $0.member("type", "function")
                $0.key("function")
                $0.object {
                    $0.member("name", name)
                    if let description {
                        $0.key("description")
                        $0.spelled(description)
                    }
                    $0.key("parameters")
                    schema.write(to: &$0)
                    if isStrict { $0.member("strict", true) }
                }
            }
        }
    }

    private mutating func noteToolExtras(_ tool: BodyFields) {
        let known: [StaticString] = ["type", "name", "description", "input_schema", "strict"]
        for (key, value) in tool.members where !value.isNull && !known.contains(where: { key == $0 }) {
            if key == "cache_control" { dropped.note("cache_control") } else { dropped.note("tools", key) }
        }
    }

    /// OpenAI refuses both fields when no tools are offered.
    private mutating func writeToolChoice(hasTools: Bool) throws(TranslationRefusal) {
        guard let choice = try request["tool_choice"]?.fields("tool_choice") else { return }
        let type = try choice.requiredText("type", "tool_choice")
        guard hasTools else {
            if type == "any" || type == "tool" {
                throw .unsayable("tool_choice", "forces a tool, and none is offered that this model can call.")
            }
            return
        }
        if type == "auto" {
            out.member("tool_choice") { $0.string("auto") }
        } else if type == "any" {
            out.member("tool_choice") { $0.string("required") }
        } else if type == "none" {
            out.member("tool_choice") { $0.string("none") }
        } else if type == "tool" {
            let name = ToolName.sent(try choice.requiredText("name", "tool_choice"), &names)
            out.member("tool_choice") {
                $0.object {
                    $0.member("type", "function")
                    $0.member("function", object: { $0.member("name", name) })
                }
            }
        } else {
            throw .unsayable("tool_choice.type", "must be auto, any, tool or none.")
        }
        if choice["disable_parallel_tool_use"]?.boolean == true {
            out.member("parallel_tool_calls") { $0.boolean(false) }
        }
    }
}
