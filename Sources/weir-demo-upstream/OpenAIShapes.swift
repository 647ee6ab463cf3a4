// OpenAIShapes: the demo's answer as the OpenAI Chat Completions API writes it.
//
// For: whole completions, chunk streams, errors, the list of models. Source: platform.openai.com/docs/api-reference/chat; the
// official SDK reads them in Tests/ClientTests.
// Refuses: nothing.
// Called by: DemoHandler.

import JSON

enum OpenAIShapes {
    /// When the demo's "model" was made: the vendors' clients expect a time.
    private static let created = 1_735_689_600

    static func completion(_ answer: DemoAnswer, model: String, id: String) -> [UInt8] {
        bytes { out in
            out.object { out in
                envelope(&out, "chat.completion", model: model, id: id)
                out.member("choices", array: { $0.object { choice(&$0, answer) } })
                out.member("usage", object: { usage(&$0, answer) })
            }
        }
    }

    /// The events of a stream, each with its framing, `[DONE]` last.
    static func events(_ answer: DemoAnswer, model: String, id: String, includesUsage: Bool) -> [[UInt8]] {
        func chunk(_ finish: String? = nil, _ delta: (inout JSONWriter) -> Void) -> [UInt8] {
            event { out in
                envelope(&out, "chat.completion.chunk", model: model, id: id)
                out.member("choices", array: { $0.object { chunkChoice(&$0, finish, delta) } })
                if includesUsage { out.member("usage", String?.none) }
            }
        }
        var events = [
            chunk { delta in
                delta.member("role", "assistant")
                delta.member("content", "")
            }
        ]
        for piece in answer.pieces { events.append(chunk { $0.member("content", piece) }) }
        events.append(chunk(finishReason(answer)) { _ in })
        if includesUsage { events.append(usageChunk(answer, model: model, id: id)) }
        return events + [Array("data: [DONE]\n\n".utf8)]
    }

    static func error(_ type: StaticString, _ message: String) -> [UInt8] {
        bytes { out in
            out.object {
                $0.member(
                    "error",
                    object: { error in
                        error.member("message", message)
                        error.member("type", "\(type)")
                        error.member("param", String?.none)
                        error.member("code", String?.none)
                    })
            }
        }
    }

    static func models(_ names: [String]) -> [UInt8] {
        bytes { out in
            out.object {
                $0.member("object", "list")
                $0.member("data", array: { for name in names { model(&$0, name) } })
            }
        }
    }
}

extension OpenAIShapes {
    private static func usageChunk(_ answer: DemoAnswer, model: String, id: String) -> [UInt8] {
        event { out in
            envelope(&out, "chat.completion.chunk", model: model, id: id)
            out.member("choices", array: { _ in })
            out.member("usage", object: { usage(&$0, answer) })
        }
    }

    private static func envelope(_ out: inout JSONWriter, _ object: String, model: String, id: String) {
        out.member("id", "chatcmpl-\(id)")
        out.member("object", object)
        out.member("created", created)
        out.member("model", model)
        out.member("system_fingerprint", "fp_weir_demo")
    }

    private static func choice(_ out: inout JSONWriter, _ answer: DemoAnswer) {
        out.member("index", 0)
        out.member(
            "message",
            object: { message in
                message.member("role", "assistant")
                message.member("content", answer.text)
                message.member("refusal", String?.none)
            })
        out.member("logprobs", String?.none)
        out.member("finish_reason", finishReason(answer))
    }

    private static func chunkChoice(_ out: inout JSONWriter, _ finish: String?, _ delta: (inout JSONWriter) -> Void) {
        out.member("index", 0)
        out.member("delta", object: delta)
        out.member("logprobs", String?.none)
        out.member("finish_reason", finish)
    }

    private static func finishReason(_ answer: DemoAnswer) -> String { answer.isCut ? "length" : "stop" }

    private static func usage(_ out: inout JSONWriter, _ answer: DemoAnswer) {
        out.member("prompt_tokens", answer.inputTokens)
        out.member("completion_tokens", answer.outputTokens)
        out.member("total_tokens", answer.inputTokens + answer.outputTokens)
        out.member("prompt_tokens_details", object: { $0.member("cached_tokens", 0) })
        out.member("completion_tokens_details", object: { $0.member("reasoning_tokens", 0) })
    }

    private static func model(_ out: inout JSONWriter, _ name: String) {
        out.object {
            $0.member("id", name)
            $0.member("object", "model")
            $0.member("created", created)
            $0.member("owned_by", "weir-demo")
        }
    }

    private static func event(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var out = Array("data: ".utf8)
        JSONWriter.append(to: &out) { $0.object(members) }
        return out + Array("\n\n".utf8)
    }

    private static func bytes(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out, body)
        return out
    }
}
