// PassthroughStream: an upstream's event stream on its way to a client that speaks the same dialect.
//
// For: forwarding whole events with their bytes untouched, metering them on the side, and ending every stream correctly.
// Refuses: to output anything before content has come (the commit point), anything after the end, and half an event.
//   Changes bytes only to put the client's model name in (C-06), to drop a usage chunk nobody asked for (Y-02), and to name an
//   Anthropic event that lacks its name (S-11). A malformed event passes as it is (S-13).
// Called by: gatewayd, one for each attempt.

/// A same-dialect stream as a state machine: bytes in, whole events out.
///
/// After every call the output stands between two events, so `keepAlive` may be inserted there. Memory is bounded by
/// `Options.preludeLimit` and the limits of one event.
public struct PassthroughStream {
    /// What the caller knows beforehand.
    public struct Options: Sendable {
        /// The language on both sides.
        public var dialect: Dialect
        /// For error events of our own; empty to leave it out.
        public var requestID: String
        /// The name to put in place of the upstream's model; `nil` to leave what it sends.
        public var clientModel: String?
        /// Drop a chunk that carries usage and nothing else: set when the gateway asked for it and the client did not.
        public var dropsUsageChunk: Bool
        /// How many answers were asked for (OpenAI's `n`).
        public var choices: Int
        /// Most bytes held back before content comes; when more come the stream commits. 64 KiB hold a hundred times the
        /// frames vendors send before content.
        public var preludeLimit: Int

        public init(
            dialect: Dialect, requestID: String = "", clientModel: String? = nil, dropsUsageChunk: Bool = false,
            choices: Int = 1, preludeLimit: Int = 64 << 10
        ) {
            self.dialect = dialect
            self.requestID = requestID
            self.clientModel = clientModel
            self.dropsUsageChunk = dropsUsageChunk
            self.choices = choices
            self.preludeLimit = preludeLimit
        }
    }

    private var parser = SSEParser()
    private var relay: StreamRelay

    public init(_ options: Options) { relay = StreamRelay(options) }

    /// How far the stream has come.
    public var phase: StreamPhase { relay.phase }
    /// How it ended; `nil` before `finished`.
    public var ending: StreamEnding? { relay.ending }
    /// Usage and content so far.
    public var usage: UsageReading { relay.meter.reading }
    /// Events that were no JSON and passed as they were, for the log.
    public var malformedEvents: Int { relay.malformedEvents }
    /// The last event lacked its blank line and was completed (S-10), for the log.
    public var endedWithinFraming: Bool { relay.endedWithinFraming }
    /// Whether any event has been output. `false` while committed means that only the caller's keep-alives went out.
    public var hasOutput: Bool { relay.hasOutput }

    /// Takes bytes as they were read from the upstream and appends the events that may go to the client.
    ///
    /// Bytes after the end are ignored.
    @discardableResult
    public mutating func receive(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) -> StreamPhase {
        relay.borrow(&out)
        do {
            try parser.feed(bytes, to: &relay)
        } catch {
            relay.breakOff(error == .lineTooLong ? .lineTooLong : .eventTooLong, .upstreamLimit)
        }
        relay.giveBack(&out)
        return relay.phase
    }

    /// The upstream's body has ended cleanly.
    @discardableResult
    public mutating func receiveEnd(into out: inout [UInt8]) -> StreamEnding {
        relay.borrow(&out)
        parser.end(to: &relay)
        let ending = relay.breakOff(.endOfInput, .upstreamEnded)
        relay.giveBack(&out)
        return ending
    }

    /// The caller breaks the stream off: the upstream reset or stalled, or the gateway shuts down. After content, `error` is
    /// appended as the last event, unless the answer was whole already.
    @discardableResult
    public mutating func interrupt(_ error: ErrorBody, into out: inout [UInt8]) -> StreamEnding {
        relay.borrow(&out)
        let ending = relay.breakOff(.interrupted, error)
        relay.giveBack(&out)
        return ending
    }

    /// Commits before content has come, to open the answer early and keep it alive (T-10). What is held back goes out now; from
    /// here on an error cannot change the status.
    public mutating func commit(into out: inout [UInt8]) {
        relay.borrow(&out)
        relay.commit()
        relay.giveBack(&out)
    }

    /// Bytes that keep the connection alive and mean nothing (T-11): a ping once Anthropic's `message_start` went out, else a
    /// comment. Append them after any call while the stream is committed, and only while the upstream attempt is alive.
    public var keepAlive: [UInt8] { relay.hasOpened ? Self.ping : Self.comment }

    private static let ping = Array("event: ping\ndata: {\"type\": \"ping\"}\n\n".utf8)
    private static let comment = Array(": keep-alive\n\n".utf8)
}

extension ErrorBody {
    static let upstreamEnded = ErrorBody(
        .upstreamFailed, "The upstream ended the stream before the answer was complete.")
    static let upstreamLimit = ErrorBody(.upstreamFailed, "The upstream sent an event larger than the gateway accepts.")
}
