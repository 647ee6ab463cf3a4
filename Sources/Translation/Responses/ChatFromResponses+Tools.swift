// ChatFromResponses+Tools: functions and custom tools, and which of them the model may or must call.
//
// For: R-01, R-02, Y-14.
// Refuses: tools that OpenAI's servers run (web_search, file_search, mcp and the like): nobody would run them here.
// Called by: ChatFromResponses.

import JSON

extension ChatFromResponses {
    /// Which tools may be called.
    private enum Choice {
        case none
        /// `auto`, `none` or `required`.
        case word(JSONText)
        case named(JSONText)
        /// Only tools of these names, decoded, and whether one must be called.
        case allowed(Set<[UInt8]>, mode: JSONText)

        func permits(_ name: JSONText) -> Bool {
            guard case .allowed(let names, _) = self else { return true }
            return names.contains(name.decodedBytes)
        }

        /// Whether a tool must be called.
        var isForced: Bool {
            switch self {
            case .none: false
            case .word(let word), .allowed(_, mode: let word): word == "required"
            case .named: true
            }
        }
    }

    mutating func writeTools() throws(TranslationRefusal) {
        let choice = try readChoice()
        var tools = JSONPieces()
        if let list = request["tools"] {
            guard list.kind == .array else { throw .wrongType("tools", expected: "an array") }
            var index = 0
            for tool in list.elements {
                try gather(try tool.fields("tools.\(index)"), "tools.\(index)", choice, &tools)
                index += 1
            }
        }
        let parallel = try readParallel()
        guard !tools.isEmpty else {
            if choice.isForced { throw .unsayable("tool_choice", "asks for a call, but no tool is offered.") }
            return
        }
        out.member("tools") { $0.list(tools) }
        write(choice)
        if parallel == false { out.member("parallel_tool_calls") { $0.boolean(false) } }
    }

    /// True is the default of both APIs.
    private func readParallel() throws(TranslationRefusal) -> Bool? {
        guard let value = request["parallel_tool_calls"] else { return nil }
        guard let flag = value.boolean else { throw .wrongType("parallel_tool_calls", expected: "true or false") }
        return flag
    }

    private mutating func gather(
        _ tool: BodyFields, _ path: String, _ choice: Choice, _ tools: inout JSONPieces
    ) throws(TranslationRefusal) {
        let type = try tool.requiredText("type", path)
        guard type == "function" || type == "custom" else {
            let name = String(type.repairedString.prefix(DroppedFields.longestName))
            throw .unsayable("\(path).type", "only function and custom tools are offered here, not \(name).")
        }
        let name = try tool.requiredText("name", path)
        if type == "custom" { customTools.insert(name.decodedBytes) }
        noteExtras(tool)
        guard choice.permits(name) else { return }
        let description = try tool.text("description", path)
        if type == "custom" {
            try writeCustom(tool, path, name, description, &tools)
        } else {
            Self.writeFunction(tool, name, description, &tools)
        }
    }

    private mutating func noteExtras(_ tool: BodyFields) {
        let known: [StaticString] = ["type", "name", "description", "parameters", "strict", "format"]
        for (key, value) in tool.members where !value.isNull && !known.contains(where: { key == $0 }) {
            dropped.note("tools", key)
        }
    }

    private static func writeFunction(
        _ tool: BodyFields, _ name: JSONText, _ description: JSONText?, _ tools: inout JSONPieces
    ) {
        tools.element {
            $0.object {
                $0.member("type", "function")
                $0.key("function")
                $0.object {
                    $0.key("name")
                    $0.spelled(name)
                    if let description {
                        $0.key("description")
                        $0.spelled(description)
                    }
                    for key in ["parameters", "strict"] as [StaticString] {
                        guard let value = tool[key] else { continue }
                        $0.key(key.description)
                        $0.value(value)
                    }
                }
            }
        }
    }

    /// A grammar cannot be enforced; the model is told of it.
    private mutating func writeCustom(
        _ tool: BodyFields, _ path: String, _ name: JSONText, _ description: JSONText?, _ tools: inout JSONPieces
    ) throws(TranslationRefusal) {
        var words = description.map { [$0.spelling] } ?? []
        if let format = try tool["format"]?.fields("\(path).format"), format.holds("type", "grammar") {
            dropped.note("tools.format")
            let syntax = try format.requiredText("syntax", "\(path).format")
            let definition = try format.requiredText("definition", "\(path).format")
            if !words.isEmpty { words.append(.fixed(#"\n\n"#)) }
            words += [
                .fixed("The input must follow this "), syntax.spelling, .fixed(#" grammar:\n"#), definition.spelling,
            ]
        }
        tools.element {
            $0.object {
                $0.member("type", "function")
                $0.key("function")
                $0.object {
                    $0.key("name")
                    $0.spelled(name)
                    if !words.isEmpty {
                        $0.key("description")
                        $0.spelled(words)
                    }
                    $0.key("parameters")
                    $0.raw(CustomTool.parameters)
                }
            }
        }
    }
}

extension ChatFromResponses {
    private func readChoice() throws(TranslationRefusal) -> Choice {
        guard let choice = request["tool_choice"] else { return .none }
        if let word = choice.text {
            guard word == "auto" || word == "none" || word == "required" else {
                throw .unsayable("tool_choice", "must be auto, none, required or an object.")
            }
            return .word(word)
        }
        let fields = try choice.fields("tool_choice")
        let type = try fields.requiredText("type", "tool_choice")
        if type == "function" || type == "custom" { return .named(try fields.requiredText("name", "tool_choice")) }
        guard type == "allowed_tools" else {
            throw .unsayable("tool_choice.type", "must be function, custom or allowed_tools.")
        }
        var names: Set<[UInt8]> = []
        for tool in fields["tools"]?.elements ?? BodyElements(none: ()) {
            let name = try tool.fields("tool_choice.tools").requiredText("name", "tool_choice.tools")
            names.insert(name.decodedBytes)
        }
        let mode = try fields.requiredText("mode", "tool_choice")
        guard mode == "auto" || mode == "required" else {
            throw .unsayable("tool_choice.mode", "must be auto or required.")
        }
        return .allowed(names, mode: mode)
    }

    /// Allowed tools are those that are sent; which of them must be called is said as for any others.
    private mutating func write(_ choice: Choice) {
        switch choice {
        case .none: break
        case .word(let word), .allowed(_, mode: let word): out.member("tool_choice") { $0.spelled(word) }
        case .named(let name):
            out.member("tool_choice") {
                $0.object {
                    $0.member("type", "function")
                    $0.key("function")
                    $0.object {
                        $0.key("name")
                        $0.spelled(name)
                    }
                }
            }
        }
    }
}

extension JSONText {
    /// The text itself.
    var decodedBytes: [UInt8] {
        var bytes: [UInt8] = []
        decode(into: &bytes)
        return bytes
    }
}
