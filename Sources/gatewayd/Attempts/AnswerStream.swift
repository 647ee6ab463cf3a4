// AnswerStream: an attempt's event stream on its way to the client, through one machine or two, behind one face.
//
// For: the relay, which does not care which dialects meet: the upstream's stream is passed through or translated, and what a
//   chat client would get becomes a response where the client speaks the Responses API.
// Refuses: nothing itself; PassthroughStream, TranslatedStream and ResponsesStream do.
// Called by: Attempt and its relay.

import Translation

/// A struct of optionals and not an enum: a payload of an enum cannot be changed in place, and taking it out would copy its
/// buffers with every read.
struct AnswerStream {
    private var passed: PassthroughStream?
    private var translated: TranslatedStream?
    private var responses: ResponsesStream?
    /// Chat chunks between the two machines; empty between calls.
    private var chat: [UInt8] = []

    init(_ options: PassthroughStream.Options, _ responses: ResponsesStream.Options?) {
        passed = PassthroughStream(options)
        self.responses = responses.map(ResponsesStream.init)
    }

    init(_ options: TranslatedStream.Options, _ responses: ResponsesStream.Options?) {
        translated = TranslatedStream(options)
        self.responses = responses.map(ResponsesStream.init)
    }

    private var upstreamPhase: StreamPhase { passed?.phase ?? translated?.phase ?? .finished }
    private var upstreamEnding: StreamEnding? { passed?.ending ?? translated?.ending }

    /// How far the client's stream has come.
    var phase: StreamPhase {
        guard let responses, upstreamPhase != .finished else { return upstreamPhase }
        return responses.phase
    }

    /// How it ended; `nil` before `finished`. The upstream's own end counts, unless only the client's side failed.
    var ending: StreamEnding? {
        guard let responses else { return upstreamEnding }
        guard upstreamEnding == nil || upstreamEnding == .complete else { return upstreamEnding }
        return responses.ending
    }

    /// Usage and content of the upstream so far.
    var usage: UsageReading? { passed?.usage ?? translated?.usage }

    /// The upstream ended for a reason that nobody knows.
    var hasUnknownReason: Bool { translated?.hasUnknownReason ?? false }

    /// What keeps a quiet client connection alive between two events.
    var keepAlive: [UInt8] { responses?.keepAlive ?? passed?.keepAlive ?? translated?.keepAlive ?? [] }

    /// Takes bytes of the upstream and appends what may go to the client.
    mutating func receive(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) -> StreamPhase {
        through(&out) { stream, out in
            stream.passed?.receive(bytes, into: &out)
            stream.translated?.receive(bytes, into: &out)
        }
        return phase
    }

    /// The upstream's body has ended.
    mutating func receiveEnd(into out: inout [UInt8]) {
        through(&out) { stream, out in
            stream.passed?.receiveEnd(into: &out)
            stream.translated?.receiveEnd(into: &out)
        }
    }

    /// The stream is broken off.
    mutating func interrupt(_ error: ErrorBody, into out: inout [UInt8]) {
        through(&out) { stream, out in
            stream.passed?.interrupt(error, into: &out)
            stream.translated?.interrupt(error, into: &out)
        }
    }

    /// The answer is opened before its first content.
    mutating func commit(into out: inout [UInt8]) {
        through(&out) { stream, out in
            stream.passed?.commit(into: &out)
            stream.translated?.commit(into: &out)
        }
        responses?.commit(into: &out)
    }

    /// Appends what `body` outputs, as a response where the client wants one.
    private mutating func through(_ out: inout [UInt8], _ body: (inout AnswerStream, inout [UInt8]) -> Void) {
        guard responses != nil else { return body(&self, &out) }
        var chat: [UInt8] = []
        swap(&chat, &self.chat)
        body(&self, &chat)
        chat.withUnsafeBytes { _ = responses?.receive($0, into: &out) }
        if upstreamPhase == .finished { responses?.receiveEnd(into: &out) }
        chat.removeAll(keepingCapacity: true)
        swap(&chat, &self.chat)
    }
}
