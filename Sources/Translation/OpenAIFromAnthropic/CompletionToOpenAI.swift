// CompletionToOpenAI: an Anthropic message as an OpenAI chat completion.
//
// For: TranslatedCompletion. The same rules as the stream's, for an answer that is there at once.
// Refuses: what the scanner refuses. Blocks OpenAI has no place for are left out (X-28).
// Called by: TranslatedCompletion.

import JSON
import Money

struct CompletionToOpenAI {
    private let options: TranslatedStream.Options
    /// All text blocks, one after the other.
    private var text: [UInt8] = []
    private var hasText = false
    private var thinking: [UInt8] = []
    /// Entries of `reasoning_details` and of `tool_calls`, separated by commas.
    private var details: [UInt8] = []
    private var toolCalls: [UInt8] = []
    private var thinkingBlocks = 0
    private var calls = 0
    private(set) var notes = CompletionNotes()

    init(_ options: TranslatedStream.Options) { self.options = options }

    /// Appends the completion.
    mutating func append(_ body: UnsafeRawBufferPointer, _ usage: Usage, to out: inout [UInt8]) throws(JSONFault) {
        var id: JSONText?
        var reason = FinishReason.stop
        var scanner = JSONScanner(body)
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "content", try scanner.peek() == .array {
                try takeBlocks(&scanner, body)
            } else if key == "id" {
                id = try scanner.textOrSkip()
            } else if key == "stop_reason" {
                if let text = try scanner.textOrSkip() { reason = FinishReason(text) }
            } else {
                try scanner.skip()
            }
        }
        out.put(#"{"id":""#)
        out.append(contentsOf: AnswerNames.id(id, prefix: "chatcmpl-", requestID: options.requestID))
        out.put(#"","object":"chat.completion","created":"#)
        out.put(options.createdSeconds)
        out.put(#","model":"#)
        JSONWriter.appendString(options.clientModel, to: &out)
        out.put(#","choices":[{"index":0,"message":{"#)
        putMessage(&out)
        out.put(#"},"logprobs":null,"finish_reason":""#)
        notes.hasUnknownReason = reason == .unknown
        out.put(reason.name(hasTools: calls > 0))
        out.put(#""}],"usage":"#)
        ChunkFrames.usage(usage, &out)
        out.put("}")
    }

    private func putMessage(_ out: inout [UInt8]) {
        out.put(#""role":"assistant","content":"#)
        if hasText { Self.putString(text, &out) } else { out.put("null") }
        out.put(#","refusal":null"#)
        if !thinking.isEmpty {
            out.put(#","reasoning_content":"#)
            Self.putString(thinking, &out)
        }
        if !details.isEmpty {
            out.put(#","reasoning_details":["#)
            out.append(contentsOf: details)
            out.put("]")
        }
        if !toolCalls.isEmpty {
            out.put(#","tool_calls":["#)
            out.append(contentsOf: toolCalls)
            out.put("]")
        }
    }

    private static func putString(_ spelled: [UInt8], _ out: inout [UInt8]) {
        out.put("\"")
        out.append(contentsOf: spelled)
        out.put("\"")
    }
}

extension CompletionToOpenAI {
    private mutating func takeBlocks(
        _ scanner: inout JSONScanner, _ body: UnsafeRawBufferPointer
    ) throws(JSONFault) {
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            take(try BlockParts(&scanner, in: body))
        }
    }

    private mutating func take(_ block: BlockParts) {
        switch block.kind {
        case .text:
            hasText = true
            if let said = block.text { text.put(said) }
            if block.hasCitations { notes.dropped.note("content.citations") }
        case .thinking:
            if let said = block.thinking { thinking.put(said) }
            detail { ChunkFrames.detail($0, text: block.thinking, signature: block.signature, &$1) }
        case .redactedThinking: detail { ChunkFrames.redactedDetail($0, block.data, &$1) }
        case .toolUse: add(block)
        default: if let type = block.type { notes.dropped.note("content", type) }
        }
    }

    /// Adds the entry of the next thinking block.
    private mutating func detail(_ body: (Int, inout [UInt8]) -> Void) {
        if !details.isEmpty { details.put(",") }
        body(thinkingBlocks, &details)
        thinkingBlocks += 1
    }

    private mutating func add(_ block: BlockParts) {
        if !toolCalls.isEmpty { toolCalls.put(",") }
        toolCalls.put(#"{"id":""#)
        if let id = block.id {
            toolCalls.put(id)
        } else {
            toolCalls.append(contentsOf: StreamCall.madeID(calls, options.requestID))
        }
        toolCalls.put(#"","type":"function","function":{"name":""#)
        toolCalls.append(contentsOf: AnswerNames.tool(block.name.map { Array($0.spelling) } ?? [], options.names))
        toolCalls.put(#"","arguments":""#)
        if let input = block.input { toolCalls.put(escaping: Array(input)) } else { toolCalls.put("{}") }
        toolCalls.put(#""}}"#)
        calls += 1
    }
}
