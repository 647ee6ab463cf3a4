// ChunkFrames: the chunks of an OpenAI chat stream, as bytes.
//
// For: StreamToOpenAI, so that its rules stand without JSON between them.
// Refuses: nothing; texts come spelled for a JSON string.
// Called by: StreamToOpenAI, CompletionToOpenAI (usage, thinking).

import JSON
import Money

/// Id, time and model stand in every chunk alike (INV-O), so they are written once.
struct ChunkFrames {
    private let includesUsage: Bool
    /// `data: {"id":…,"model":…,"choices":[`
    private let head: [UInt8]

    /// `model` is a JSON string with its quotes.
    init(id: [UInt8], model: [UInt8], created: Int64, includesUsage: Bool) {
        self.includesUsage = includesUsage
        var head: [UInt8] = []
        head.put(#"data: {"id":""#)
        head.append(contentsOf: id)
        head.put(#"","object":"chat.completion.chunk","created":"#)
        head.put(created)
        head.put(#","model":"#)
        head.append(contentsOf: model)
        head.put(#","choices":["#)
        self.head = head
    }

    /// Opens a chunk; the members of its delta follow.
    @inline(__always)
    private func open(_ out: inout [UInt8]) {
        out.append(contentsOf: head)
        out.put(#"{"index":0,"delta":{"#)
    }

    /// Closes a chunk. Where usage was asked for, every chunk but the last has it as `null` (Y-01).
    @inline(__always)
    private func close(_ out: inout [UInt8]) {
        out.put(includesUsage ? "},\"finish_reason\":null}],\"usage\":null}\n\n" : "},\"finish_reason\":null}]}\n\n")
    }

    func role(_ out: inout [UInt8]) {
        open(&out)
        out.put(#""role":"assistant","content":"""#)
        close(&out)
    }

    @inline(__always)
    func content(_ text: JSONText, _ out: inout [UInt8]) {
        open(&out)
        out.put(#""content":""#)
        out.put(text)
        out.put("\"")
        close(&out)
    }

    /// Thinking, for people and, in `reasoning_details`, to be sent back (Y-08).
    func thinking(_ text: JSONText, _ number: Int, _ out: inout [UInt8]) {
        open(&out)
        out.put(#""reasoning_content":""#)
        out.put(text)
        out.put(#"","reasoning_details":["#)
        Self.detail(number, text: text, signature: nil, &out)
        out.put("]")
        close(&out)
    }

    func signature(_ signature: JSONText, _ number: Int, _ out: inout [UInt8]) {
        open(&out)
        out.put(#""reasoning_details":["#)
        Self.detail(number, text: nil, signature: signature, &out)
        out.put("]")
        close(&out)
    }

    func redacted(_ data: JSONText?, _ number: Int, _ out: inout [UInt8]) {
        open(&out)
        out.put(#""reasoning_details":["#)
        Self.redactedDetail(number, data, &out)
        out.put("]")
        close(&out)
    }

    func toolStart(_ number: Int, id: [UInt8], name: [UInt8], _ out: inout [UInt8]) {
        open(&out)
        out.put(#""tool_calls":[{"index":"#)
        out.put(number)
        out.put(#","id":""#)
        out.append(contentsOf: id)
        out.put(#"","type":"function","function":{"name":""#)
        out.append(contentsOf: name)
        out.put(#"","arguments":""}}]"#)
        close(&out)
    }

    @inline(__always)
    func arguments(_ text: UnsafeRawBufferPointer, _ number: Int, _ out: inout [UInt8]) {
        open(&out)
        out.put(#""tool_calls":[{"index":"#)
        out.put(number)
        out.put(#","function":{"arguments":""#)
        out.append(contentsOf: text)
        out.put(#""}}]"#)
        close(&out)
    }

    /// The reason, the usage if it was asked for, and the end.
    func end(_ reason: StaticString, _ usage: Usage, _ out: inout [UInt8]) {
        out.append(contentsOf: head)
        out.put(#"{"index":0,"delta":{},"finish_reason":""#)
        out.put(reason)
        out.put(includesUsage ? "\"}],\"usage\":null}\n\n" : "\"}]}\n\n")
        if includesUsage {
            out.append(contentsOf: head)
            out.put(#"],"usage":"#)
            Self.usage(usage, &out)
            out.put("}\n\n")
        }
        out.put("data: [DONE]\n\n")
    }
}

extension ChunkFrames {
    /// An entry of `reasoning_details` about the thinking block with that number. The format is that of the signature and comes
    /// with it alone: OpenAI's SDKs join the strings of all entries of one index.
    static func detail(_ number: Int, text: JSONText?, signature: JSONText?, _ out: inout [UInt8]) {
        out.put(#"{"type":"reasoning.text","index":"#)
        out.put(number)
        if let text {
            out.put(#","text":""#)
            out.put(text)
            out.put("\"")
        }
        if let signature {
            out.put(#","signature":""#)
            out.put(signature)
            out.put(#"","format":"anthropic-claude-v1"#)
            out.put("\"")
        }
        out.put("}")
    }

    /// The entry of a `redacted_thinking` block (Y-09).
    static func redactedDetail(_ number: Int, _ data: JSONText?, _ out: inout [UInt8]) {
        out.put(#"{"type":"reasoning.encrypted","index":"#)
        out.put(number)
        out.put(#","data":""#)
        if let data { out.put(data) }
        out.put(#"","format":"anthropic-claude-v1"}"#)
    }

    /// OpenAI's usage object: cached tokens are a part of the prompt, reads and writes alike (Y-04, Y-05).
    static func usage(_ usage: Usage, _ out: inout [UInt8]) {
        let written = usage.cacheWrite5m + usage.cacheWrite1h
        let prompt = usage.uncachedInput + usage.cacheRead + written
        out.put(#"{"prompt_tokens":"#)
        out.put(prompt)
        out.put(#","completion_tokens":"#)
        out.put(usage.output)
        out.put(#","total_tokens":"#)
        out.put(prompt + usage.output)
        out.put(#","prompt_tokens_details":{"cached_tokens":"#)
        out.put(usage.cacheRead)
        out.put(#","cache_write_tokens":"#)
        out.put(written)
        out.put("}}")
    }
}
