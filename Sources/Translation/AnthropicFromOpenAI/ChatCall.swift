// ChatCall: one tool call of an OpenAI answer, or a fragment of one, as spans of the received bytes.
//
// For: the translations to Anthropic.
// Refuses: what the scanner refuses; members of an unexpected kind count as absent.
// Called by: StreamToAnthropic, StreamBlocks, TextCalls, CompletionToAnthropic.

import JSON

/// Valid while the bytes it was read from are.
struct ChatCall {
    /// The deprecated `function_call` has neither index nor id; it is a call of its own.
    static let functionCallIndex: Int64 = -1

    private(set) var index: Int64?
    private(set) var id: JSONText?
    private(set) var name: JSONText?
    /// The arguments: text of a JSON object, or a fragment of such a text.
    private(set) var arguments: JSONText?
    /// The arguments of servers that send them as an object.
    private(set) var argumentsObject: Slice<UnsafeRawBufferPointer>?
    /// Gemini's thought signature (`extra_content.google.thought_signature`).
    private(set) var signature: JSONText?

    /// Reads the call that comes next in `list`.
    init(_ scanner: inout JSONScanner, in list: UnsafeRawBufferPointer) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "index", try scanner.peek() == .number {
                if case .exact(let value) = try scanner.number().integer, value >= 0 { index = value }
            } else if key == "id" {
                id = try Self.said(&scanner)
            } else if key == "function", try scanner.peek() == .object {
                try readFunction(&scanner, list)
            } else if key == "extra_content", try scanner.peek() == .object {
                try readExtra(&scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    /// Reads an object that is a function's name and arguments, such as the deprecated `function_call`.
    init(functionCall: UnsafeRawBufferPointer, index: Int64 = ChatCall.functionCallIndex) throws(JSONFault) {
        var scanner = JSONScanner(functionCall)
        try readFunction(&scanner, functionCall)
        try scanner.finish()
        self.index = index
    }

    private mutating func readFunction(
        _ scanner: inout JSONScanner, _ list: UnsafeRawBufferPointer
    ) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "name" {
                name = try Self.said(&scanner)
            } else if key == "arguments" {
                if try scanner.peek() == .object {
                    argumentsObject = list[try scanner.skip()]
                } else {
                    arguments = try Self.said(&scanner)
                }
            } else {
                try scanner.skip()
            }
        }
    }

    private mutating func readExtra(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            guard key == "google", try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                if key == "thought_signature" {
                    signature = try Self.said(&scanner)
                } else {
                    try scanner.skip()
                }
            }
        }
    }

    private static func said(_ scanner: inout JSONScanner) throws(JSONFault) -> JSONText? {
        guard let text = try scanner.textOrSkip(), !text.isEmpty else { return nil }
        return text
    }
}
