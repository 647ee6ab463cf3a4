// AnthropicShapes: the demo's answer as the Anthropic Messages API writes it.
//
// For: whole messages, event streams, errors, the list of models. Source: docs.anthropic.com/en/api/messages and
// …/messages-streaming; the official SDK reads them in Tests/ClientTests.
// Refuses: nothing.
// Called by: DemoHandler.

import JSON

enum AnthropicShapes {
    static func message(_ answer: DemoAnswer, model: String, id: String) -> [UInt8] {
        bytes { out in
            out.object { out in
                envelope(&out, model: model, id: id)
                out.member("content", array: { $0.object { textBlock(&$0, answer.text) } })
                out.member("stop_reason", stopReason(answer))
                out.member("stop_sequence", String?.none)
                out.member("usage", object: { usage(&$0, answer, output: answer.outputTokens) })
            }
        }
    }

    /// The events of a stream, each with its framing.
    static func events(_ answer: DemoAnswer, model: String, id: String) -> [[UInt8]] {
        var events = [start(answer, model: model, id: id)]
        events.append(
            event("content_block_start") {
                $0.member("index", 0)
                $0.member("content_block", object: { textBlock(&$0, "") })
            })
        events.append(event("ping") { _ in })
        for piece in answer.pieces { events.append(delta(piece)) }
        events.append(event("content_block_stop") { $0.member("index", 0) })
        events.append(end(answer))
        events.append(event("message_stop") { _ in })
        return events
    }

    static func error(_ type: StaticString, _ message: String, id: String) -> [UInt8] {
        bytes { out in
            out.object {
                $0.member("type", "error")
                $0.member("error", object: { errorFields(&$0, "\(type)", message) })
                $0.member("request_id", id)
            }
        }
    }

    static func models(_ names: [String]) -> [UInt8] {
        bytes { out in
            out.object {
                $0.member("data", array: { for name in names { model(&$0, name) } })
                $0.member("has_more", false)
                $0.member("first_id", names.first)
                $0.member("last_id", names.last)
            }
        }
    }
}

extension AnthropicShapes {
    private static func start(_ answer: DemoAnswer, model: String, id: String) -> [UInt8] {
        event("message_start") {
            $0.member(
                "message",
                object: { message in
                    envelope(&message, model: model, id: id)
                    message.member("content", array: { _ in })
                    message.member("stop_reason", String?.none)
                    message.member("stop_sequence", String?.none)
                    message.member("usage", object: { usage(&$0, answer, output: 1) })
                })
        }
    }

    private static func delta(_ piece: String) -> [UInt8] {
        event("content_block_delta") {
            $0.member("index", 0)
            $0.member(
                "delta",
                object: { delta in
                    delta.member("type", "text_delta")
                    delta.member("text", piece)
                })
        }
    }

    private static func end(_ answer: DemoAnswer) -> [UInt8] {
        event("message_delta") {
            $0.member(
                "delta",
                object: { delta in
                    delta.member("stop_reason", stopReason(answer))
                    delta.member("stop_sequence", String?.none)
                })
            $0.member("usage", object: { $0.member("output_tokens", answer.outputTokens) })
        }
    }

    private static func stopReason(_ answer: DemoAnswer) -> String { answer.isCut ? "max_tokens" : "end_turn" }

    private static func envelope(_ out: inout JSONWriter, model: String, id: String) {
        out.member("id", "msg_\(id)")
        out.member("type", "message")
        out.member("role", "assistant")
        out.member("model", model)
    }

    private static func textBlock(_ out: inout JSONWriter, _ text: String) {
        out.member("type", "text")
        out.member("text", text)
    }

    private static func usage(_ out: inout JSONWriter, _ answer: DemoAnswer, output: Int) {
        out.member("input_tokens", answer.inputTokens)
        out.member("cache_creation_input_tokens", 0)
        out.member("cache_read_input_tokens", 0)
        out.member("output_tokens", output)
        out.member("service_tier", "standard")
    }

    private static func errorFields(_ out: inout JSONWriter, _ type: String, _ message: String) {
        out.member("type", type)
        out.member("message", message)
    }

    private static func model(_ out: inout JSONWriter, _ name: String) {
        out.object {
            $0.member("type", "model")
            $0.member("id", name)
            $0.member("display_name", name)
            $0.member("created_at", "2025-01-01T00:00:00Z")
        }
    }

    private static func event(_ type: String, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var out = Array("event: \(type)\ndata: ".utf8)
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.member("type", type)
                members(&$0)
            }
        }
        return out + Array("\n\n".utf8)
    }

    private static func bytes(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out, body)
        return out
    }
}
