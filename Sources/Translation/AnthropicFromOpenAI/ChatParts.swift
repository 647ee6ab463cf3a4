// ChatParts: what one choice of an OpenAI answer says, as spans of the received bytes.
//
// For: the translations to Anthropic, of chunks (`delta`) and of whole answers (`message`).
// Refuses: what the scanner refuses; members of an unexpected kind count as absent.
// Called by: StreamToAnthropic, CompletionToAnthropic.

import JSON

/// Valid while the bytes it was read from are.
struct ChatParts {
    private(set) var index: Int64 = 0
    /// `content`, when it is a string.
    private(set) var content: JSONText?
    /// `content`, when it is a list of parts.
    private(set) var contentList: Range<Int>?
    private(set) var reasoning: JSONText?
    private(set) var refusal: JSONText?
    private(set) var toolCalls: Range<Int>?
    private(set) var functionCall: Range<Int>?
    private(set) var finish: JSONText?
    /// vLLM's name for the stop string that was met.
    private(set) var stopSequence: JSONText?
    /// Content that has no counterpart.
    private(set) var hasAnnotations = false
    private(set) var hasAudio = false

    /// Reads the choice that comes next; what it says stands in its member `speech`.
    init(_ scanner: inout JSONScanner, speech: StaticString) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == speech {
                try readSpeech(&scanner)
            } else if key == "index", try scanner.peek() == .number {
                if case .exact(let value) = try scanner.number().integer { index = value }
            } else if key == "finish_reason" {
                finish = try Self.said(&scanner) ?? finish
            } else if key == "stop_reason" {
                stopSequence = try Self.said(&scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    private mutating func readSpeech(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "content" {
                try readContent(&scanner)
            } else if key == "reasoning_content" {
                reasoning = try Self.said(&scanner) ?? reasoning
            } else if key == "reasoning" {
                // Some servers send the same text under both names.
                let said = try Self.said(&scanner)
                reasoning = reasoning ?? said
            } else if key == "refusal" {
                refusal = try Self.said(&scanner)
            } else if key == "tool_calls", try scanner.peek() == .array {
                toolCalls = try scanner.skip()
            } else if key == "function_call", try scanner.peek() == .object {
                functionCall = try scanner.skip()
            } else if key == "annotations", try scanner.peek() == .array {
                hasAnnotations = try scanner.skip().count > "[]".utf8.count
            } else if key == "audio", try scanner.peek() == .object {
                hasAudio = true
                try scanner.skip()
            } else {
                try scanner.skip()
            }
        }
    }

    private mutating func readContent(_ scanner: inout JSONScanner) throws(JSONFault) {
        if try scanner.peek() == .array {
            contentList = try scanner.skip()
        } else {
            content = try Self.said(&scanner)
        }
    }

    /// The string that comes next, unless it is empty or something else.
    @inline(__always)
    private static func said(_ scanner: inout JSONScanner) throws(JSONFault) -> JSONText? {
        guard let text = try scanner.textOrSkip(), !text.isEmpty else { return nil }
        return text
    }
}

/// What a list of content parts says in order; Mistral's reasoning models stream their thinking so.
enum ChatPartList {
    /// Hands each text of the list to `body`, and whether it is thinking.
    static func forEach(
        _ list: UnsafeRawBufferPointer, isThinking: Bool = false, _ body: (JSONText, Bool) -> Void
    ) throws(JSONFault) {
        var scanner = JSONScanner(list)
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                let thinks = isThinking || key == "thinking"
                guard key == "text" || key == "thinking" else {
                    try scanner.skip()
                    continue
                }
                if try scanner.peek() == .array {
                    let inner = UnsafeRawBufferPointer(rebasing: list[try scanner.skip()])
                    try forEach(inner, isThinking: thinks, body)
                } else if let text = try scanner.textOrSkip(), !text.isEmpty {
                    body(text, thinks)
                }
            }
        }
    }
}
