// ServerConnection+Requests: from input bytes to heads, exchanges and bodies.
//
// For: reading. One loop reads on until it needs more bytes or an answer; re-entrance from a handler that answers at once
// only changes the phase, so pipelined requests do not deepen the stack.
// Refuses: see the codec; each refusal is answered once through the handler's `refusal`.
// Called by: ServerConnection on reads, +Answers when an answer is finished, HTTPExchange.collectBody.

internal import NIOCore

extension ServerConnection {
    /// Reads as far as the input and the phase allow.
    func readOn() {
        guard !isReadingOn else { return }
        isReadingOn = true
        while readStep() {}
        isReadingOn = false
        if input.readableBytes == 0 { input = ByteBuffer() }
        adjustReading()
    }

    /// One step; false when more bytes or an answer are needed first.
    private func readStep() -> Bool {
        switch phase {
        case .head: readHead()
        case .exchange: collector != nil && readBody()
        case .draining: readAway()
        case .closing, .lingering, .closed: false
        }
    }

    private func readHead() -> Bool {
        guard input.readableBytes > 0 else { return false }
        if isExchangeUsed { prepareExchange() }
        let step = input.withUnsafeReadableBytes { parser.parse($0, into: &exchange.head) }
        switch step {
        case .needMore:
            if !isHeadDeadline { startHeadDeadline() }
            return false
        case .refused(let problem):
            refuse(problem)
            return false
        case .complete(let length):
            exchange.head.fields.bytes = input.readSlice(length: length) ?? ByteBuffer()
            beginExchange()
            return true
        }
    }

    private func beginExchange() {
        phase = .exchange
        isExchangeUsed = true
        deadline = .distantFuture
        decoder = BodyDecoder(parser.framing)
        isBodyRead = parser.framing == .none
        owesContinue = parser.expectation == .continueFirst && !isBodyRead
        closesAfterAnswer = seat.isDraining || !parser.framingFields.keepsAlive(version: exchange.head.version)
        exchange.connection = self
        seat.handler.handle(exchange)
    }

    /// Makes the exchange ready for another head: the same one, unless the handler still holds it. Done when that head
    /// comes, not when the answer ends: by then handlers have usually let go, and none is still reading the old head.
    func prepareExchange() {
        isExchangeUsed = false
        parser.reset()
        if isKnownUniquelyReferenced(&exchange) {
            exchange.head.removeAll()
        } else {
            exchange = HTTPExchange(loop: loop)
        }
    }

    /// Answers something that never became a request, then closes.
    func refuse(_ problem: RequestProblem) {
        if exchange.head.line.target.upperBound <= input.readableBytes {
            exchange.head.fields.bytes = input.slice()
        } else {
            exchange.head.removeAll()
        }
        let target = exchange.head.line.target.isEmpty ? nil : exchange.head.targetBytes
        var headers = HeaderBlock()
        let body = seat.handler.refusal(of: RefusedRequest(problem: problem, target: target), headers: &headers)
        closesAfterAnswer = true
        isBodyRead = false
        phase = .exchange
        exchange.connection = self
        exchange.respond(status: problem.status, headers: headers, body: body)
    }
}

// Bodies.
extension ServerConnection {
    func collectBody(limit: Int, _ done: @escaping (Result<ByteBuffer, RequestProblem>) -> Void) {
        precondition(collector == nil && onBody == nil, "a body is collected once")
        if isBodyRead { return done(.success(ByteBuffer())) }
        guard let coding = ContentCoding(exchange.head.fields) else { return failBody(.unsupportedContentCoding, done) }
        var knownLength: Int?
        if case .length(let length) = decoder {
            if length > limit { return failBody(.bodyTooLarge, done) }
            if coding == .identity, input.readableBytes >= length { return takeBody(length, done) }
            knownLength = length
        }
        collector = RequestBody(limit: limit, coding: coding, knownLength: knownLength)
        onBody = done
        deadline = loop.deadline(in: seat.configuration.bodyIdleTimeout)
        bodyDeadline = loop.deadline(in: seat.configuration.bodyTimeout)
        sendContinueIfOwed()
        readOn()
    }

    /// The common case: the whole body came with its head, and is handed on as a slice of what was received.
    private func takeBody(_ length: Int, _ done: (Result<ByteBuffer, RequestProblem>) -> Void) {
        isBodyRead = true
        owesContinue = false
        done(.success(input.readSlice(length: length) ?? ByteBuffer()))
    }

    private func readBody() -> Bool {
        guard input.readableBytes > 0 else { return false }
        owesContinue = false
        guard let step = collector?.read(&input, &decoder) else { return false }
        switch step {
        case .needMore:
            deadline = loop.deadline(in: seat.configuration.bodyIdleTimeout)
            return false
        case .complete(let body):
            isBodyRead = true
            endCollecting()?(.success(body))
        case .failed(let problem):
            failCollecting(problem)
        }
        return true
    }

    /// A body that cannot be read to its end: the answer will close the connection.
    func failCollecting(_ problem: RequestProblem) {
        guard let done = endCollecting() else { return }
        failBody(problem, done)
    }

    private func failBody(_ problem: RequestProblem, _ done: (Result<ByteBuffer, RequestProblem>) -> Void) {
        closesAfterAnswer = true
        done(.failure(problem))
    }

    private func endCollecting() -> ((Result<ByteBuffer, RequestProblem>) -> Void)? {
        collector = nil
        deadline = .distantFuture
        bodyDeadline = .distantFuture
        return onBody.take()
    }

    private func sendContinueIfOwed() {
        guard owesContinue, input.readableBytes == 0 else { return }
        owesContinue = false
        openOutput()
        output.writeStaticString(ResponseWriter.continueLine)
        queueFlush()
    }

    /// Whether reading the rest of an uncollected body away is not worth it, or not possible.
    var shouldCloseUnread: Bool {
        if owesContinue { return true }
        if case .length(let remaining) = decoder { return remaining > seat.configuration.drainBytesMax }
        return false
    }

    private func readAway() -> Bool {
        let step = input.withUnsafeReadableBytes { decoder.next($0) }
        input.moveReaderIndex(forwardBy: step.consumed)
        bytesReadAway += step.consumed
        switch step.state {
        case .complete: beginNextHead()
        case .more where bytesReadAway <= seat.configuration.drainBytesMax: break
        case .needMore where bytesReadAway <= seat.configuration.drainBytesMax: return false
        case .more, .needMore, .malformed: closeAfterOutput(lingering: true)
        }
        return true
    }

    /// Counts what is read away after the last answer.
    func discard(_ count: Int) {
        bytesReadAway += count
        if bytesReadAway > seat.configuration.lingerBytesMax { context?.close(promise: nil) }
    }

    /// Reading stops while more waits than may: requests behind the one being answered, or a body nobody has asked for.
    private func adjustReading() {
        let shouldPause =
            input.readableBytes > seat.configuration.pipelinedBytesMax && phase == .exchange && collector == nil
        guard shouldPause != isReadPaused, let channel = context?.channel else { return }
        isReadPaused = shouldPause
        try? channel.syncOptions?.setOption(.autoRead, value: !shouldPause)
    }
}
