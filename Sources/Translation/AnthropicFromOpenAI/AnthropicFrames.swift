// AnthropicFrames: the events of an Anthropic message stream, as bytes.
//
// For: StreamToAnthropic, so that its rules stand without JSON between them.
// Refuses: nothing; texts come spelled for a JSON string.
// Called by: StreamToAnthropic, StreamBlocks, CompletionToAnthropic (usage).

import Money

enum AnthropicFrames {
    /// The kinds of block an OpenAI answer can become.
    enum Kind { case text, thinking, tool }

    static func messageStart(id: [UInt8], model: [UInt8], _ usage: Usage, _ out: inout [UInt8]) {
        out.put("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"")
        out.append(contentsOf: id)
        out.put(#"","type":"message","role":"assistant","model":"#)
        out.append(contentsOf: model)
        out.put(#","content":[],"stop_reason":null,"stop_sequence":null,"usage":"#)
        Self.usage(usage, &out)
        out.put("}}\n\n")
    }

    private static func blockStart(_ index: Int, _ out: inout [UInt8]) {
        out.put("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
        out.put(index)
        out.put(#","content_block":"#)
    }

    static func textStart(_ index: Int, _ out: inout [UInt8]) {
        blockStart(index, &out)
        out.put("{\"type\":\"text\",\"text\":\"\"}}\n\n")
    }

    /// The signature stays empty: nothing of ours may look like a vendor's (X-15).
    static func thinkingStart(_ index: Int, _ out: inout [UInt8]) {
        blockStart(index, &out)
        out.put("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n")
    }

    static func toolStart(_ index: Int, id: [UInt8], name: [UInt8], _ out: inout [UInt8]) {
        blockStart(index, &out)
        out.put(#"{"type":"tool_use","id":""#)
        out.append(contentsOf: id)
        out.put(#"","name":""#)
        out.append(contentsOf: name)
        out.put("\",\"input\":{}}}\n\n")
    }

    /// A delta with `text`, unless that is empty (X-01, X-07).
    @inline(__always)
    static func delta(_ index: Int, _ kind: Kind, _ text: UnsafeRawBufferPointer, _ out: inout [UInt8]) {
        guard text.count > 0 else { return }
        out.put("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        out.put(index)
        switch kind {
        case .text: out.put(#","delta":{"type":"text_delta","text":""#)
        case .thinking: out.put(#","delta":{"type":"thinking_delta","thinking":""#)
        case .tool: out.put(#","delta":{"type":"input_json_delta","partial_json":""#)
        }
        out.append(contentsOf: text)
        out.put("\"}}\n\n")
    }

    static func blockStop(_ index: Int, _ out: inout [UInt8]) {
        out.put("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
        out.put(index)
        out.put("}\n\n")
    }

    /// The reason, the usage, and the end.
    static func end(
        _ reason: StopReason, hasTools: Bool, isRefusal: Bool, _ usage: Usage, _ out: inout [UInt8]
    ) {
        out.put("event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{")
        reason.append(hasTools: hasTools, isRefusal: isRefusal, to: &out)
        out.put(#"},"usage":"#)
        Self.usage(usage, &out)
        out.put("}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
    }

    /// Anthropic's usage object: cached tokens stand beside the input, not in it (X-24).
    static func usage(_ usage: Usage, _ out: inout [UInt8]) {
        out.put(#"{"input_tokens":"#)
        out.put(usage.uncachedInput)
        out.put(#","cache_creation_input_tokens":"#)
        out.put(usage.cacheWrite5m + usage.cacheWrite1h)
        out.put(#","cache_read_input_tokens":"#)
        out.put(usage.cacheRead)
        out.put(#","output_tokens":"#)
        out.put(usage.output)
        out.put("}")
    }
}
