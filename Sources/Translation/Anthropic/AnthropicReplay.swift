// AnthropicReplay: an Anthropic message as the stream it would have been.
//
// For: StreamFromCompletion. Spellings are copied from the body; unknown members and block types are kept.
// Refuses: content that is no array of objects.
// Called by: StreamFromCompletion.

import JSON

struct AnthropicReplay {
    private let clientModel: String?

    init(_ clientModel: String?) { self.clientModel = clientModel }

    func append(_ body: UnsafeRawBufferPointer, to out: inout [UInt8]) throws(JSONFault) {
        let message = try ReceivedObject(body[...])
        let blocks = try ReceivedObject.elements(message["content"]?.value ?? body[0..<0])
        Self.event("message_start", to: &out) { start(message, &$0) }
        for (index, slice) in blocks.enumerated() {
            try Self.block(ReceivedObject(slice), index, to: &out)
        }
        Self.event("message_delta", to: &out) { Self.end(message, &$0) }
        Self.event("message_stop", to: &out) { _ in }
    }

    /// `event: type`, `data: {"type":type, …}`
    private static func event(_ type: String, to out: inout [UInt8], _ members: (inout JSONWriter) -> Void) {
        out.append(contentsOf: "event: \(type)\ndata: ".utf8)
        JSONWriter.append(to: &out) {
            $0.object {
                $0.member("type", type)
                members(&$0)
            }
        }
        out.append(contentsOf: "\n\n".utf8)
    }

    /// The message as it was, before anything was said.
    private func start(_ message: ReceivedObject, _ writer: inout JSONWriter) {
        writer.member(
            "message",
            object: { writer in
                for member in message.members {
                    writer.key(member.key)
                    if member.key == "content" {
                        writer.raw("[]")
                    } else if member.key == "stop_reason" || member.key == "stop_sequence" {
                        writer.null()
                    } else if member.key == "model", let clientModel {
                        writer.string(clientModel)
                    } else {
                        writer.raw(member.value)
                    }
                }
                if message["usage"] == nil {
                    // SDKs add later counts to these.
                    writer.key("usage")
                    writer.raw(#"{"input_tokens":0,"output_tokens":0}"#)
                }
            })
    }

    /// Why it ended, and what it used. A message always has a reason; where an imitator leaves it out it ended by itself.
    private static func end(_ message: ReceivedObject, _ writer: inout JSONWriter) {
        writer.member(
            "delta",
            object: {
                $0.key("stop_reason")
                if let reason = message["stop_reason"] { $0.raw(reason.value) } else { $0.string("end_turn") }
                $0.key("stop_sequence")
                if let sequence = message["stop_sequence"] { $0.raw(sequence.value) } else { $0.null() }
            })
        writer.key("usage")
        if let usage = message["usage"] { writer.raw(usage.value) } else { writer.raw(#"{"output_tokens":0}"#) }
    }
}

extension AnthropicReplay {
    /// One block: start, what it says, stop.
    private static func block(_ block: ReceivedObject, _ index: Int, to out: inout [UInt8]) {
        event("content_block_start", to: &out) { writer in
            writer.member("index", index)
            writer.member("content_block", object: { emptied(block, &$0) })
        }
        for member in block.members {
            guard let type = deltaType(of: member, in: block) else { continue }
            event("content_block_delta", to: &out) { writer in
                writer.member("index", index)
                writer.member(
                    "delta",
                    object: {
                        $0.member("type", type.name)
                        $0.key(type.field)
                        if member.key == "input" { $0.string(spelling: member.value) } else { $0.raw(member.value) }
                    })
            }
        }
        event("content_block_stop", to: &out) { $0.member("index", index) }
    }

    /// The block without what its deltas bring.
    private static func emptied(_ block: ReceivedObject, _ writer: inout JSONWriter) {
        for member in block.members {
            writer.key(member.key)
            if !isStreamed(member, in: block) {
                writer.raw(member.value)
            } else if member.key == "input" {
                writer.raw("{}")
            } else {
                writer.string("")
            }
        }
    }

    /// Whether a stream brings this member in deltas.
    private static func isStreamed(_ member: ReceivedObject.Member, in block: ReceivedObject) -> Bool {
        if member.key == "text" { return block.has("type", "text") && member.isString }
        if member.key == "thinking" || member.key == "signature" {
            return block.has("type", "thinking") && member.isString
        }
        return member.key == "input" && member.value.first == UInt8(ascii: "{")
    }

    /// The delta that brings the member; `nil` when there is nothing to bring (X-01, X-07: no empty deltas).
    private static func deltaType(
        of member: ReceivedObject.Member, in block: ReceivedObject
    ) -> (name: String, field: String)? {
        guard isStreamed(member, in: block), member.value.count > 2 else { return nil }
        if member.key == "text" { return ("text_delta", "text") }
        if member.key == "thinking" { return ("thinking_delta", "thinking") }
        if member.key == "signature" { return ("signature_delta", "signature") }
        return ("input_json_delta", "partial_json")
    }
}
