// CompletionToAnthropic: an OpenAI chat completion as an Anthropic message.
//
// For: TranslatedCompletion. The same rules as the stream's, for an answer that is there at once.
// Refuses: what the scanner refuses. Only the first choice is told (X-27); a completion without one says nothing.
// Called by: TranslatedCompletion.

import JSON
import Money

struct CompletionToAnthropic {
    private let options: TranslatedStream.Options
    /// The blocks so far, separated by commas.
    private var content: [UInt8] = []
    private var calls = 0
    private var isRefusal = false
    private var reason = StopReason()
    private(set) var notes = CompletionNotes()

    init(_ options: TranslatedStream.Options) { self.options = options }

    /// Appends the message.
    mutating func append(_ body: UnsafeRawBufferPointer, _ usage: Usage, to out: inout [UInt8]) throws(JSONFault) {
        var id: JSONText?
        var scanner = JSONScanner(body)
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "choices", try scanner.peek() == .array {
                try takeChoices(&scanner, body)
            } else if key == "id" {
                id = try scanner.textOrSkip()
            } else {
                try scanner.skip()
            }
        }
        out.put(#"{"id":""#)
        out.append(contentsOf: AnswerNames.id(id, prefix: "msg_", requestID: options.requestID))
        out.put(#"","type":"message","role":"assistant","model":"#)
        JSONWriter.appendString(options.clientModel, to: &out)
        out.put(#","content":["#)
        out.append(contentsOf: content)
        out.put("],")
        notes.hasUnknownReason = reason.isUnknown
        reason.append(hasTools: calls > 0, isRefusal: isRefusal, to: &out)
        out.put(#","usage":"#)
        AnthropicFrames.usage(usage, &out)
        out.put("}")
    }

    private mutating func takeChoices(
        _ scanner: inout JSONScanner, _ body: UnsafeRawBufferPointer
    ) throws(JSONFault) {
        var isFirst = true
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard isFirst, try scanner.peek() == .object else {
                if !isFirst { notes.dropped.note("choices") }
                try scanner.skip()
                continue
            }
            isFirst = false
            try take(try ChatParts(&scanner, speech: "message"), body)
        }
    }

    private mutating func take(_ parts: ChatParts, _ body: UnsafeRawBufferPointer) throws(JSONFault) {
        if let text = parts.reasoning { think(text) }
        if let text = parts.content { say(text) }
        if let list = parts.contentList {
            try ChatPartList.forEach(UnsafeRawBufferPointer(rebasing: body[list])) { text, isThinking in
                if isThinking { think(text) } else { say(text) }
            }
        }
        if let text = parts.refusal {
            isRefusal = true
            say(text.spelling)
        }
        if let calls = parts.toolCalls { try takeCalls(UnsafeRawBufferPointer(rebasing: body[calls])) }
        if let call = parts.functionCall {
            add(try ChatCall(functionCall: UnsafeRawBufferPointer(rebasing: body[call])))
        }
        if let reason = StopReason(parts) { self.reason = reason }
        if parts.hasAnnotations { notes.dropped.note("message.annotations") }
        if parts.hasAudio { notes.dropped.note("message.audio") }
    }

    private mutating func takeCalls(_ list: UnsafeRawBufferPointer) throws(JSONFault) {
        var scanner = JSONScanner(list)
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            add(try ChatCall(&scanner, in: list))
        }
    }
}

extension CompletionToAnthropic {
    private mutating func next() {
        if !content.isEmpty { content.put(",") }
    }

    /// The signature stays empty: nothing of ours may look like a vendor's (X-15).
    private mutating func think(_ text: JSONText) {
        next()
        content.put(#"{"type":"thinking","thinking":""#)
        content.put(text)
        content.put(#"","signature":""}"#)
    }

    private mutating func say(_ text: UnsafeRawBufferPointer) {
        next()
        content.put(#"{"type":"text","text":""#)
        content.append(contentsOf: text)
        content.put(#""}"#)
    }

    /// Text, in which calls may be written.
    private mutating func say(_ text: JSONText) {
        guard options.traits.writesToolCallsAsText else { return say(text.spelling) }
        var calls = TextCalls()
        func sink(_ piece: TextCalls.Piece) -> Bool {
            switch piece {
            case .text(let spelled): say(spelled)
            case .call(let call): add(call)
            }
            return true
        }
        _ = calls.take(text, sink)
        _ = calls.finish(sink)
    }

    private mutating func add(_ call: ChatCall) {
        next()
        content.put(#"{"type":"tool_use","id":""#)
        if let id = call.id {
            content.put(id)
        } else {
            content.append(contentsOf: StreamCall.madeID(calls, options.requestID))
        }
        if options.traits.keepsThoughtSignatures, let signature = call.signature {
            content.append(contentsOf: SignedCallID.suffix(signature))
        }
        content.put(#"","name":""#)
        content.append(contentsOf: AnswerNames.tool(call.name.map { Array($0.spelling) } ?? [], options.names))
        content.put(#"","input":"#)
        putInput(call)
        content.put("}")
        calls += 1
    }

    /// The arguments as the object they spell. What is none was cut off and stays the text it is, inside an object as in the
    /// requests that bring it back (see ToolArguments): never repaired (X-10).
    private mutating func putInput(_ call: ChatCall) {
        if let object = call.argumentsObject { return content.append(contentsOf: object) }
        guard let text = call.arguments else { return content.put("{}") }
        var decoded: [UInt8] = []
        text.decode(into: &decoded)
        if decoded.allSatisfy({ $0 <= 0x20 }) {
            content.put("{}")
        } else if Self.isObject(decoded) {
            content.append(contentsOf: decoded)
        } else {
            content.put(#"{"arguments":""#)
            content.put(text)
            content.put(#""}"#)
        }
    }

    private static func isObject(_ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            guard (try? scanner.peek()) == .object, (try? scanner.skip()) != nil else { return false }
            return (try? scanner.finish()) != nil
        }
    }
}
