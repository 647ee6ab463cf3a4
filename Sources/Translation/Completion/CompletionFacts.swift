// CompletionFacts: the pass over a whole answer of either dialect.
//
// For: CompletionMeter.
// Refuses: what the scanner refuses.
// Called by: CompletionMeter.

import JSON

struct CompletionFacts {
    var meter: UsageMeter
    var model: Range<Int>?
    /// The member that makes it an answer is there: `content`, or `choices`.
    var hasAnswer = false
    /// An `error` member that is not `null` is there.
    var hasError = false

    /// Whether the answer is a list of embeddings.
    private let isEmbeddings: Bool

    init(_ dialect: Dialect, isEmbeddings: Bool = false) {
        meter = UsageMeter(dialect)
        self.isEmbeddings = isEmbeddings
    }

    mutating func read(_ body: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(body)
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "model", try scanner.peek() == .string {
                model = try scanner.text().quotedRange
            } else if key == "usage" {
                try readUsage(&scanner)
            } else if key == "error" {
                hasError = try scanner.peek() != .null
                try scanner.skip()
            } else if meter.dialect == .anthropic, key == "content", try scanner.peek() == .array {
                hasAnswer = true
                try readBlocks(&scanner)
            } else if isEmbeddings, key == "data", try scanner.peek() == .array {
                hasAnswer = true
                try scanner.skip()
            } else if meter.dialect == .openai, key == "choices", try scanner.peek() == .array {
                hasAnswer = true
                try readChoices(&scanner)
            } else {
                try scanner.skip()
            }
        }
        try scanner.finish()
    }

    private mutating func readUsage(_ scanner: inout JSONScanner) throws(JSONFault) {
        var fields = UsageFields()
        switch meter.dialect {
        case .anthropic: try fields.readAnthropic(&scanner)
        case .openai: try fields.readOpenAI(&scanner)
        }
        if !fields.isEmpty { meter.merge(fields, isOpening: false) }
    }

    private mutating func readBlocks(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                if key == "input" {
                    meter.contentBytes += try scanner.skip().count
                } else if key == "text" || key == "thinking" || key == "data", try scanner.peek() == .string {
                    meter.contentBytes += try scanner.text().decodedCount
                } else {
                    try scanner.skip()
                }
            }
        }
    }

    private mutating func readChoices(_ scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextMember() {
                if key == "message" {
                    var said = OpenAISaid()
                    try said.read(&scanner)
                    meter.contentBytes += said.bytes
                } else {
                    try scanner.skip()
                }
            }
        }
    }
}
