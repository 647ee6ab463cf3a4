// MessageParts: what one event of an Anthropic stream says, as spans of its data.
//
// For: the translations to OpenAI.
// Refuses: what the scanner refuses; members of an unexpected kind count as absent.
// Called by: StreamToOpenAI.

import JSON

/// One event. Valid while the data it was read from is.
struct MessageParts {
    /// The events that bring something to a client of the other dialect.
    enum Kind { case other, messageStart, blockStart, blockDelta, blockStop, messageDelta }

    private(set) var kind = Kind.other
    /// The block's index; -1 when the event has none.
    private(set) var index: Int64 = -1
    private(set) var messageID: JSONText?
    private(set) var part = BlockParts()
    private(set) var stopReason: JSONText?

    init(_ data: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(data)
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "type" {
                if let type = try scanner.textOrSkip() { kind = Self.kind(type) }
            } else if key == "index", try scanner.peek() == .number {
                if case .exact(let value) = try scanner.number().integer, value >= 0 { index = value }
            } else if key == "delta" || key == "content_block", try scanner.peek() == .object {
                part = try BlockParts(&scanner, in: data)
                stopReason = part.stopReason ?? stopReason
            } else if key == "message", try scanner.peek() == .object {
                try readMessage(&scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    private static func kind(_ type: JSONText) -> Kind {
        if type == "content_block_delta" { return .blockDelta }
        if type == "content_block_start" { return .blockStart }
        if type == "content_block_stop" { return .blockStop }
        if type == "message_delta" { return .messageDelta }
        if type == "message_start" { return .messageStart }
        return .other
    }

    private mutating func readMessage(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "id" { messageID = try scanner.textOrSkip() } else { try scanner.skip() }
        }
    }
}

/// A content block, or a delta of one: what it is and what it holds.
struct BlockParts {
    /// The blocks and deltas that have a counterpart in OpenAI's dialect; all others are left out.
    enum Kind {
        case other, text, thinking, redactedThinking, toolUse
        case textDelta, thinkingDelta, signatureDelta, inputDelta
    }

    private(set) var kind = Kind.other
    private(set) var type: JSONText?
    private(set) var text: JSONText?
    private(set) var hasCitations = false
    private(set) var thinking: JSONText?
    private(set) var signature: JSONText?
    private(set) var partialJSON: JSONText?
    private(set) var data: JSONText?
    private(set) var id: JSONText?
    private(set) var name: JSONText?
    private(set) var input: Slice<UnsafeRawBufferPointer>?
    private(set) var stopReason: JSONText?

    init() {}

    /// Reads the object that comes next in `bytes`.
    init(_ scanner: inout JSONScanner, in bytes: UnsafeRawBufferPointer) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "type" {
                type = try scanner.textOrSkip()
                kind = type.map(Self.kind) ?? .other
            } else if key == "text" {
                text = try Self.said(&scanner)
            } else if key == "partial_json" {
                partialJSON = try Self.said(&scanner)
            } else if key == "thinking" {
                thinking = try Self.said(&scanner)
            } else if key == "signature" {
                signature = try Self.said(&scanner)
            } else {
                try readRare(key, &scanner, bytes)
            }
        }
    }

    private mutating func readRare(
        _ key: JSONText, _ scanner: inout JSONScanner, _ bytes: UnsafeRawBufferPointer
    ) throws(JSONFault) {
        if key == "data" {
            data = try Self.said(&scanner)
        } else if key == "id" {
            id = try Self.said(&scanner)
        } else if key == "name" {
            name = try Self.said(&scanner)
        } else if key == "stop_reason" {
            stopReason = try scanner.textOrSkip()
        } else if key == "citations", try scanner.peek() == .array {
            hasCitations = try scanner.skip().count > "[]".utf8.count
        } else if key == "input", try scanner.peek() == .object {
            input = bytes[try scanner.skip()]
        } else {
            try scanner.skip()
        }
    }

    private static func said(_ scanner: inout JSONScanner) throws(JSONFault) -> JSONText? {
        guard let text = try scanner.textOrSkip(), !text.isEmpty else { return nil }
        return text
    }

    private static func kind(_ type: JSONText) -> Kind {
        if type == "text_delta" { return .textDelta }
        if type == "input_json_delta" { return .inputDelta }
        if type == "thinking_delta" { return .thinkingDelta }
        if type == "signature_delta" { return .signatureDelta }
        if type == "text" { return .text }
        if type == "tool_use" { return .toolUse }
        if type == "thinking" { return .thinking }
        if type == "redacted_thinking" { return .redactedThinking }
        return .other
    }
}
