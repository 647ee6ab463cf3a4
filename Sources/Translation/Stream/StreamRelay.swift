// StreamRelay: decides for each event whether it is held, forwarded, changed, dropped or the end.
//
// For: PassthroughStream.
// Refuses: output in the prelude and after the end.
// Called by: SSEParser hands it the events, PassthroughStream the rest.

import JSON

struct StreamRelay {
    private let options: PassthroughStream.Options
    /// The client's model as a JSON string with its quotes; empty to leave the upstream's.
    private let clientModel: [UInt8]
    /// The caller's buffer while a call lasts.
    private var out: [UInt8] = []
    /// Events held back in the prelude.
    private var held: [UInt8] = []
    /// Where the last event went, for an LF that comes late.
    private var lastWas = Fate.dropped
    private var choicesMet: UInt128 = 0
    private var choicesEnded: UInt128 = 0

    private(set) var phase = StreamPhase.prelude
    private(set) var ending: StreamEnding?
    private(set) var meter: UsageMeter
    private(set) var malformedEvents = 0
    private(set) var endedWithinFraming = false
    private(set) var hasOutput = false
    /// Anthropic's `message_start` has been output.
    private(set) var hasOpened = false
    private var holdsOpening = false

    private enum Fate { case dropped, held, sent }

    init(_ options: PassthroughStream.Options) {
        self.options = options
        var model: [UInt8] = []
        if let name = options.clientModel { JSONWriter.appendString(name, to: &model) }
        clientModel = model
        meter = UsageMeter(options.dialect)
    }

    mutating func borrow(_ buffer: inout [UInt8]) { swap(&out, &buffer) }
    mutating func giveBack(_ buffer: inout [UInt8]) { swap(&out, &buffer) }
}

extension StreamRelay: SSESink {
    mutating func receive(_ event: SSEEvent) -> Bool {
        guard phase != .finished else { return false }
        guard event.hasData else {
            forward(event)
            return true
        }
        do {
            var facts =
                try options.dialect == .anthropic ? AnthropicEvent.read(event.data) : OpenAIChunk.read(event.data)
            if Self.isNamedError(event) { facts.role = .failure }
            take(facts, event)
        } catch {
            takeMalformed(event)
        }
        return phase != .finished
    }

    mutating func receiveLateLineFeed() {
        switch lastWas {
        case .dropped: break
        case .held: held.append(UInt8(ascii: "\n"))
        case .sent: out.append(UInt8(ascii: "\n"))
        }
    }

    private mutating func take(_ facts: EventFacts, _ event: SSEEvent) {
        if !facts.usage.isEmpty { meter.merge(facts.usage, isOpening: facts.opensMessage) }
        if !event.isTerminated { endedWithinFraming = true }
        choicesMet |= facts.choicesMet
        choicesEnded |= facts.choicesEnded
        switch facts.role {
        case .lifecycle: forward(event, facts)
        case .usageOnly:
            if options.dropsUsageChunk { lastWas = .dropped } else { forward(event, facts) }
        case .content, .finish:
            meter.contentBytes += facts.contentBytes
            commit()
            forward(event, facts)
        case .terminal: terminate(event, facts)
        case .failure: fail(event, facts, Self.error(in: event, options.dialect))
        }
    }

    /// The vendor's last frame. Without any content or reason before it there was no answer (T-07).
    private mutating func terminate(_ event: SSEEvent, _ facts: EventFacts) {
        guard phase == .committed else { return endInPrelude(.empty(.endOfInput)) }
        forward(event, facts)
        finish(.complete)
    }

    /// Nothing that was held goes out.
    private mutating func endInPrelude(_ ending: StreamEnding) {
        lastWas = .dropped
        finish(ending)
    }

    private mutating func fail(_ event: SSEEvent, _ facts: EventFacts, _ error: VendorError) {
        guard phase == .committed else { return endInPrelude(.refused(error)) }
        forward(event, facts)
        finish(.failed(error))
    }

    /// An event that is no JSON: forwarded as it is (S-13), unless the stream ended in the middle of it. One that is named
    /// `error` is an error, told in plain text.
    private mutating func takeMalformed(_ event: SSEEvent) {
        if Self.isNamedError(event) {
            return fail(event, EventFacts(), Self.error(in: event, options.dialect))
        }
        guard event.isTerminated else { return }
        malformedEvents += 1
        forward(event)
    }

    static func isNamedError(_ event: SSEEvent) -> Bool {
        event.name.count == 5 && event.name.elementsEqual("error".utf8)
    }

    /// What an error event says: the vendor's object, an object of another shape, or plain text, of which 1 KiB is kept.
    static func error(in event: SSEEvent, _ dialect: Dialect) -> VendorError {
        let unnamed = ErrorKind.internal.status
        return VendorError.read(event.data, status: 200, dialect: dialect)
            ?? VendorError.read(event.data, status: unnamed, dialect: dialect)
            ?? VendorError(status: unnamed, message: String(decoding: event.data.prefix(1024), as: UTF8.self))
    }
}

extension StreamRelay {
    /// Releases what is held back.
    mutating func commit() {
        guard phase == .prelude else { return }
        phase = .committed
        out.append(contentsOf: held)
        hasOutput = hasOutput || !held.isEmpty
        hasOpened = holdsOpening
        if lastWas == .held { lastWas = .sent }
        held = []
    }

    /// Ends a stream that will bring nothing more. An answer whose reason was given is whole (T-02); `error` tells the client of
    /// any other that had begun.
    @discardableResult
    mutating func breakOff(_ fault: StreamFault, _ error: ErrorBody) -> StreamEnding {
        if let ending { return ending }
        lastWas = .dropped  // a line feed that comes late has nothing of ours to complete
        guard phase == .committed else {
            finish(.empty(fault))
            return .empty(fault)
        }
        if isAnswerWhole {
            out.append(contentsOf: options.dialect == .anthropic ? Self.messageStop : Self.done)
            finish(.complete)
            return .complete
        }
        error.appendEvent(options.dialect, requestID: options.requestID, to: &out)
        finish(.truncated(fault))
        return .truncated(fault)
    }

    /// Every choice asked for has said why it ended.
    private var isAnswerWhole: Bool {
        choicesEnded != 0 && choicesMet == choicesEnded && choicesEnded.nonzeroBitCount >= options.choices
    }

    private mutating func finish(_ ending: StreamEnding) {
        phase = .finished
        self.ending = ending
        held = []
    }

    private static let messageStop = Array("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".utf8)
    private static let done = Array("data: [DONE]\n\n".utf8)
}

extension StreamRelay {
    /// Puts the event where events go in this phase.
    private mutating func forward(_ event: SSEEvent, _ facts: EventFacts = EventFacts()) {
        if phase == .prelude, held.count + event.raw.count > options.preludeLimit { commit() }
        if phase == .prelude {
            render(event, facts, to: &held)
            lastWas = .held
            if facts.opensMessage { holdsOpening = true }
        } else {
            render(event, facts, to: &out)
            lastWas = .sent
            hasOutput = true
            if facts.opensMessage { hasOpened = true }
        }
    }

    /// Appends the event's bytes with what must change in them.
    @inline(__always)
    private func render(_ event: SSEEvent, _ facts: EventFacts, to buffer: inout [UInt8]) {
        var next = 0
        let lacksName = facts.typeName.map { Self.lacksName(event, event.data[$0]) } ?? false
        if lacksName, event.name.isEmpty { appendName(event, facts, to: &buffer) }
        if let model = facts.model, !clientModel.isEmpty {
            let range = event.rawRange(model)
            buffer.append(contentsOf: event.raw[..<range.lowerBound])
            buffer.append(contentsOf: clientModel)
            next = range.upperBound
        }
        if lacksName, !event.name.isEmpty {
            // The last name counts, so ours stands right before the blank line.
            buffer.append(contentsOf: event.raw[next..<event.blankLine])
            if !event.isTerminated { Self.endLine(&buffer) }
            appendName(event, facts, to: &buffer)
            next = event.blankLine
        }
        buffer.append(contentsOf: event.raw[next...])
        if !event.isTerminated {
            Self.endLine(&buffer)
            buffer.append(UInt8(ascii: "\n"))
        }
    }

    /// Whether the event is named otherwise than its type, and the type may stand in an `event:` line as it is.
    @inline(__always)
    private static func lacksName(_ event: SSEEvent, _ type: Slice<UnsafeRawBufferPointer>) -> Bool {
        !event.name.elementsEqual(type) && type.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private func appendName(_ event: SSEEvent, _ facts: EventFacts, to buffer: inout [UInt8]) {
        guard let name = facts.typeName else { return }
        buffer.append(contentsOf: "event: ".utf8)
        buffer.append(contentsOf: event.data[name])
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Ends a last line that the stream left without its end (S-10).
    private static func endLine(_ buffer: inout [UInt8]) {
        if buffer.last != UInt8(ascii: "\n") { buffer.append(UInt8(ascii: "\n")) }
    }
}
