// RequestReader: the pass over a body that fills a RequestSummary.
//
// For: RequestSummary. Works on the scanner's spans; the only text it copies out is the model's name.
// Refuses: see RequestRefusal.
// Called by: RequestSummary.

import JSON

struct RequestReader {
    private var scanner: JSONScanner
    private var summary: RequestSummary
    private var content = ContentCount()
    /// One bit for each field already met.
    private var seen: UInt32 = 0
    private var maxTokens: Int64?
    private var maxCompletionTokens: Int64?

    init(_ body: UnsafeRawBufferPointer, _ dialect: Dialect) {
        scanner = JSONScanner(body)
        summary = RequestSummary(dialect)
    }

    mutating func read() throws(RequestRefusal) -> RequestSummary {
        guard try peek() == .object else { throw .notAnObject }
        try scan { scanner throws(JSONFault) in try scanner.enterObject() }
        while let key = try nextMember() {
            guard let field = RequestField(key, summary.dialect) else {
                if let field = RequestField(foldingCaseOf: key) {
                    throw .caseFolded(key.repairedString, meant: field.name)
                }
                try skip()
                continue
            }
            try meet(field)
            try read(field)
        }
        let end = scanner.position - 1
        try scan { scanner throws(JSONFault) in try scanner.finish() }
        return try finished(end: end)
    }

    private func finished(end: Int) throws(RequestRefusal) -> RequestSummary {
        guard !summary.model.isEmpty else { throw .missing("model") }
        var summary = summary
        if case .absent = summary.streamOptions { summary.streamOptions = .absent(end: end) }
        summary.maxTokens = maxCompletionTokens ?? maxTokens
        summary.textBytes = content.textBytes
        summary.attachments = content.attachments
        summary.attachmentBytes = content.attachmentBytes
        summary.objects = content.objects
        return summary
    }

    private mutating func meet(_ field: RequestField) throws(RequestRefusal) {
        let bit: UInt32 = 1 << UInt32(field.rawValue)
        guard seen & bit == 0 else { throw .duplicate(field.name) }
        seen |= bit
    }

    private mutating func read(_ field: RequestField) throws(RequestRefusal) {
        switch field {
        case .model: try readModel()
        case .stream: summary.isStream = try flag(field.name)
        case .maxTokens: maxTokens = try limit(field.name, 0...RequestSummary.largestMaxTokens)
        case .maxCompletionTokens: maxCompletionTokens = try limit(field.name, 0...RequestSummary.largestMaxTokens)
        case .choices: summary.choices = try limit(field.name, 1...Int64(RequestSummary.mostChoices)).map(Int.init) ?? 1
        case .streamOptions: try readStreamOptions()
        case .messages: try readMessages()
        case .system: try countContent()
        case .tools, .functions:
            let before = scanner.position
            let range = try skip()
            summary.hasTools = summary.hasTools || range.count > "[]".utf8.count
            content.textBytes += scanner.position - before
        case .responseFormat, .outputConfig, .outputFormat: content.textBytes += try skip().count
        }
    }
}

extension RequestReader {
    private mutating func readModel() throws(RequestRefusal) {
        guard try peek() == .string else { throw .wrongType("model", expected: "a string") }
        let text = try scan { scanner throws(JSONFault) in try scanner.text() }
        guard (1...RequestSummary.longestModel).contains(text.decodedCount) else {
            throw .outOfRange("model", allowed: "a name of 1 to \(RequestSummary.longestModel) bytes")
        }
        guard let model = text.string else { throw .wrongType("model", expected: "valid Unicode text") }
        summary.model = model
        summary.modelRange = text.quotedRange
    }

    private mutating func readStreamOptions() throws(RequestRefusal) {
        switch try peek() {
        case .null: summary.streamOptions = .null(try skip())
        case .object: try readStreamOptionsMembers()
        default: throw .wrongType("stream_options", expected: "an object")
        }
    }

    private mutating func readStreamOptionsMembers() throws(RequestRefusal) {
        try scan { scanner throws(JSONFault) in try scanner.enterObject() }
        let start = scanner.position
        var isEmpty = true
        var flagRange: Range<Int>?
        while let key = try nextMember() {
            isEmpty = false
            guard key == "include_usage" else {
                try skip()
                continue
            }
            guard flagRange == nil else { throw .duplicate("stream_options.include_usage") }
            let from = try significantPosition()
            summary.includesUsage = try flag("stream_options.include_usage")
            flagRange = from..<scanner.position
        }
        summary.streamOptions = flagRange.map { .flag($0) } ?? .object(start: start, isEmpty: isEmpty)
    }

    private mutating func readMessages() throws(RequestRefusal) {
        guard try peek() == .array else { throw .wrongType("messages", expected: "an array") }
        try scan { scanner throws(JSONFault) in try scanner.enterArray() }
        while try scan({ scanner throws(JSONFault) in try scanner.nextElement() }) {
            summary.messages += 1
            try countContent()
        }
    }

    private mutating func countContent() throws(RequestRefusal) {
        do { try content.count(&scanner) } catch { throw .notJSON(error) }
    }

    /// `true`, `false`, or `null` for `false`, as both vendors take it.
    private mutating func flag(_ path: String) throws(RequestRefusal) -> Bool {
        switch try peek() {
        case .boolean: return try scan { scanner throws(JSONFault) in try scanner.boolean() }
        case .null:
            try skip()
            return false
        default: throw .wrongType(path, expected: "true or false")
        }
    }

    /// An integer within `range`, or `null` for none.
    private mutating func limit(_ path: String, _ range: ClosedRange<Int64>) throws(RequestRefusal) -> Int64? {
        switch try peek() {
        case .number: break
        case .null:
            try skip()
            return nil
        default: throw .wrongType(path, expected: "an integer")
        }
        switch try scan({ scanner throws(JSONFault) in try scanner.number().integer }) {
        case .exact(let value) where range.contains(value): return value
        case .roundedUp: throw .wrongType(path, expected: "an integer")
        default: throw .outOfRange(path, allowed: "from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension RequestReader {
    private mutating func peek() throws(RequestRefusal) -> JSONKind {
        do { return try scanner.peek() } catch { throw .notJSON(error) }
    }

    private mutating func nextMember() throws(RequestRefusal) -> JSONText? {
        do { return try scanner.nextMember() } catch { throw .notJSON(error) }
    }

    @discardableResult
    private mutating func skip() throws(RequestRefusal) -> Range<Int> {
        do { return try scanner.skip() } catch { throw .notJSON(error) }
    }

    /// Where the next value begins.
    private mutating func significantPosition() throws(RequestRefusal) -> Int {
        _ = try peek()
        return scanner.position
    }

    private mutating func scan<Value>(
        _ body: (inout JSONScanner) throws(JSONFault) -> Value
    ) throws(RequestRefusal) -> Value {
        do { return try body(&scanner) } catch { throw .notJSON(error) }
    }
}
