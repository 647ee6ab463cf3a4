// StreamCrossing: decides for each event of the upstream whether it is translated, skipped or the end.
//
// For: TranslatedStream; the same course as StreamRelay's, so that both bill and fail over alike.
// Refuses: output in the prelude and after the end.
// Called by: SSEParser hands it the events, TranslatedStream the rest.

struct StreamCrossing {
    private let options: TranslatedStream.Options
    /// The caller's buffer while a call lasts.
    private var out: [UInt8] = []
    /// How much the caller's buffer held.
    private var borrowed = 0
    /// Bytes of the upstream's frames before content.
    private var preludeBytes = 0
    /// The upstream has sent a frame of an answer.
    private var hasBegun = false
    /// One of the two works, the client's.
    private var toAnthropic: StreamToAnthropic
    private var toOpenAI: StreamToOpenAI

    private(set) var phase = StreamPhase.prelude
    private(set) var ending: StreamEnding?
    private(set) var meter: UsageMeter
    private(set) var malformedEvents = 0
    private(set) var endedWithinFraming = false
    private(set) var hasOutput = false

    init(_ options: TranslatedStream.Options) {
        self.options = options
        meter = UsageMeter(options.upstream)
        toAnthropic = StreamToAnthropic(options)
        toOpenAI = StreamToOpenAI(options)
    }

    /// The upstream ended for a reason that nobody knows.
    var hasUnknownReason: Bool { toAnthropic.hasUnknownReason || toOpenAI.hasUnknownReason }

    /// Anthropic's `message_start` has been output.
    var hasOpenedAnthropic: Bool { toAnthropic.isOpen }

    mutating func borrow(_ buffer: inout [UInt8]) {
        borrowed = buffer.count
        swap(&out, &buffer)
    }

    mutating func giveBack(_ buffer: inout [UInt8]) {
        hasOutput = hasOutput || out.count > borrowed
        swap(&out, &buffer)
    }
}

extension StreamCrossing: SSESink {
    mutating func receive(_ event: SSEEvent) -> Bool {
        guard phase != .finished else { return false }
        guard event.hasData else {
            hold(event)
            return true
        }
        do {
            var facts =
                try options.upstream == .anthropic ? AnthropicEvent.read(event.data) : OpenAIChunk.read(event.data)
            if StreamRelay.isNamedError(event) { facts.role = .failure }
            take(facts, event)
        } catch {
            takeMalformed(event)
        }
        return phase != .finished
    }

    /// Nothing of an upstream's line ends is passed on.
    mutating func receiveLateLineFeed() {}

    private mutating func take(_ facts: EventFacts, _ event: SSEEvent) {
        if !facts.usage.isEmpty { meter.merge(facts.usage, isOpening: facts.opensMessage) }
        if !event.isTerminated { endedWithinFraming = true }
        switch facts.role {
        case .lifecycle, .usageOnly:
            hold(event)
            translate(event)
        case .content, .finish:
            meter.contentBytes += facts.contentBytes
            commit()
            translate(event)
        case .terminal: terminate()
        case .failure: fail(StreamRelay.error(in: event, options.upstream))
        }
    }

    /// Counts a frame that comes before content; when the limit is passed the stream commits.
    private mutating func hold(_ event: SSEEvent) {
        guard phase == .prelude else { return }
        preludeBytes += event.raw.count
        if preludeBytes > options.preludeLimit { commit() }
    }

    private mutating func translate(_ event: SSEEvent) {
        hasBegun = true
        let isCommitted = phase == .committed
        let fits =
            switch options.client {
            case .anthropic: toAnthropic.take(event.data, meter, isCommitted: isCommitted, &out)
            case .openai: toOpenAI.take(event.data, isCommitted: isCommitted, &out)
            }
        if !fits { truncate(.queueTooLong, .queueLimit) }
    }

    /// An event that is no JSON is skipped (S-13), unless it is named `error`: then it is one, told in plain text. Half an event
    /// at the end of the stream is no event.
    private mutating func takeMalformed(_ event: SSEEvent) {
        if StreamRelay.isNamedError(event) { return fail(StreamRelay.error(in: event, options.upstream)) }
        guard event.isTerminated else { return }
        malformedEvents += 1
        hold(event)
    }

    /// The vendor's last frame. Without any content or reason before it there was no answer (T-07).
    private mutating func terminate() {
        guard phase == .committed else { return finish(.empty(.endOfInput)) }
        breakOff(.endOfInput, .upstreamEnded)
    }

    private mutating func fail(_ error: VendorError) {
        guard phase == .committed else { return finish(.refused(error)) }
        ErrorBody(crossing: error).appendEvent(options.client, requestID: options.requestID, to: &out)
        finish(.failed(error))
    }
}

extension StreamCrossing {
    /// Begins the output, with the opening frame if the upstream has begun.
    mutating func commit() {
        guard phase == .prelude else { return }
        phase = .committed
        guard hasBegun else { return }
        switch options.client {
        case .anthropic: toAnthropic.open(meter, &out)
        case .openai: toOpenAI.open(&out)
        }
    }

    /// Ends a stream that will bring nothing more. An answer whose reason was given is whole (T-02); `error` tells the client of
    /// any other that had begun, one that has its last frame but no reason among them.
    @discardableResult
    mutating func breakOff(_ fault: StreamFault, _ error: ErrorBody) -> StreamEnding {
        if let ending { return ending }
        let isWhole = options.client == .anthropic ? toAnthropic.isWhole : toOpenAI.isWhole
        if phase != .committed {
            finish(.empty(fault))
        } else if isWhole {
            complete()
        } else {
            truncate(fault, error)
        }
        return ending ?? .empty(fault)
    }

    private mutating func complete() {
        let usage = meter.reading.settled(estimatedInput: options.estimatedInput, complete: true).usage
        switch options.client {
        case .anthropic: toAnthropic.finish(usage, &out)
        case .openai: toOpenAI.finish(usage, &out)
        }
        finish(.complete)
    }

    private mutating func truncate(_ fault: StreamFault, _ error: ErrorBody) {
        error.appendEvent(options.client, requestID: options.requestID, to: &out)
        finish(.truncated(fault))
    }

    private mutating func finish(_ ending: StreamEnding) {
        phase = .finished
        self.ending = ending
    }
}

extension ErrorBody {
    static let queueLimit = ErrorBody(
        .upstreamFailed, "The upstream sent more tool calls at the same time than the gateway holds.")

    /// A vendor's error for a client of the other dialect (T-18). What concerns the gateway's own credential is not told.
    init(crossing error: VendorError) {
        if error.status == 401 || error.status == 403 {
            self.init(.upstreamFailed, "The model's provider refused this gateway's credential.")
        } else {
            self.init(
                error.kind, error.message.isEmpty ? "The model's provider reported an error." : error.message,
                param: error.param.isEmpty ? nil : error.param, code: error.code.isEmpty ? nil : error.code)
        }
    }
}
