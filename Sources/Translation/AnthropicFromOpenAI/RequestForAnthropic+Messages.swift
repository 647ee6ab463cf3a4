// RequestForAnthropic+Messages: messages of one kind each as turns of blocks.
//
// For. System and developer messages are hoisted, wherever they stand.
// Refuses: roles it does not know, calls in the form of 2023.
// Called by: RequestForAnthropic.

import JSON

extension RequestForAnthropic {
    mutating func writeMessages() throws(TranslationRefusal) {
        guard let messages = request["messages"] else { throw .missing("messages") }
        guard messages.kind == .array else { throw .wrongType("messages", expected: "an array") }
        out.openMember("messages")
        out.open("[")
        var index = 0
        for message in messages.elements {
            let place = index
            index += 1
            try read(try message.fields("messages.\(place)"), "messages.\(place)")
        }
        if index == 0 { throw .unsayable("messages", "at least one message is required.") }
        // A request of a system prompt alone is one of OpenAI's; Anthropic wants to be spoken to.
        if turn.role == nil { turn.begin(.user, &out) }
        turn.end(&out)
        out.close("]")
    }

    private mutating func read(_ message: BodyFields, _ path: String) throws(TranslationRefusal) {
        let role = try message.requiredText("role", path)
        if message["name"] != nil, !(role == "tool") { dropped.note("messages.name") }
        if role == "system" || role == "developer" {
            try readSystem(message, path)
        } else if role == "user" {
            turn.begin(.user, &out)
            toolLoop = nil
            try readParts(message, path, ofUser: true)
        } else if role == "assistant" {
            try readAssistant(message, path)
        } else if role == "tool" {
            turn.begin(.user, &out)
            try readResult(message, path)
        } else {
            throw .unsayable("\(path).role", "must be system, developer, user, assistant or tool.")
        }
    }

    /// a block for each text, its mark for the cache kept.
    private mutating func readSystem(_ message: BodyFields, _ path: String) throws(TranslationRefusal) {
        var texts: [(JSONText, BodyValue?)] = []
        if let text = message["content"]?.text { texts.append((text, nil)) }
        for part in message["content"]?.elements ?? BodyElements(none: ()) {
            let fields = try part.fields("\(path).content")
            guard fields.holds("type", "text") else {
                throw .unsayable("\(path).content", "a system prompt must be text.")
            }
            texts.append((try fields.requiredText("text", "\(path).content"), fields["cache_control"]))
        }
        // A mark on the message is one on its end: Anthropic takes four in a request.
        if let whole = message["cache_control"], let last = texts.indices.last, texts[last].1 == nil {
            texts[last].1 = whole
        }
        for (text, cache) in texts where !text.isBlank {
            system.element {
                $0.object {
                    $0.member("type", "text")
                    $0.key("text")
                    $0.spelled(text)
                    $0.cacheControl(cache)
                }
            }
        }
    }

    /// A `content` of text or parts, into the open turn.
    private mutating func readParts(
        _ message: BodyFields, _ path: String, ofUser: Bool
    ) throws(TranslationRefusal) {
        guard let content = message["content"] else { return }
        let whole = message["cache_control"]
        if let text = content.text {
            if !text.isBlank { turn.addText(text.spelling, cache: whole) }
            return
        }
        guard content.kind == .array else { throw .wrongType("\(path).content", expected: "a string or an array") }
        var parts = content.elements
        var next = parts.next()
        var index = 0
        while let part = next {
            next = parts.next()
            let place = index
            index += 1
            let fields = try part.fields("\(path).content.\(place)")
            let cache = fields["cache_control"] ?? (next == nil ? whole : nil)
            try readPart(fields, "\(path).content.\(place)", cache, ofUser: ofUser)
        }
    }

    private mutating func readPart(
        _ part: BodyFields, _ path: @autoclosure () -> String, _ cache: BodyValue?, ofUser: Bool
    ) throws(TranslationRefusal) {
        let isRefusal = !ofUser && part.holds("type", "refusal")
        if isRefusal || part.holds("type", "text") {
            let text = try part.requiredText(isRefusal ? "refusal" : "text", path())
            if !text.isBlank { turn.addText(text.spelling, cache: cache) }
        } else {
            let attachment = try AnthropicAttachment(part, path(), traits)
            turn.add { attachment.write(to: &$0, cache: cache) }
        }
    }
}

extension RequestForAnthropic {
    /// What is left of an assistant's message once empty texts are gone; a message of nothing opens no turn.
    private mutating func readAssistant(_ message: BodyFields, _ path: String) throws(TranslationRefusal) {
        if message["function_call"] != nil {
            throw .unsayable("\(path).function_call", "give tool_calls instead; this form of 2023 cannot be sent.")
        }
        if message["audio"] != nil { dropped.note("messages.audio") }
        let reasoning = try ReasoningDetails(message, path)
        let calls = message["tool_calls"].flatMap { $0.isEmpty ? nil : $0 }
        guard calls != nil || !reasoning.blocks.isEmpty || Self.says(message) else { return }
        turn.begin(.assistant, &out)
        for block in reasoning.blocks { turn.add { block.write(to: &$0) } }
        try readParts(message, path, ofUser: false)
        if let refusal = try message.text("refusal", path), !refusal.isBlank {
            turn.addText(refusal.spelling, cache: nil)
        }
        toolLoop = nil
        guard let calls else { return }
        toolLoop = !reasoning.blocks.isEmpty ? .signed : reasoning.hasUnsigned ? .unsigned : .silent
        guard calls.kind == .array else { throw .wrongType("\(path).tool_calls", expected: "an array") }
        var index = 0
        for call in calls.elements {
            let place = "\(path).tool_calls.\(index)"
            index += 1
            try readCall(try call.fields(place), place)
        }
    }

    private static func says(_ message: BodyFields) -> Bool {
        if let text = message["refusal"]?.text, !text.isBlank { return true }
        guard let content = message["content"] else { return false }
        if let text = content.text { return !text.isBlank }
        return content.elements.contains { part in
            guard let fields = try? part.fields(""), let text = (fields["text"] ?? fields["refusal"])?.text else {
                return true
            }
            return !text.isBlank
        }
    }

    private mutating func readCall(_ call: BodyFields, _ path: String) throws(TranslationRefusal) {
        guard let function = try call["function"]?.fields("\(path).function") else {
            throw .unsayable(path, "only calls of functions can be sent to this model.")
        }
        let id = ToolCallID(try call.requiredText("id", path), for: .anthropic).id
        let name = ToolName.sent(try function.requiredText("name", "\(path).function"), &names)
        let input = ToolArguments(function["arguments"])
        turn.add {
            $0.object {
                $0.member("type", "tool_use")
                $0.member("id", id)
                $0.member("name", name)
                $0.key("input")
                input.write(to: &$0)
            }
        }
    }

    /// A result of text alone stays a string.
    private mutating func readResult(_ message: BodyFields, _ path: String) throws(TranslationRefusal) {
        let id = ToolCallID(try message.requiredText("tool_call_id", path), for: .anthropic).id
        let content = message["content"]
        let text = content?.text
        var cache = message["cache_control"]
        var blocks = JSONPieces()
        if let content, text == nil {
            guard content.kind == .array else { throw .wrongType("\(path).content", expected: "a string or an array") }
            for part in content.elements {
                let fields = try part.fields("\(path).content")
                cache = cache ?? fields["cache_control"]
                try gather(fields, "\(path).content", into: &blocks)
            }
        }
        turn.addResult {
            $0.object {
                $0.member("type", "tool_result")
                $0.member("tool_use_id", id)
                if let text, !text.isBlank {
                    $0.key("content")
                    $0.spelled(text)
                } else if !blocks.isEmpty {
                    $0.key("content")
                    $0.list(blocks)
                }
                $0.cacheControl(cache)
            }
        }
    }

    /// A part of a tool's result.
    private func gather(
        _ part: BodyFields, _ path: String, into blocks: inout JSONPieces
    ) throws(TranslationRefusal) {
        guard part.holds("type", "text") else {
            let attachment = try AnthropicAttachment(part, path, traits)
            return blocks.element { attachment.write(to: &$0, cache: nil) }
        }
        let text = try part.requiredText("text", path)
        if text.isBlank { return }
        blocks.element {
            $0.object {
                $0.member("type", "text")
                $0.key("text")
                $0.spelled(text)
            }
        }
    }
}
