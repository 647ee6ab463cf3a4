// ChatFromResponses+Input: instructions and the items of `input` as messages.
//
// For, Y-09, Y-14.
// Refuses: items of tools that OpenAI runs, items by reference, roles it does not know.
// Called by: ChatFromResponses.

import JSON

extension ChatFromResponses {
    mutating func writeMessages() throws(TranslationRefusal) {
        out.openMember("messages")
        out.open("[")
        if let instructions = try request.topText("instructions"), !instructions.isEmpty {
            writeMessage("system") { $0.spelled(instructions) }
        }
        guard let input = request["input"] else { throw .missing("input") }
        if let text = input.text {
            writeMessage("user") { $0.spelled(text) }
        } else {
            guard input.kind == .array else { throw .wrongType("input", expected: "a string or an array") }
            try read(items: input)
        }
        out.close("]")
    }

    private mutating func read(items: BodyValue) throws(TranslationRefusal) {
        var index = 0
        for item in items.elements {
            guard index < RequestTranslation.mostMessages else {
                throw .unsayable("input", "at most \(RequestTranslation.mostMessages) items can be sent.")
            }
            let place = "input.\(index)"
            index += 1
            try read(try item.fields(place), place)
        }
        if index == 0 { throw .unsayable("input", "at least one item is required.") }
        endTurn()
        endLifted()
    }

    private mutating func read(_ item: BodyFields, _ path: String) throws(TranslationRefusal) {
        guard let type = try item.text("type", path) else {
            if item["role"] != nil { return try readMessage(item, path) }
            throw item["id"] == nil ? .missing("\(path).type") : Self.referenceRefusal(path)
        }
        if type == "message" {
            try readMessage(item, path)
        } else if type == "function_call" || type == "custom_tool_call" {
            try readCall(item, path, isCustom: type == "custom_tool_call")
        } else if type == "function_call_output" || type == "custom_tool_call_output" {
            try readResult(item, path)
        } else if type == "reasoning" {
            try readReasoning(item, path)
        } else if type == "item_reference" {
            throw Self.referenceRefusal(path)
        } else {
            throw .unsayable(
                "\(path).type", "must be message, reasoning, a function's or custom tool's call or output.")
        }
    }

    private static func referenceRefusal(_ path: String) -> TranslationRefusal {
        .unsayable(path, "responses are not stored here; send the item itself instead of a reference.")
    }

    private mutating func writeMessage(_ role: String, _ content: (inout JSONWriter) -> Void) {
        out.element { writer in
            writer.object {
                $0.member("role", role)
                $0.key("content")
                content(&$0)
            }
        }
    }

    /// The assistant's message is complete.
    private mutating func endTurn() {
        turn.write(echo: traits?.reasoningEcho ?? .none, to: &out)
        turn = AssistantMessage()
    }

    /// What tool results had beside text becomes a message of the user.
    private mutating func endLifted() {
        guard !lifted.isEmpty else { return }
        let parts = lifted
        lifted = []
        writeMessage("user") { ResponsesPart.writeContent(parts, to: &$0) }
    }
}

extension ChatFromResponses {
    /// `developer` becomes `system`, which every server knows and OpenAI reads as the same.
    private mutating func readMessage(_ item: BodyFields, _ path: String) throws(TranslationRefusal) {
        let role = try item.requiredText("role", path)
        if role == "assistant" {
            endLifted()
            return try readAssistant(item, path)
        }
        endTurn()
        let parts = try readParts(item["content"], "\(path).content")
        if role == "user" {
            let all = lifted + parts
            lifted = []
            writeMessage("user") { ResponsesPart.writeContent(all, to: &$0) }
        } else if role == "system" || role == "developer" {
            endLifted()
            guard parts.allSatisfy(\.isText) else {
                throw .unsayable("\(path).content", "a \(role.repairedString) message must be text.")
            }
            if !parts.isEmpty { writeMessage("system") { ResponsesPart.writeContent(parts, to: &$0) } }
        } else {
            throw .unsayable("\(path).role", "must be user, assistant, system or developer.")
        }
    }

    private mutating func readAssistant(_ item: BodyFields, _ path: String) throws(TranslationRefusal) {
        turn.beginMessage()
        guard let content = item["content"] else { return }
        if let text = content.text { return turn.say(text) }
        guard content.kind == .array else { throw .wrongType("\(path).content", expected: "a string or an array") }
        var index = 0
        for part in content.elements {
            let place = "\(path).content.\(index)"
            index += 1
            let fields = try part.fields(place)
            let type = try fields.requiredText("type", place)
            if type == "output_text" || type == "input_text" {
                turn.say(try fields.requiredText("text", place))
            } else if type == "refusal" {
                turn.refuse(try fields.requiredText("refusal", place))
            } else {
                throw .unsayable("\(place).type", "must be output_text or refusal in a message of the assistant.")
            }
        }
    }

    /// What comes sealed goes back to who signed it (Y-09, R-14); what is plain text only to an upstream that reads it again
    ///
    private mutating func readReasoning(_ item: BodyFields, _ path: String) throws(TranslationRefusal) {
        endLifted()
        guard traits == nil else {
            for text in try texts(item["content"] ?? item["summary"], path) { turn.think(text) }
            return
        }
        guard let sealed = try item.text("encrypted_content", path), !sealed.isEmpty else { return }
        if !turn.unseal(sealed) { dropped.note("input.encrypted_content") }
    }

    private func texts(_ list: BodyValue?, _ path: String) throws(TranslationRefusal) -> [JSONText] {
        var texts: [JSONText] = []
        for part in list?.elements ?? BodyElements(none: ()) {
            texts.append(try part.fields(path).requiredText("text", path))
        }
        return texts
    }
}

extension ChatFromResponses {
    /// A call as chat completions have it; the free text of a custom tool becomes the one argument of its function.
    private mutating func readCall(
        _ item: BodyFields, _ path: String, isCustom: Bool
    ) throws(TranslationRefusal) {
        endLifted()
        let name = try item.requiredText("name", path)
        let call = callID(try item.requiredText("call_id", path))
        let given = try item.text(isCustom ? "input" : "arguments", path)
        var arguments: [UInt8] = []
        if isCustom {
            arguments = CustomTool.arguments(of: given)
        } else if let given, !given.isBlank {
            arguments = Array(given.spelling)
        } else {
            arguments.put("{}")
        }
        turn.call {
            $0.object {
                $0.member("id", call.id)
                $0.member("type", "function")
                $0.key("function")
                $0.object {
                    $0.key("name")
                    $0.spelled(name)
                    $0.key("arguments")
                    $0.spelled(arguments)
                }
                guard let signature = call.signature else { return }
                $0.key("extra_content")
                $0.object {
                    $0.key("google")
                    $0.object { $0.member("thought_signature", signature) }
                }
            }
        }
    }

    /// a result of text stays a string; chat completions know nothing else in it, so the rest follows in the user's
    /// message.
    private mutating func readResult(_ item: BodyFields, _ path: String) throws(TranslationRefusal) {
        endTurn()
        let id = callID(try item.requiredText("call_id", path)).id
        guard item["output"] != nil else { throw .missing("\(path).output") }
        let parts = try readParts(item["output"], "\(path).output")
        var words = parts.filter(\.isText)
        let others = parts.filter { !$0.isText }
        if !others.isEmpty {
            lifted.append(.said("Attached to the result of tool call \(id):"))
            lifted += others
            if words.isEmpty { words.append(.said("The result is attached to the next message.")) }
        }
        out.element { writer in
            writer.object {
                $0.member("role", "tool")
                $0.member("tool_call_id", id)
                $0.key("content")
                ResponsesPart.writeText(words, to: &$0)
            }
        }
    }

    /// The id of a call, the same on the call and on its result; a thought signature that travelled in it is taken off.
    private mutating func callID(_ text: JSONText) -> (id: String, signature: String?) {
        var original: [UInt8] = []
        text.decode(into: &original)
        var id = original
        let signature = ToolCallID(text, for: .openai).signature
        if signature != nil { id = CallID.withoutSignature(id) }
        if id.count > CallID.longest { id = WireName.legal(id, longest: CallID.longest) }
        if id != original { callIDs.note(id, for: original) }
        return (
            String(decoding: id, as: UTF8.self), signature.map { String(decoding: $0, as: UTF8.self) }
        )
    }
}

/// Ids of tool calls in the Responses API.
enum CallID {
    /// OpenAI's limit of `call_id` (Y-14).
    static let longest = 64

    /// What stands before the last mark of a signature.
    static func withoutSignature(_ id: [UInt8]) -> [UInt8] {
        SignedCallID.mark.withUTF8Buffer { mark in
            let start = id.indices.last { id[$0...].starts(with: mark) }
            return start.map { Array(id[..<$0]) } ?? id
        }
    }
}
