// TranslatedStream: an upstream's event stream on its way to a client that speaks the other dialect.
//
// For: turning events into the client's events as they come, metering the upstream's exactly as PassthroughStream would, and
//   ending every stream correctly.
// Refuses: to output anything before content has come (the commit point), anything after the end, and half an event. Skips and
//   counts malformed events (S-13). More than `queueLimit` bytes that must wait for their turn end the stream with an error.
// Called by: gatewayd, one for each attempt.

/// A stream that changes its dialect, as a state machine: bytes in, whole events of the client's dialect out.
///
/// The face is that of `PassthroughStream`. After every call the output stands between two events, so `keepAlive` may be
/// inserted there. Memory is bounded by the limits of one event and by `queueLimit`.
public struct TranslatedStream {
    /// What the caller knows beforehand.
    public struct Options: Sendable {
        /// The language of the output.
        public var client: Dialect
        /// The language of the input.
        public var upstream: Dialect
        /// For ids the upstream does not give and for error events of our own.
        public var requestID: String
        /// The name the client asked for; every event that names a model names this one (C-06).
        public var clientModel: String
        /// The client asked for OpenAI's usage chunk (Y-01).
        public var includesUsage: Bool
        /// The tool names that were changed in the request.
        public var names: ToolNameMap
        /// The input count of Anthropic's opening frame while the upstream has said none.
        public var estimatedInput: Int64
        /// OpenAI's `created`, in seconds of Unix time.
        public var createdSeconds: Int64
        /// In what the upstream departs from its dialect.
        public var traits: UpstreamTraits
        /// Most bytes of the upstream's frames before content; when more come the stream commits, as PassthroughStream does.
        public var preludeLimit: Int

        public init(
            client: Dialect, upstream: Dialect, requestID: String = "", clientModel: String,
            includesUsage: Bool = false, names: ToolNameMap = ToolNameMap(), estimatedInput: Int64 = 0,
            createdSeconds: Int64 = 0, traits: UpstreamTraits = UpstreamTraits(), preludeLimit: Int = 64 << 10
        ) {
            self.client = client
            self.upstream = upstream
            self.requestID = requestID
            self.clientModel = clientModel
            self.includesUsage = includesUsage
            self.names = names
            self.estimatedInput = min(max(estimatedInput, 0), UsageFields.largest)
            self.createdSeconds = createdSeconds
            self.traits = traits
            self.preludeLimit = preludeLimit
        }
    }

    /// Most bytes of tool calls that wait for their turn because another block is open. A file written by a tool call
    /// is some tens of kilobytes; a megabyte holds every parallel call seen.
    public static let queueLimit = 1 << 20
    /// Most tool calls of one answer, ten times what agents make in parallel.
    public static let callLimit = 128

    private var parser = SSEParser()
    private var crossing: StreamCrossing

    /// The two dialects must differ.
    public init(_ options: Options) {
        precondition(options.client != options.upstream, "a stream of one dialect is passed through, not translated")
        crossing = StreamCrossing(options)
    }

    /// How far the stream has come.
    public var phase: StreamPhase { crossing.phase }
    /// How it ended; `nil` before `finished`.
    public var ending: StreamEnding? { crossing.ending }
    /// Usage and content so far: what PassthroughStream would have read.
    public var usage: UsageReading { crossing.meter.reading }
    /// Events that were no JSON and were skipped, for the log (S-13).
    public var malformedEvents: Int { crossing.malformedEvents }
    /// The upstream ended for a reason that nobody knows, which went out as an ordinary end, for a metric.
    public var hasUnknownReason: Bool { crossing.hasUnknownReason }
    /// The last event lacked its blank line (S-10), for the log.
    public var endedWithinFraming: Bool { crossing.endedWithinFraming }
    /// Whether any event has been output. `false` while committed means that only the caller's keep-alives went out.
    public var hasOutput: Bool { crossing.hasOutput }

    /// Takes bytes as they were read from the upstream and appends the events that may go to the client.
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

    /// The upstream's body has ended cleanly.
    @discardableResult
    public mutating func receiveEnd(into out: inout [UInt8]) -> StreamEnding {
        crossing.borrow(&out)
        parser.end(to: &crossing)
        let ending = crossing.breakOff(.endOfInput, .upstreamEnded)
        crossing.giveBack(&out)
        return ending
    }

    /// The caller breaks the stream off: the upstream reset or stalled, or the gateway shuts down. After content, `error` is
    /// appended as the last event, unless the answer was whole already.
    @discardableResult
    public mutating func interrupt(_ error: ErrorBody, into out: inout [UInt8]) -> StreamEnding {
        crossing.borrow(&out)
        let ending = crossing.breakOff(.interrupted, error)
        crossing.giveBack(&out)
        return ending
    }

    /// Commits before content has come, to open the answer early and keep it alive (T-10). The opening frame goes out now if the
    /// upstream has begun, else with its first event; from here on an error cannot change the status.
    public mutating func commit(into out: inout [UInt8]) {
        crossing.borrow(&out)
        crossing.commit()
        crossing.giveBack(&out)
    }

    /// Bytes that keep the connection alive and mean nothing (T-11): a ping once Anthropic's `message_start` went out, else a
    /// comment. Append them after any call while the stream is committed, and only while the upstream attempt is alive.
    public var keepAlive: [UInt8] { crossing.hasOpenedAnthropic ? Self.ping : Self.comment }

    private static let ping = Array("event: ping\ndata: {\"type\": \"ping\"}\n\n".utf8)
    private static let comment = Array(": keep-alive\n\n".utf8)
}
