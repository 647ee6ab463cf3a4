// AnthropicEvent: reads one event of an Anthropic message stream.
//
// For: PassthroughStream. The type in the data decides, not the event's name (S-11); members may come in any order.
// Refuses: data that is not JSON (JSONFault). Unknown types and members mean nothing and pass.
// Called by: StreamRelay.

import JSON

struct AnthropicEvent {
    private enum Kind {
        case other, messageStart, blockStart, blockDelta, messageDelta, messageStop, error
    }

    private var kind = Kind.other
    private var facts = EventFacts()
    /// The block or delta is of a kind that says nothing while its text is empty.
    private var isEmptyKind = false
    private var hasError = false
    private var hasStopReason = false

    private init() {}

    /// What `data` says.
    static func read(_ data: UnsafeRawBufferPointer) throws(JSONFault) -> EventFacts {
        var event = AnthropicEvent()
        var scanner = JSONScanner(data)
        try scanner.enterObject()
        while let key = try scanner.nextMember() { try event.member(key, &scanner) }
        try scanner.finish()
        event.decide()
        return event.facts
    }

    private mutating func member(_ key: JSONText, _ scanner: inout JSONScanner) throws(JSONFault) {
        if key == "type" {
            try readType(&scanner)
        } else if key == "delta" || key == "content_block" {
            try readPart(&scanner)
        } else if key == "message" {
            try readMessage(&scanner)
        } else if key == "usage" {
            try facts.usage.readAnthropic(&scanner)
        } else if key == "error" {
            hasError = try scanner.peek() != .null
            try scanner.skip()
        } else {
            try scanner.skip()
        }
    }

    private mutating func readType(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .string else {
            try scanner.skip()
            return
        }
        let text = try scanner.text()
        kind = Self.kind(text)
        if !text.isEmpty, !text.isEscaped { facts.typeName = text.start..<text.end }
    }

    private static func kind(_ type: JSONText) -> Kind {
        if type == "content_block_delta" { return .blockDelta }
        if type == "content_block_start" { return .blockStart }
        if type == "message_delta" { return .messageDelta }
        if type == "message_start" { return .messageStart }
        if type == "message_stop" { return .messageStop }
        if type == "error" { return .error }
        return .other
    }

    /// A `delta` or `content_block`: counts what was said, notes why it ended.
    private mutating func readPart(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "text" || key == "partial_json" || key == "thinking" || key == "data" {
                try countText(&scanner)
            } else if key == "type", try scanner.peek() == .string {
                let type = try scanner.text()
                isEmptyKind =
                    type == "text_delta" || type == "input_json_delta" || type == "thinking_delta" || type == "text"
                    || type == "thinking"
            } else if key == "stop_reason" {
                hasStopReason = try scanner.peek() == .string
                try scanner.skip()
            } else {
                try scanner.skip()
            }
        }
    }

    private mutating func countText(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .string else {
            try scanner.skip()
            return
        }
        facts.contentBytes += try scanner.text().decodedCount
    }

    private mutating func readMessage(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "model", try scanner.peek() == .string {
                facts.model = try scanner.text().quotedRange
            } else if key == "usage" {
                try facts.usage.readAnthropic(&scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    private mutating func decide() {
        switch kind {
        case .messageStart: facts.opensMessage = true
        case .blockStart, .blockDelta: facts.role = facts.contentBytes > 0 || !isEmptyKind ? .content : .lifecycle
        case .messageDelta where hasStopReason:
            facts.role = .finish
            facts.choicesMet = 1
            facts.choicesEnded = 1
        case .messageStop: facts.role = .terminal
        case .error: facts.role = .failure
        case .other where hasError: facts.role = .failure
        case .messageDelta, .other: break
        }
    }
}
