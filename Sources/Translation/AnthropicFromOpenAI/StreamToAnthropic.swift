// StreamToAnthropic: an OpenAI chat stream as an Anthropic message stream.
//
// For: clients of `/v1/messages` whose model lives behind an OpenAI surface (cases X-01 … X-28).
// Refuses: choices beyond the first, audio. `message_delta` and `message_stop` come together at the end of the stream, so
//   that the usage in them is the last word and no error can follow a reason.
// Called by: StreamCrossing.

import JSON
import Money

struct StreamToAnthropic {
    private let options: TranslatedStream.Options
    /// The client's model as a JSON string with its quotes.
    private let model: [UInt8]
    /// The message's id, spelled; empty until the upstream gives one or the message opens.
    private var id: [UInt8] = []
    private var blocks: StreamBlocks
    /// Finds calls in text, where the upstream writes them so.
    private var textCalls = TextCalls()
    private var reason: StopReason?
    private var isRefusal = false
    /// `message_start` has been output.
    private(set) var isOpen = false

    init(_ options: TranslatedStream.Options) {
        self.options = options
        var name: [UInt8] = []
        JSONWriter.appendString(options.clientModel, to: &name)
        model = name
        blocks = StreamBlocks(options)
    }

    /// The upstream has said why it ended.
    var isWhole: Bool { reason != nil }

    /// It gave a reason that nobody knows.
    var hasUnknownReason: Bool { reason?.isUnknown == true }

    /// Takes a chunk that has been read as JSON before. `false`: it does not fit.
    mutating func take(
        _ data: UnsafeRawBufferPointer, _ meter: UsageMeter, isCommitted: Bool, _ out: inout [UInt8]
    ) -> Bool {
        // The chunk has been read before, so that reading it again cannot fail.
        (try? read(data, meter, isCommitted: isCommitted, &out)) ?? true
    }

    private mutating func read(
        _ data: UnsafeRawBufferPointer, _ meter: UsageMeter, isCommitted: Bool, _ out: inout [UInt8]
    ) throws(JSONFault) -> Bool {
        var fits = true
        var scanner = JSONScanner(data)
        try scanner.enterObject()
        while fits, let key = try scanner.nextMember() {
            if key == "choices", isCommitted, try scanner.peek() == .array {
                open(meter, &out)
                fits = try takeChoices(&scanner, data, &out)
            } else if key == "id", id.isEmpty {
                try readID(&scanner)
            } else {
                try scanner.skip()
            }
        }
        if isCommitted { open(meter, &out) }
        return fits
    }

    private mutating func readID(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard let text = try scanner.textOrSkip(), !text.isEmpty else { return }
        id = AnswerNames.id(text, prefix: "msg_", requestID: options.requestID)
    }

    /// Outputs `message_start`, once.
    mutating func open(_ meter: UsageMeter, _ out: inout [UInt8]) {
        guard !isOpen else { return }
        isOpen = true
        if id.isEmpty { id = AnswerNames.id(nil, prefix: "msg_", requestID: options.requestID) }
        let reading = meter.reading
        var usage = reading.usage
        if !reading.inputReported { usage = Usage(uncachedInput: max(options.estimatedInput, 1)) }
        usage.output = 0
        AnthropicFrames.messageStart(id: id, model: model, usage, &out)
    }

    /// The upstream has ended after its reason: everything that waits, and the end.
    mutating func finish(_ usage: Usage, _ out: inout [UInt8]) {
        _ = closeBlocks(&out)  // what did not fit would have ended the stream before
        AnthropicFrames.end(
            reason ?? StopReason(), hasTools: blocks.hasTools, isRefusal: isRefusal, usage, &out)
    }
}

extension StreamToAnthropic {
    private mutating func takeChoices(
        _ scanner: inout JSONScanner, _ data: UnsafeRawBufferPointer, _ out: inout [UInt8]
    ) throws(JSONFault) -> Bool {
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            let parts = try ChatParts(&scanner, speech: "delta")
            guard parts.index == 0 else { continue }
            guard try take(parts, data, &out) else { return false }
        }
        return true
    }

    /// One delta. A chunk that brings several kinds of content is read in the order in which models produce them.
    private mutating func take(
        _ parts: ChatParts, _ data: UnsafeRawBufferPointer, _ out: inout [UInt8]
    ) throws(JSONFault) -> Bool {
        var fits = true
        if let text = parts.reasoning { fits = think(text.spelling, &out) }
        if let text = parts.content, fits { fits = say(text, &out) }
        if let list = parts.contentList, fits {
            try ChatPartList.forEach(UnsafeRawBufferPointer(rebasing: data[list])) { text, isThinking in
                guard fits else { return }
                fits = isThinking ? think(text.spelling, &out) : say(text, &out)
            }
        }
        if let text = parts.refusal, fits {
            isRefusal = true
            fits = blocks.say(.text, text.spelling, &out)
        }
        if let calls = parts.toolCalls, fits {
            fits = try takeCalls(UnsafeRawBufferPointer(rebasing: data[calls]), &out)
        }
        if let call = parts.functionCall, fits {
            let fragment = try ChatCall(functionCall: UnsafeRawBufferPointer(rebasing: data[call]))
            fits = blocks.take(fragment, &out)
        }
        if let reason = StopReason(parts), fits {
            self.reason = self.reason ?? reason
            fits = closeBlocks(&out)
        }
        return fits
    }

    private mutating func think(_ text: UnsafeRawBufferPointer, _ out: inout [UInt8]) -> Bool {
        blocks.say(.thinking, text, &out)
    }

    @inline(__always)
    private mutating func say(_ text: JSONText, _ out: inout [UInt8]) -> Bool {
        guard options.traits.writesToolCallsAsText else { return blocks.say(.text, text.spelling, &out) }
        return findCalls(&out) { $0.take(text, $1) }
    }

    /// Lets `body` look for calls in text, and takes what is found.
    private mutating func findCalls(
        _ out: inout [UInt8], _ body: (inout TextCalls, TextCalls.Sink) -> Bool
    ) -> Bool {
        var finder = TextCalls()
        swap(&finder, &textCalls)
        let fits = body(&finder) { piece in
            switch piece {
            case .text(let spelled): blocks.say(.text, spelled, &out)
            case .call(let call): blocks.take(call, &out)
            }
        }
        swap(&finder, &textCalls)
        return fits
    }

    private mutating func takeCalls(_ list: UnsafeRawBufferPointer, _ out: inout [UInt8]) throws(JSONFault) -> Bool {
        var scanner = JSONScanner(list)
        try scanner.enterArray()
        while try scanner.nextElement() {
            guard try scanner.peek() == .object else {
                try scanner.skip()
                continue
            }
            guard blocks.take(try ChatCall(&scanner, in: list), &out) else { return false }
        }
        return true
    }

    /// Everything that waits goes out. Returns whether it fitted.
    private mutating func closeBlocks(_ out: inout [UInt8]) -> Bool {
        var fits = true
        if options.traits.writesToolCallsAsText { fits = findCalls(&out) { $0.finish($1) } }
        blocks.closeAll(&out)
        return fits
    }
}
