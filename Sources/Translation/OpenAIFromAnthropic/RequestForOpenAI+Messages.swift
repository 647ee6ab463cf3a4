// RequestForOpenAI+Messages: turns of blocks as messages of one kind each.
//
// For. A user turn becomes its tool results, then what the user said; the assistant's calls
//   become `tool_calls`.
// Refuses: roles it does not know; a conversation that ends with the assistant, which chat completions do not continue.
// Called by: RequestForOpenAI.

import JSON

extension RequestForOpenAI {
    mutating func writeMessages() throws(TranslationRefusal) {
        guard let messages = request["messages"] else { throw .missing("messages") }
        guard messages.kind == .array else { throw .wrongType("messages", expected: "an array") }
        out.openMember("messages")
        out.open("[")
        try writeSystem(messages)
        var index = 0
        var endsWithAssistant = false
        for message in messages.elements {
            let place = index
            index += 1
            let fields = try message.fields("messages.\(place)")
            let role = try fields.requiredText("role", "messages.\(place)")
            if Self.isSystem(role) { continue }
            guard let content = fields["content"] else { throw .missing("messages.\(place).content") }
            endsWithAssistant = role == "assistant"
            if endsWithAssistant {
                try writeAssistant(content, "messages.\(place).content")
            } else if role == "user" {
                try writeUser(content, "messages.\(place).content")
            } else {
                throw .unsayable("messages.\(place).role", "must be user or assistant.")
            }
        }
        if index == 0 { throw .unsayable("messages", "at least one message is required.") }
        if endsWithAssistant {
            throw .unsayable("messages", "this model does not continue a message of the assistant (prefill).")
        }
        out.close("]")
    }

    private static func isSystem(_ role: JSONText) -> Bool { role == "system" || role == "developer" }

    /// One system message of everything the system says, in its order, whatever stands between.
    private mutating func writeSystem(_ messages: BodyValue) throws(TranslationRefusal) {
        var parts: [RequestPart] = []
        if let system = request["system"] { try gather(system, "system", into: &parts) }
        var index = 0
        for message in messages.elements {
            let place = index
            index += 1
            let fields = try message.fields("messages.\(place)")
            guard let role = fields["role"]?.text, Self.isSystem(role), let content = fields["content"] else {
                continue
            }
            try gather(content, "messages.\(place).content", into: &parts)
        }
        if !parts.allSatisfy(\.isText) { throw .unsayable("system", "a system prompt must be text.") }
        let words = parts.compactMap(Self.withoutAttribution)
        guard !words.isEmpty else { return }
        out.element {
            $0.object {
                $0.member("role", "system")
                $0.key("content")
                RequestPart.writeText(words, to: &$0)
            }
        }
    }

    /// Claude Code's system prompt begins with a line for Anthropic's books that differs from request to request; anywhere
    /// else it defeats the prompt cache and tells a stranger about the client. `nil` when nothing else is there.
    private static func withoutAttribution(_ part: RequestPart) -> RequestPart? {
        guard case .text(var spelling) = part else { return part }
        while spelling.starts(with: "x-anthropic-billing-header:".utf8) {
            guard let lineEnd = endOfLine(spelling) else { return nil }
            spelling = UnsafeRawBufferPointer(rebasing: spelling[lineEnd...])
        }
        return spelling.isEmpty ? nil : .text(spelling)
    }

    /// The offset behind the first line feed of a spelled text and those that follow it.
    private static func endOfLine(_ spelling: UnsafeRawBufferPointer) -> Int? {
        var at = 0
        var found: Int?
        while at + 1 < spelling.count {
            let isEscape = spelling[at] == UInt8(ascii: "\\")
            if isEscape, spelling[at + 1] == UInt8(ascii: "n") { found = at + 2 } else if found != nil { break }
            at += isEscape ? 2 : 1
        }
        return found
    }
}

extension RequestForOpenAI {
    /// Tool results first, as messages of their own; pictures in them follow in the user's message, for chat completions
    /// know only text in a tool's.
    private mutating func writeUser(
        _ content: BodyValue, _ path: @autoclosure () -> String
    ) throws(TranslationRefusal) {
        var parts: [RequestPart] = []
        var lifted: [RequestPart] = []
        var hasResults = false
        if content.kind == .array {
            var index = 0
            for block in content.elements {
                let place = index
                index += 1
                let fields = try block.fields("\(path()).\(place)")
                if fields.holds("type", "tool_result") {
                    hasResults = true
                    try writeResult(fields, "\(path()).\(place)", lifting: &lifted)
                } else {
                    try gatherBlock(fields, "\(path()).\(place)", into: &parts)
                }
            }
        } else {
            try gather(content, path(), into: &parts)
        }
        let all = lifted + parts
        if hasResults, all.isEmpty { return }
        out.element {
            $0.object {
                $0.member("role", "user")
                $0.key("content")
                RequestPart.writeContent(all, to: &$0)
            }
        }
    }

    private mutating func writeResult(
        _ block: BodyFields, _ path: @autoclosure () -> String, lifting lifted: inout [RequestPart]
    ) throws(TranslationRefusal) {
        noteCacheControl(block)
        let id = ToolCallID(try block.requiredText("tool_use_id", path()), for: .openai).id
        var parts: [RequestPart] = []
        if let content = block["content"] { try gather(content, "\(path()).content", into: &parts) }
        let others = parts.filter { !$0.isText }
        var words = parts.filter(\.isText)
        if !others.isEmpty {
            lifted.append(.said("Attached to the result of tool call \(id):"))
            lifted += others
            if words.isEmpty { words.append(.said("The result is attached to the next message.")) }
        }
        // Chat completions have no mark for a failed call; the model must read it.
        if block["is_error"]?.boolean == true { words.insert(.said("The tool call failed."), at: 0) }
        out.element {
            $0.object {
                $0.member("role", "tool")
                $0.member("tool_call_id", id)
                $0.key("content")
                RequestPart.writeText(words, to: &$0)
            }
        }
    }
}
