// OpenAIChunk: reads one chunk of an OpenAI chat completion stream.
//
// For: PassthroughStream.
// Refuses: data that is neither JSON nor `[DONE]` (JSONFault). Unknown members mean nothing and pass.
// Called by: StreamRelay.

import JSON

struct OpenAIChunk {
    private var facts = EventFacts()
    private var said = OpenAISaid()
    private var hasChoice = false
    private var hasUsage = false
    private var hasError = false

    private init() {}

    /// What `data` says.
    static func read(_ data: UnsafeRawBufferPointer) throws(JSONFault) -> EventFacts {
        if isDone(data) {
            var facts = EventFacts()
            facts.role = .terminal
            return facts
        }
        var chunk = OpenAIChunk()
        var scanner = JSONScanner(data)
        try scanner.enterObject()
        while let key = try scanner.nextMember() { try chunk.member(key, &scanner) }
        try scanner.finish()
        chunk.decide()
        return chunk.facts
    }

    /// `[DONE]`, white space around it allowed.
    private static func isDone(_ data: UnsafeRawBufferPointer) -> Bool {
        guard data.count >= 6, data.first == UInt8(ascii: "[") || data.first == UInt8(ascii: " ") else { return false }
        let word = data.drop { $0 == 0x20 }
        return word.starts(with: "[DONE]".utf8) && word.dropFirst(6).allSatisfy { $0 == 0x20 }
    }

    private mutating func member(_ key: JSONText, _ scanner: inout JSONScanner) throws(JSONFault) {
        if key == "choices" {
            try readChoices(&scanner)
        } else if key == "model", try scanner.peek() == .string {
            facts.model = try scanner.text().quotedRange
        } else if key == "usage" {
            if try facts.usage.readOpenAI(&scanner) { hasUsage = true }
        } else if key == "error" {
            hasError = try scanner.peek() != .null
            try scanner.skip()
        } else if key == "object", try scanner.peek() == .string {
            let object = try scanner.text()
            hasError = hasError || object == "error"
        } else {
            try scanner.skip()
        }
    }

    private mutating func readChoices(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .array else {
            try scanner.skip()
            return
        }
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            hasChoice = true
            try readChoice(&scanner)
        }
    }

    private mutating func readChoice(_ scanner: inout JSONScanner) throws(JSONFault) {
        var index: Int64 = 0
        var hasEnded = false
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "delta" {
                try said.read(&scanner)
            } else if key == "index", try scanner.peek() == .number {
                if case .exact(let value) = try scanner.number().integer { index = value }
            } else if key == "finish_reason" {
                hasEnded = try scanner.peek() == .string
                try scanner.skip()
            } else {
                try scanner.skip()
            }
        }
        // Indices beyond `n`'s limit share the last bit; they do not occur.
        let bit: UInt128 = 1 << UInt128(min(max(index, 0), 127))
        facts.choicesMet |= bit
        if hasEnded { facts.choicesEnded |= bit }
    }

    private mutating func decide() {
        facts.contentBytes = said.bytes
        if hasError {
            facts.role = .failure
        } else if facts.choicesEnded != 0 {
            facts.role = .finish
        } else if said.anything {
            facts.role = .content
        } else if hasUsage, !hasChoice {
            facts.role = .usageOnly
        }
    }
}
