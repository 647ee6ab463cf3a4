// Attempt, at its end: what the client gets, what the tenant pays, whether the next upstream is tried.
//
// For: every path from "the upstream is done" to exactly one record.
// Refuses: to charge for an attempt that gave no content (case B-15), to fail over after content.
// Called by: Attempt and its relay.

import DaemonKit
import HTTP
import Money
import NIOCore
import Routing
import Tenancy
import Translation

extension Attempt {
    /// A stream is over: by the vendor's terminal, an error event, a cut, or our interruption.
    func finishStream(interruption: StreamInterruption? = nil) {
        switch stream?.ending {
        case .complete:
            gateway.note(nil, of: target, generation: generation)
            finishAnswer(.completed, nil)
        case .truncated(let fault):
            let note = interruption?.note ?? ErrorNote(kind: .upstreamMalformed, message: "stream cut: \(fault)")
            finishAnswer(interruption?.status ?? .truncated, note)
        case .failed(let error):
            finishAnswer(.truncated, ErrorNote(kind: .upstreamEvent, message: "\(error.type): \(error.message)"))
        case .refused(let error): failed(.vendor(error))
        case .empty(let fault): failed(.unusable("the stream ended before any content (\(fault))"))
        case nil: preconditionFailure("a finished stream has an ending")
        }
    }

    private func finishAnswer(_ status: AttemptStatus, _ note: ErrorNote?) {
        mode = .spent
        if status != .completed { call?.cancel() }
        request?.exchange.finish()
        settle(clientGoneOr(status), httpStatus: 200, complete: status == .completed, note: note)
    }

    /// A whole JSON answer is here: metered, its model name put right, sent; or turned into a stream for a client that
    /// asked for one (case S-14).
    func wholeAnswered() {
        gateway.scratch.removeAll(keepingCapacity: true)
        let streams = summary.isStream
        let reading = collected.withUnsafeReadableBytes { bytes -> CompletionReading in
            if request?.surface == .embeddings { return CompletionMeter.readEmbeddings(bytes) }
            if isTranslated || request?.responses != nil { return readTranslated(bytes) }
            guard streams else { return CompletionMeter.read(bytes, dialect: dialect) }
            return StreamFromCompletion.append(
                bytes, dialect: dialect, clientModel: clientModel, includesUsage: summary.includesUsage,
                to: &gateway.scratch)
        }
        switch reading {
        case .completion(let completion): answer(completion, streams: streams)
        case .refused(let error): failed(.vendor(error))
        case .unusable(let why): failed(.unusable("\(why)"))
        }
    }

    /// Puts the client's answer or stream into `scratch`.
    private func readTranslated(_ bytes: UnsafeRawBufferPointer) -> CompletionReading {
        guard summary.isStream else { return readWhole(bytes) }
        var events: [UInt8] = []
        let reading = StreamFromCompletion.append(
            bytes, dialect: dialect, clientModel: nil, includesUsage: true, to: &events)
        guard case .completion = reading else { return reading }
        var stream = makeStream()
        events.withUnsafeBytes { _ = stream.receive($0, into: &gateway.scratch) }
        stream.receiveEnd(into: &gateway.scratch)
        return reading
    }

    private func readWhole(_ bytes: UnsafeRawBufferPointer) -> CompletionReading {
        guard let responsesOptions else {
            return TranslatedCompletion.append(bytes, translatedOptions, to: &gateway.scratch, noting: &notes)
        }
        guard isTranslated else { return ResponsesCompletion.append(bytes, responsesOptions, to: &gateway.scratch) }
        var chat: [UInt8] = []
        let reading = TranslatedCompletion.append(bytes, translatedOptions, to: &chat, noting: &notes)
        guard case .completion = reading else { return reading }
        let second = chat.withUnsafeBytes { ResponsesCompletion.append($0, responsesOptions, to: &gateway.scratch) }
        guard case .completion = second else { return second }
        return reading
    }

    private func answer(_ completion: Completion, streams: Bool) {
        firstContentNanos = Clock.monotonicNanos()
        gateway.note(nil, of: target, generation: generation)
        guard let request, !request.clientIsGone else {
            return settle(.clientGone, httpStatus: 0, reading: completion.usage, complete: true, note: nil)
        }
        if streams {
            headers = HeaderBlock()
            headers.append("content-type", "text/event-stream")
            appendOwnFields(request, isStream: true)
            request.exchange.startStream(status: 200, headers: headers)
            request.exchange.write(gateway.allocator.buffer(bytes: gateway.scratch))
            request.exchange.finish()
        } else {
            appendOwnFields(request, isStream: false)
            request.exchange.respond(status: status, headers: headers, body: bodyForClient(completion))
        }
        settle(.completed, httpStatus: status, reading: completion.usage, complete: true, note: nil)
    }

    private func bodyForClient(_ completion: Completion) -> ByteBuffer {
        if isTranslated || request?.responses != nil { return gateway.allocator.buffer(bytes: gateway.scratch) }
        guard let clientModel else { return collected }
        gateway.scratch.removeAll(keepingCapacity: true)
        collected.withUnsafeReadableBytes { completion.append($0, clientModel: clientModel, to: &gateway.scratch) }
        return gateway.allocator.buffer(bytes: gateway.scratch)
    }

    /// An error status and its body: passed on unchanged when it is the client's to see (case T-17).
    func errorAnswered() {
        let error = collected.withUnsafeReadableBytes { VendorError.read($0, status: status, dialect: dialect) }
        let vendor =
            error ?? VendorError(status: status, message: "The model's provider answered with status \(status).")
        if refusesStreamOptions(vendor) { return againWithoutStreamOptions(.vendor(vendor)) }
        failed(.vendor(vendor), relaying: error != nil && !vendor.isOurCredential)
    }

    /// The upstream turned the request away for a field that its client never sent.
    private func refusesStreamOptions(_ error: VendorError) -> Bool {
        asksForUsage && summary.isStream && (request?.responses != nil || !summary.includesUsage) && dialect == .openai
            && (error.status == 400 || error.status == 422) && error.message.contains("stream_options")
    }

    /// The same upstream once more, and from now on, without asking for usage: it is estimated then.
    private func againWithoutStreamOptions(_ failure: AttemptFailure) {
        gateway.noteRefusedStreamOptions(target, generation)
        guard let request, !request.clientIsGone, request.mayGoOn else { return failed(failure) }
        record(.failedOver, httpStatus: 0, Self.nothingUsed, .zero, hold: 0, failure.note)
        _ = close()
        request.goOn(.again(afterNanos: 0))
    }

    /// Nothing reached the client yet: another attempt, or an error answer.
    func failed(_ failure: AttemptFailure, relaying: Bool = false) {
        call?.cancel()
        let fault = failure.fault(retryAfterNanos: retryAfterNanos)
        gateway.note(fault, of: target, generation: generation)
        guard let request else { return }
        let verdict = request.verdict(on: fault)
        let status = verdict == .giveUp ? clientGoneOr(.upstreamError) : .failedOver
        let httpStatus = verdict == .giveUp ? failure.refusal.kind.status : 0
        record(status, httpStatus: httpStatus, Self.nothingUsed, .zero, hold: 0, failure.note)
        _ = close()
        guard verdict == .giveUp else { return request.goOn(verdict) }
        if !request.clientIsGone {
            if relaying { relayError(failure.refusal, to: request) } else { refuse(failure.refusal, request) }
        }
        request.end()
    }

    private func refuse(_ refusal: Refusal, _ request: MeteredRequest) {
        Answer.refuse(refusal, request.manner, request.id, on: request.exchange)
    }

    /// The vendor's error with its header fields, among them how long to wait: byte for byte to a client of the same dialect
    /// (T-17), else in the client's own words (T-18).
    private func relayError(_ refusal: Refusal, to request: MeteredRequest) {
        appendOwnFields(request, isStream: false)
        guard isTranslated else {
            return request.exchange.respond(status: status, headers: headers, body: collected)
        }
        var body: [UInt8] = []
        Answer.append(refusal, request.manner, request.id, to: &body)
        request.exchange.respond(
            status: refusal.kind.status, headers: headers, body: gateway.allocator.buffer(bytes: body))
    }

    private func clientGoneOr(_ status: AttemptStatus) -> AttemptStatus {
        request?.clientIsGone == true ? .clientGone : status
    }

    /// Prices what was used and hands the record to the store; the wallet is told once it is durable.
    func settle(
        _ status: AttemptStatus, httpStatus: Int, reading: UsageReading? = nil, complete: Bool, note: ErrorNote?,
        refusing refusal: Refusal? = nil
    ) {
        guard let request else { return }
        if notes.hasUnknownReason || stream?.hasUnknownReason == true { gateway.lane.add(.unknownEndings) }
        let reading = reading ?? stream?.usage ?? Self.nothingRead
        let settled = reading.settled(
            estimatedInput: RequestPipeline.likelyInputTokens(of: summary), complete: complete)
        let cost = settled.usage.costRoundedUp(at: target.prices) ?? request.estimate
        record(status, httpStatus: httpStatus, settled, cost, hold: request.hold, note)
        request.hold = 0
        _ = close()
        if let refusal { refuse(refusal, request) }
        request.end()
    }

    private func record(
        _ status: AttemptStatus, httpStatus: Int, _ settled: SettledUsage, _ cost: Micros, hold: UInt64,
        _ note: ErrorNote?
    ) {
        guard let request else { return }
        if status == .upstreamError || status == .truncated { gateway.lane.add(.failedRequests) }
        let now = Clock.monotonicNanos()
        gateway.store.append(
            UsageRecord(
                request: request.id, attempt: request.attemptIndex, at: Clock.unixMillis(), loop: gateway.index,
                hold: hold,
                tenant: request.caller.tenant.id, key: request.caller.key.id,
                surface: request.surface, requestedModel: request.modelName,
                upstreamModel: target.upstreamModel, provider: target.providerName, status: status,
                httpStatus: UInt16(clamping: httpStatus), usage: settled.usage,
                flags: flags(settled, cost, request), cost: cost, latencyMillis: Self.millis(request.startedNanos, now),
                firstByteMillis: firstContentNanos.map { Self.millis(request.startedNanos, $0) }, error: note))
    }

    private func flags(_ settled: SettledUsage, _ cost: Micros, _ request: MeteredRequest) -> UsageFlags {
        var flags: UsageFlags = []
        if settled.isEstimated { flags.insert(.estimated) }
        if settled.isOdd { flags.insert(.clamped) }
        if cost > request.estimate {
            flags.insert(.overrun)
            gateway.lane.add(.overruns)
        }
        if summary.isStream { flags.insert(.streamed) }
        return flags
    }

    /// An attempt that gave nothing costs nothing.
    private static let nothingUsed = UsageReading(
        usage: Usage(), inputReported: true, outputReported: true, isOdd: false, contentBytes: 0
    ).settled(estimatedInput: 0, complete: true)
    /// What is known of an answer that never came: only that its prompt was sent.
    private static let nothingRead = UsageReading(
        usage: Usage(), inputReported: false, outputReported: false, isOdd: false, contentBytes: 0)

    private static func millis(_ from: UInt64, _ to: UInt64) -> UInt32 { UInt32(clamping: (to &- from) / 1_000_000) }
}
