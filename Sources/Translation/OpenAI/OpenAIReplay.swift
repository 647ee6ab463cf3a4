// OpenAIReplay: a chat completion as the chunks it would have been.
//
// For: StreamFromCompletion. Spellings are copied from the body; unknown members are kept.
// Refuses: choices that are no array of objects.
// Called by: StreamFromCompletion.

import JSON

struct OpenAIReplay {
    private let clientModel: String?
    private let includesUsage: Bool

    init(_ clientModel: String?, includesUsage: Bool) {
        self.clientModel = clientModel
        self.includesUsage = includesUsage
    }

    func append(_ body: UnsafeRawBufferPointer, to out: inout [UInt8]) throws(JSONFault) {
        let completion = try ReceivedObject(body[...])
        let choices = try ReceivedObject.elements(completion["choices"]?.value ?? body[0..<0])
        for (index, slice) in choices.enumerated() {
            let choice = try ReceivedObject(slice)
            let delta = try Delta(choice["message"]?.value)
            chunk(of: completion, to: &out) { Self.choice(choice, index, delta, &$0) }
            chunk(of: completion, to: &out) { Self.ending(choice, index, &$0) }
        }
        if includesUsage, let usage = completion["usage"] {
            chunk(of: completion, usage: usage.value, to: &out) { _ in }
        }
        out.append(contentsOf: "data: [DONE]\n\n".utf8)
    }

    /// One chunk with the completion's envelope and the choice that `body` writes.
    private func chunk(
        of completion: ReceivedObject, usage: Slice<UnsafeRawBufferPointer>? = nil, to out: inout [UInt8],
        _ body: (inout JSONWriter) -> Void
    ) {
        out.append(contentsOf: "data: ".utf8)
        JSONWriter.append(to: &out) {
            $0.object {
                envelope(of: completion, &$0)
                $0.member("choices", array: body)
                if includesUsage {
                    $0.key("usage")
                    if let usage { $0.raw(usage) } else { $0.null() }
                }
            }
        }
        out.append(contentsOf: "\n\n".utf8)
    }

    private func envelope(of completion: ReceivedObject, _ writer: inout JSONWriter) {
        for member in completion.members where !(member.key == "choices" || member.key == "usage") {
            writer.key(member.key)
            if member.key == "object" {
                writer.string("chat.completion.chunk")
            } else if member.key == "model", let clientModel {
                writer.string(clientModel)
            } else {
                writer.raw(member.value)
            }
        }
    }

    /// The choice with all it says.
    private static func choice(_ choice: ReceivedObject, _ index: Int, _ delta: Delta, _ writer: inout JSONWriter) {
        writer.object {
            Self.index(choice, index, &$0)
            $0.member("delta", object: delta.write)
            if let logprobs = choice["logprobs"] {
                $0.key("logprobs")
                $0.raw(logprobs.value)
            }
            $0.member("finish_reason", String?.none)
        }
    }

    /// The choice with why it ended. A completion always says it; where an imitator leaves it out it ended by itself.
    private static func ending(_ choice: ReceivedObject, _ index: Int, _ writer: inout JSONWriter) {
        writer.object {
            Self.index(choice, index, &$0)
            $0.member("delta", object: { _ in })
            $0.key("finish_reason")
            if let reason = choice["finish_reason"] { $0.raw(reason.value) } else { $0.string("stop") }
            // vLLM's name for the stop string that was met, which its streams have here too.
            if let sequence = choice["stop_reason"] {
                $0.key("stop_reason")
                $0.raw(sequence.value)
            }
        }
    }

    private static func index(_ choice: ReceivedObject, _ index: Int, _ writer: inout JSONWriter) {
        writer.key("index")
        if let given = choice["index"] { writer.raw(given.value) } else { writer.integer(index) }
    }
}

extension OpenAIReplay {
    /// A message as a delta: the same members, its tool calls numbered.
    private struct Delta {
        private var message: ReceivedObject?
        private var calls: [ReceivedObject] = []

        init(_ message: Slice<UnsafeRawBufferPointer>?) throws(JSONFault) {
            guard let message else { return }
            let object = try ReceivedObject(message)
            self.message = object
            guard let list = object["tool_calls"]?.value else { return }
            for call in try ReceivedObject.elements(list) { calls.append(try ReceivedObject(call)) }
        }

        func write(_ writer: inout JSONWriter) {
            if message?["role"] == nil { writer.member("role", "assistant") }
            for member in message?.members ?? [] where !(member.key == "role" && member.isNull) {
                if member.key == "tool_calls" {
                    writeCalls(&writer)
                } else {
                    writer.key(member.key)
                    writer.raw(member.value)
                }
            }
        }

        private func writeCalls(_ writer: inout JSONWriter) {
            guard !calls.isEmpty else { return }
            writer.member(
                "tool_calls",
                array: { writer in
                    for (index, call) in calls.enumerated() {
                        writer.object {
                            $0.member("index", index)
                            for member in call.members where !(member.key == "index") {
                                $0.key(member.key)
                                $0.raw(member.value)
                            }
                        }
                    }
                })
        }
    }
}
