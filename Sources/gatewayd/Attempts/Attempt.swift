// Attempt: one call of one upstream for one request, and the relay of what it answers (step 7).
//
// For: sending the body, holding an answer back until its first content (the commit point), relaying it untouched, and
// noticing every way it can end.
// Refuses: to splice: after the commit point nothing but this upstream's bytes and at most one error event follow.
// Called by: MeteredRequest (send, clientGone), HTTP's upstream client (head, body, end, failure), HTTPLoop (tick).

import HTTP
import NIOCore
import Routing
import Tenancy
import Translation

/// Loop-bound; one per attempt.
final class Attempt: UpstreamReceiver, LoopTicked {
    /// What the upstream's answer is taken for, once its head is there.
    enum Mode {
        case awaitingHead
        /// An event stream for a client that asked for one.
        case stream
        /// A whole JSON answer.
        case whole
        /// An error status with its body.
        case error
        /// The answer is complete; what is left of the upstream's body is read so that its connection can be used again.
        case spent
    }

    /// Bytes after a stream's terminal event that are read for the connection's sake: the last chunk and its trailers.
    private static let leftoverMost = 16 << 10

    /// Where an answer that is read after its client has gone ends (cases B-10, B-11).
    enum Draining {
        case no
        case until(NIODeadline)
    }

    /// Owned by the request while it runs; cleared when the attempt is over, so that neither keeps the other alive.
    private(set) var request: MeteredRequest?
    let gateway: Gateway
    let target: PlannedAttempt
    let provider: Provider
    /// Which catalog the target's positions belong to.
    let generation: Int
    let summary: RequestSummary
    /// What the upstream speaks.
    let dialect: Dialect
    /// The request as it went to an upstream of another dialect than the client's; `nil` within one dialect.
    private(set) var translation: TranslatedRequest?
    /// The request asks the upstream for usage although its client did not.
    private(set) var asksForUsage = false
    /// What the translation of a whole answer has to tell.
    var notes = CompletionNotes()
    var call: UpstreamCall?
    var mode = Mode.awaitingHead
    var status = 0
    var stream: AnswerStream?
    var inflater: Inflater?
    var collected = ByteBuffer()
    var headers = HeaderBlock()
    /// How long the vendor asks to be left alone, where it says so.
    var retryAfterNanos: UInt64?
    /// The vendor gave the request an id, which the client is to see (case T-17).
    var vendorNamedIt = false
    var firstContentNanos: UInt64?
    var lastWrite: NIODeadline
    var draining = Draining.no
    private var leftover = 0
    var tickSlot = -1

    init(_ request: MeteredRequest, _ target: PlannedAttempt, _ summary: RequestSummary) {
        self.request = request
        gateway = request.gateway
        self.target = target
        provider = request.served.providers[target.provider]
        generation = request.served.generation
        self.summary = summary
        dialect = target.dialect == .anthropic ? .anthropic : .openai
        lastWrite = gateway.loop.now
    }

    /// Whether the upstream speaks another dialect than the client.
    var isTranslated: Bool { dialect != summary.dialect }

    /// In what the upstream departs from its dialect.
    private func traits(_ request: MeteredRequest) -> UpstreamTraits {
        var traits = request.served.traits[target.host.index]
        traits.takesStreamOptions = asksForUsage
        return traits
    }

    /// Sends the request; callbacks follow. Nothing is sent when it cannot be said in the upstream's dialect.
    func send(_ body: ByteBuffer) throws(TranslationRefusal) {
        guard let request else { return }
        asksForUsage = provider.asksForUsage && gateway.takesStreamOptions(target, generation)
        let upstreamBody = try isTranslated ? translated(body, request) : native(body, request)
        let head = UpstreamRequest.head(
            for: request.exchange, to: provider,
            request.surface == .embeddings ? provider.embeddingsTarget : provider.target,
            contentLength: upstreamBody.readableBytes, translated: isTranslated)
        let timeouts = summary.isStream ? provider.streamTimeouts : provider.wholeTimeouts
        call = gateway.upstreams.pool(for: provider).send(
            to: provider.origin, head: head, body: upstreamBody, timeouts: timeouts, receiver: self)
    }

    /// The body for an upstream of the client's own dialect; one made of a Responses request is made for this very host.
    private func native(_ body: ByteBuffer, _ request: MeteredRequest) -> ByteBuffer {
        guard request.responses != nil,
            let chat = try? RequestPipeline.chat(of: request.original, for: traits(request)),
            let summary = try? RequestPipeline.summary(of: ByteBuffer(bytes: chat.body), .openai)
        else { return rewritten(body, summary, asksForUsage) }
        return rewritten(gateway.allocator.buffer(bytes: chat.body), summary, false)
    }

    private func rewritten(_ body: ByteBuffer, _ summary: RequestSummary, _ asksForUsage: Bool) -> ByteBuffer {
        let rewrite = RequestRewrite(summary, upstreamModel: target.upstreamModel, asksForUsage: asksForUsage)
        return rewrite.isIdentity ? body : gateway.rewritten(body, rewrite)
    }

    private func translated(
        _ body: ByteBuffer, _ request: MeteredRequest
    ) throws(TranslationRefusal) -> ByteBuffer {
        let result: Result<TranslatedRequest, TranslationRefusal> = body.withUnsafeReadableBytes { bytes in
            do throws(TranslationRefusal) {
                return .success(
                    try RequestTranslation.translate(
                        bytes, summary, to: dialect, upstreamModel: target.upstreamModel, traits: traits(request)))
            } catch {
                return .failure(error)
            }
        }
        let translation = try result.get()
        self.translation = translation
        return gateway.allocator.buffer(bytes: translation.body)
    }

    func upstreamHead(_ head: ResponseHead) {
        status = head.status
        retryAfterNanos = head.fields.withValue(of: "retry-after", RetryAfter.nanos) ?? nil
        vendorNamedIt = head.fields.contains("request-id") || head.fields.contains("x-request-id")
        headers = UpstreamRequest.relayedFields(of: head, standing: request?.standing, manner: request?.manner)
        if head.fields.value(of: "content-encoding", equals: "gzip") { inflater = Inflater() }
        guard (200..<300).contains(head.status) else {
            mode = .error
            return
        }
        guard summary.isStream, AnswerKind.isEventStream(head.fields) else {
            mode = .whole
            return
        }
        mode = .stream
        gateway.loop.watch(self)
        lastWrite = gateway.loop.now
        stream = makeStream()
    }

    /// The machines between this upstream and this client.
    func makeStream() -> AnswerStream {
        isTranslated
            ? AnswerStream(translatedOptions, responsesOptions) : AnswerStream(passedOptions, responsesOptions)
    }

    /// What a response is made with; `nil` for clients of other surfaces.
    var responsesOptions: ResponsesStream.Options? {
        guard let request, let responses = request.responses else { return nil }
        return ResponsesStream.Options(
            context: responses.context, requestID: "\(request.id)", clientModel: summary.model,
            estimatedInput: RequestPipeline.likelyInputTokens(of: summary),
            createdSeconds: Clock.unixMillis().value / 1000)
    }

    private var passedOptions: PassthroughStream.Options {
        PassthroughStream.Options(
            dialect: dialect, requestID: request.map { "\($0.id)" } ?? "", clientModel: clientModel,
            dropsUsageChunk: !summary.includesUsage, choices: summary.choices)
    }

    /// What a translated answer is made with, streamed or whole.
    var translatedOptions: TranslatedStream.Options {
        TranslatedStream.Options(
            client: summary.dialect, upstream: dialect, requestID: request.map { "\($0.id)" } ?? "",
            clientModel: summary.model, includesUsage: summary.includesUsage,
            names: translation?.names ?? ToolNameMap(),
            estimatedInput: RequestPipeline.likelyInputTokens(of: summary),
            createdSeconds: Clock.unixMillis().value / 1000, traits: request.map(traits) ?? UpstreamTraits())
    }

    func upstreamBody(_ bytes: ByteBuffer) {
        if mode == .spent { return skip(bytes) }
        guard inflater == nil else { return inflate(bytes) }
        take(bytes)
    }

    func upstreamEnd() {
        switch mode {
        case .awaitingHead: failed(.closed)
        case .stream: streamEnded()
        case .whole: wholeAnswered()
        case .error: errorAnswered()
        case .spent: call = nil
        }
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        if mode == .spent { return call = nil }
        if mode == .stream, stream?.phase == .committed { return interrupted(StreamInterruption(failure.cause)) }
        failed(AttemptFailure(failure))
    }

    /// The model name to put back into answers, when the upstream knows the model by another one (case C-06).
    var clientModel: String? { summary.model == target.upstreamModel ? nil : summary.model }

    /// Our own fields, after the vendor's.
    func appendOwnFields(_ request: MeteredRequest, isStream: Bool) {
        if isStream { UpstreamRequest.appendStreamFields(to: &headers) }
        Answer.appendIdentity(
            of: request.id, request.manner, vendorNamedIt: vendorNamedIt && !isTranslated, to: &headers)
        if isTranslated || request.responses != nil { appendDropped(request) }
    }

    /// Names what did not fit from one dialect into the other: of the request, its header and the answer.
    private func appendDropped(_ request: MeteredRequest) {
        var dropped = request.responses?.dropped ?? DroppedFields()
        if let translation {
            dropped.note(translation.dropped)
            request.exchange.head.fields.forEach { name, _ in
                guard HeaderPolicy.missed.contains(name) else { return }
                dropped.note(String(decoding: name, as: UTF8.self).lowercased())
            }
        }
        dropped.note(notes.dropped)
        if !dropped.isEmpty { headers.append("x-weir-dropped", dropped.headerValue) }
    }

    private func take(_ bytes: ByteBuffer) {
        if mode == .stream { return relay(bytes) }
        guard collected.readableBytes + bytes.readableBytes <= gateway.settings.answerBytesMost else {
            call?.cancel()
            return failed(.answerTooLarge)
        }
        if collected.readableBytes == 0 { collected = bytes } else { collected.writeImmutableBuffer(bytes) }
    }

    private func skip(_ bytes: ByteBuffer) {
        leftover += bytes.readableBytes
        guard leftover > Self.leftoverMost else { return }
        call?.cancel()
        call = nil
    }

    private func inflate(_ bytes: ByteBuffer) {
        var plain = ByteBuffer()
        let limit = gateway.settings.answerBytesMost
        do {
            try bytes.withUnsafeReadableBytes { try inflater?.inflate($0, into: &plain, limit: limit) }
            take(plain)
        } catch {
            call?.cancel()
            failed(.malformed)
        }
    }

    /// Ends this attempt's part: nothing calls back any more.
    func close() -> MeteredRequest? {
        gateway.loop.unwatch(self)
        if case .until = draining { gateway.drains -= 1 }
        draining = .no
        defer { request = nil }
        return request
    }
}
