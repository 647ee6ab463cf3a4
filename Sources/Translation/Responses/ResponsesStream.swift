// ResponsesStream: a chat completion stream on its way to a client of the Responses API.
//
// For: `POST /v1/responses` with `stream`. It reads what PassthroughStream or TranslatedStream output for a chat client that asks
//   for usage; what is billed is theirs to meter.
// Refuses: to output anything before content has come (the commit point), anything after the end, and half an event. Skips and
//   counts malformed events (S-13). An answer beyond `textLimit` ends with `response.failed`.
// Called by: gatewayd, one for each attempt, behind the attempt's own stream.

/// A Responses stream as a state machine: bytes of chat chunks in, whole events out.
///
/// The face is that of `TranslatedStream`. After every call the output stands between two events, so `keepAlive` may be inserted
/// there. Events at the end repeat what was said, so the answer is kept: memory is bounded by `textLimit`, and what one call
/// appends by five times that.
public struct ResponsesStream {
    /// What the caller knows beforehand.
    public struct Options: Sendable {
        /// What the answer needs to know of its request.
        public var context: ResponsesContext
        /// Ids are made of it: `resp_` and so on.
        public var requestID: String
        /// The name the client asked for (C-06).
        public var clientModel: String
        /// The input count of an answer whose upstream says none.
        public var estimatedInput: Int64
        /// `created_at`, in seconds of Unix time.
        public var createdSeconds: Int64
        /// Most bytes of chunks before content; when more come the stream commits, as PassthroughStream does.
        public var preludeLimit: Int

        public init(
            context: ResponsesContext, requestID: String, clientModel: String, estimatedInput: Int64 = 0,
            createdSeconds: Int64 = 0, preludeLimit: Int = 64 << 10
        ) {
            self.context = context
            self.requestID = requestID
            self.clientModel = clientModel
            self.estimatedInput = min(max(estimatedInput, 0), UsageFields.largest)
            self.createdSeconds = createdSeconds
            self.preludeLimit = preludeLimit
        }
    }

    /// Most bytes an answer may have: a million tokens at four bytes, eight times the longest answers sold.
    public static let textLimit = 4 << 20
    /// Most items of an answer: thinking, text and calls may take turns, which they do some tens of times.
    public static let itemLimit = 1024

    private var parser = SSEParser()
    private var crossing: ResponsesCrossing

    public init(_ options: Options) { crossing = ResponsesCrossing(options) }

    /// How far the stream has come.
    public var phase: StreamPhase { crossing.phase }
    /// How it ended; `nil` before `finished`.
    public var ending: StreamEnding? { crossing.ending }
    /// Usage and content as the chat stream told them.
    public var usage: UsageReading { crossing.meter.reading }
    /// Events that were no JSON and were skipped, for the log (S-13).
    public var malformedEvents: Int { crossing.malformedEvents }
    /// The last event lacked its blank line (S-10), for the log.
    public var endedWithinFraming: Bool { crossing.endedWithinFraming }
    /// Whether any event has been output. `false` while committed means that only the caller's keep-alives went out.
    public var hasOutput: Bool { crossing.hasOutput }

    /// Takes bytes of the chat stream and appends the events that may go to the client.
    ///
    /// Bytes after the end are ignored.
    @discardableResult
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) -> StreamPhase {
        crossing.borrow(&out)
        do {
            try parser.feed(bytes, to: &crossing)
        } catch {
            crossing.breakOff(error == .lineTooLong ? .lineTooLong : .eventTooLong, .upstreamLimit)
        }
        crossing.giveBack(&out)
        return crossing.phase
    }

    /// The chat stream has ended cleanly.
    @discardableResult
    public mutating func receiveEnd(into out: inout [UInt8]) -> StreamEnding {
        crossing.borrow(&out)
        parser.end(to: &crossing)
        let ending = crossing.breakOff(.endOfInput, .upstreamEnded)
        crossing.giveBack(&out)
        return ending
    }

    /// The caller breaks the stream off. After content, `error` is told by `response.failed`, unless the answer was whole already.
    @discardableResult
    public mutating func interrupt(_ error: ErrorBody, into out: inout [UInt8]) -> StreamEnding {
        crossing.borrow(&out)
        let ending = crossing.breakOff(.interrupted, error)
        crossing.giveBack(&out)
        return ending
    }

    /// Commits before content has come, to open the answer early and keep it alive (T-10). `response.created` goes out now if the
    /// upstream has begun, else with its first event; from here on an error cannot change the status.
    public mutating func commit(into out: inout [UInt8]) {
        crossing.borrow(&out)
        crossing.commit()
        crossing.giveBack(&out)
    }

    /// A comment, which keeps the connection alive and means nothing (T-11). Append it after any call while the stream is
    /// committed, and only while the upstream attempt is alive.
    public var keepAlive: [UInt8] { Self.comment }

    private static let comment = Array(": keep-alive\n\n".utf8)
}
