// RequestForOpenAI+Assistant: what the assistant thought, said and called.
//
// For.
// Refuses: calls without id or name, or whose input is no object.
// Called by: RequestForOpenAI+Messages.

import JSON

/// An assistant's turn while its blocks are read.
private struct AssistantTurn {
    var texts: [UnsafeRawBufferPointer] = []
    var thoughts: [UnsafeRawBufferPointer] = []
    var calls = JSONPieces()
}

extension RequestForOpenAI {
    mutating func writeAssistant(
        _ content: BodyValue, _ path: @autoclosure () -> String
    ) throws(TranslationRefusal) {
        var turn = AssistantTurn()
        if let text = content.text {
            turn.texts.append(text.spelling)
        } else {
            guard content.kind == .array else { throw .wrongType(path(), expected: "a string or an array") }
            var index = 0
            for block in content.elements {
                let place = index
                index += 1
                try read(try block.fields("\(path()).\(place)"), "\(path()).\(place)", into: &turn)
            }
        }
        write(turn)
    }

    private mutating func read(
        _ block: BodyFields, _ path: @autoclosure () -> String, into turn: inout AssistantTurn
    ) throws(TranslationRefusal) {
        noteCacheControl(block)
        let type = try block.requiredText("type", path())
        if type == "text" {
            turn.texts.append(try block.requiredText("text", path()).spelling)
        } else if type == "thinking" {
            if traits.reasoningEcho != .none, let thought = try block.text("thinking", path()) {
                turn.thoughts.append(thought.spelling)
            }
        } else if type == "tool_use" {
            try readCall(block, path(), into: &turn)
        } else if !(type == "redacted_thinking") {
            dropped.note("messages", type)
        }
    }

    private mutating func readCall(
        _ block: BodyFields, _ path: @autoclosure () -> String, into turn: inout AssistantTurn
    ) throws(TranslationRefusal) {
        let id = ToolCallID(try block.requiredText("id", path()), for: .openai)
        let name = ToolName.sent(try block.requiredText("name", path()), &names)
        let input = block["input"]
        if let input, input.kind != .object { throw .wrongType("\(path()).input", expected: "an object") }
        let signature = traits.keepsThoughtSignatures ? id.signature : nil
        turn.calls.element {
            $0.object {
                $0.member("id", id.id)
                $0.member("type", "function")
                $0.key("function")
                $0.object {
                    $0.member("name", name)
                    $0.key("arguments")
                    if let input { $0.string(spelling: input.bytes[...]) } else { $0.string("{}") }
                }
                if let signature { Self.write(signature, &$0) }
            }
        }
    }

    /// Gemini wants the signature of a call back where it put it.
    private static func write(_ signature: [UInt8], _ writer: inout JSONWriter) {
        writer.key("extra_content")
        writer.object {
            $0.key("google")
            $0.object { $0.member("thought_signature", String(decoding: signature, as: UTF8.self)) }
        }
    }

    /// Blocks of one answer are pieces of one text; nothing is put between them. A turn of which nothing is left is left out.
    private mutating func write(_ turn: AssistantTurn) {
        let hasCalls = !turn.calls.isEmpty
        let hasText = turn.texts.contains { !$0.isEmpty }
        let echo = traits.reasoningEcho
        let echoes = echo != .none && (hasCalls || !turn.thoughts.isEmpty)
        guard hasCalls || hasText || echoes else { return }
        out.element {
            $0.object {
                $0.member("role", "assistant")
                $0.key("content")
                // DeepSeek refuses `null` beside reasoning; OpenAI writes it where there are only calls.
                if hasText || echoes { $0.spelled(turn.texts) } else { $0.null() }
                if echoes {
                    $0.key(echo == .reasoning ? "reasoning" : "reasoning_content")
                    $0.spelled(turn.thoughts)
                }
                if hasCalls {
                    $0.key("tool_calls")
                    $0.list(turn.calls)
                }
            }
        }
    }
}
