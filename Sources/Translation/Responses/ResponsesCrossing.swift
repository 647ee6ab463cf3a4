// ResponsesCrossing: decides for each chunk of a chat stream whether it is told, skipped or the end.
//
// For: ResponsesStream; the same course as StreamCrossing's, so that streams of all surfaces end alike.
// Refuses: output in the prelude and after the end.
// Called by: SSEParser hands it the events, ResponsesStream the rest.

import Money

struct ResponsesCrossing {
    private let options: ResponsesStream.Options
    /// The caller's buffer while a call lasts.
    private var out: [UInt8] = []
    /// How much the caller's buffer held.
    private var borrowed = 0
    /// Bytes of chunks before content.
    private var preludeBytes = 0
    /// The upstream has sent a chunk of an answer.
    private var hasBegun = false
    private var events: ResponseEvents

    private(set) var phase = StreamPhase.prelude
    private(set) var ending: StreamEnding?
    private(set) var meter = UsageMeter(.openai)
    private(set) var malformedEvents = 0
    private(set) var endedWithinFraming = false
    private(set) var hasOutput = false

    init(_ options: ResponsesStream.Options) {
        self.options = options
        events = ResponseEvents(options)
    }

    mutating func borrow(_ buffer: inout [UInt8]) {
        borrowed = buffer.count
        swap(&out, &buffer)
    }

    mutating func giveBack(_ buffer: inout [UInt8]) {
        hasOutput = hasOutput || out.count > borrowed
        swap(&out, &buffer)
    }
}

extension ResponsesCrossing: SSESink {
    mutating func receive(_ event: SSEEvent) -> Bool {
        guard phase != .finished else { return false }
        guard event.hasData else {
            hold(event)
            return true
        }
        do {
            var facts = try OpenAIChunk.read(event.data)
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
        if !facts.usage.isEmpty { meter.merge(facts.usage, isOpening: false) }
        if !event.isTerminated { endedWithinFraming = true }
        switch facts.role {
        case .lifecycle, .usageOnly:
            hold(event)
            tell(event)
        case .content, .finish:
            meter.contentBytes += facts.contentBytes
            commit()
            tell(event)
        case .terminal: terminate()
        case .failure: fail(StreamRelay.error(in: event, .openai))
        }
    }

    /// Counts a chunk that comes before content; when the limit is passed the stream commits.
    private mutating func hold(_ event: SSEEvent) {
        guard phase == .prelude else { return }
        preludeBytes += event.raw.count
        if preludeBytes > options.preludeLimit { commit() }
    }

    /// What is said in the prelude, signatures and ciphers alone, is told with the first content.
    private mutating func tell(_ event: SSEEvent) {
        hasBegun = true
        let fits = events.take(event.data)
        if phase == .committed { events.tell(&out) }
        if !fits { truncate(.queueTooLong, .responseLimit) }
    }

    /// As in StreamCrossing: skipped (S-13), unless it is named `error`.
    private mutating func takeMalformed(_ event: SSEEvent) {
        if StreamRelay.isNamedError(event) { return fail(StreamRelay.error(in: event, .openai)) }
        guard event.isTerminated else { return }
        malformedEvents += 1
        hold(event)
    }

    /// `[DONE]`. Without any content or reason before it there was no answer (T-07).
    private mutating func terminate() {
        guard phase == .committed else { return finish(.empty(.endOfInput)) }
        breakOff(.endOfInput, .upstreamEnded)
    }

    /// Before content nothing goes out, and another attempt may run (Y-13).
    private mutating func fail(_ error: VendorError) {
        guard phase == .committed else { return finish(.refused(error)) }
        tell(ErrorBody(crossing: error))
        finish(.failed(error))
    }
}

extension ResponsesCrossing {
    /// Begins the output, with the opening events if the upstream has begun.
    mutating func commit() {
        guard phase == .prelude else { return }
        phase = .committed
        if hasBegun { events.open(&out) }
    }

    /// Ends a stream that will bring nothing more. An answer whose reason was given is whole (T-02); `error` tells the client of
    /// any other that had begun.
    @discardableResult
    mutating func breakOff(_ fault: StreamFault, _ error: ErrorBody) -> StreamEnding {
        if let ending { return ending }
        if phase != .committed {
            finish(.empty(fault))
        } else if events.isWhole {
            events.finish(usage, &out)
            finish(.complete)
        } else {
            truncate(fault, error)
        }
        return ending ?? .empty(fault)
    }

    private mutating func truncate(_ fault: StreamFault, _ error: ErrorBody) {
        commit()
        tell(error)
        finish(.truncated(fault))
    }

    private mutating func tell(_ error: ErrorBody) {
        events.fail(Self.code(error.code ?? "", error.kind), error.message, usage, &out)
    }

    private var usage: ResponseUsageReading { ResponseUsageReading(meter.reading, options.estimatedInput) }

    /// A vendor's own word, or the nearest of those the Responses API documents.
    private static func code(_ code: String, _ kind: ErrorKind) -> String {
        if !code.isEmpty, code.utf8.contains(where: { $0 > 0x39 }) { return code }
        switch kind {
        case .rateLimit: return "rate_limit_exceeded"
        case .invalidRequest, .requestTooLarge: return "invalid_prompt"
        default: return kind.openAICode ?? "server_error"
        }
    }

    private mutating func finish(_ ending: StreamEnding) {
        phase = .finished
        self.ending = ending
    }
}

/// What the upstream reported of its usage.
struct ResponseUsageReading {
    /// With our own count where it said nothing.
    let settled: Usage
    /// As it said it; `nil` when it said nothing.
    let reported: Usage?

    init(_ reading: UsageReading, _ estimatedInput: Int64) {
        settled = reading.settled(estimatedInput: estimatedInput, complete: true).usage
        reported = reading.inputReported || reading.outputReported ? reading.usage : nil
    }
}

extension ErrorBody {
    static let responseLimit = ErrorBody(
        .upstreamFailed, "The answer is longer than the gateway can keep for this API.")
}
