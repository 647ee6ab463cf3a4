// ServerConnection+Answers: heads, bodies and chunks into one output buffer, flushed once per turn.
//
// For: writing. Small pieces are copied into one buffer, so that an answer is one write to the kernel; large ones go to the
// channel by reference. No promise is made but for the last write of a connection.
// Refuses: answering twice (ignored: the exchange is detached after the first).
// Called by: HTTPExchange.

internal import Glibc
internal import NIOCore

extension ServerConnection {
    /// Up to this a copy costs less than a second entry in the write vector.
    private static let copiedBytesMax = 16 * 1024
    /// The first size of an output buffer: a head and a small JSON body.
    private static let outputBytesMin = 2048
    /// Output that is handed to the kernel within the turn, so that writability tells about the client and not about us.
    private static let unflushedBytesMax = 32 * 1024

    func respond(status: Int, body: ByteBuffer, _ headers: (inout HeaderBlock) -> Void) {
        precondition(!exchange.isStreaming, "an exchange is answered once")
        let isBodyless = status == 204 || status == 304
        writeHead(status, isBodyless ? .none : .length(body.readableBytes), headers)
        if !isBodyless, exchange.head.method != .head { append(body) }
        finishAnswer()
    }

    func startStream(status: Int, _ headers: (inout HeaderBlock) -> Void) {
        precondition(!exchange.isStreaming, "an exchange is answered once")
        exchange.isStreaming = true
        if exchange.head.method == .head || status == 204 || status == 304 {
            streamFraming = .none
        } else if exchange.head.version == .http10 {
            streamFraming = .untilClose
            closesAfterAnswer = true
        } else {
            streamFraming = .chunked
        }
        writeHead(status, streamFraming, headers)
        queueFlush()
    }

    func writeStream(_ bytes: ByteBuffer) {
        precondition(exchange.isStreaming, "a stream is started before it is written")
        guard bytes.readableBytes > 0 else { return }
        switch streamFraming {
        case .none, .length: return
        case .untilClose: append(bytes)
        case .chunked:
            openOutput()
            ResponseWriter.writeChunkHead(bytes.readableBytes, to: &output)
            append(bytes)
            openOutput()
            output.writeStaticString("\r\n")
        }
        queueFlush()
    }

    /// Borrowed bytes are copied whatever their size.
    func writeStream(_ bytes: UnsafeRawBufferPointer) {
        precondition(exchange.isStreaming, "a stream is started before it is written")
        guard bytes.count > 0 else { return }
        switch streamFraming {
        case .none, .length: return
        case .untilClose:
            openOutput()
            output.writeBytes(bytes)
        case .chunked:
            openOutput()
            ResponseWriter.writeChunk(bytes, to: &output)
        }
        if output.readableBytes > Self.unflushedBytesMax { flushEarly() }
        queueFlush()
    }

    func finishStream() {
        precondition(exchange.isStreaming, "a stream is started before it is finished")
        if case .chunked = streamFraming {
            openOutput()
            output.writeStaticString(ResponseWriter.lastChunk)
        }
        finishAnswer()
    }

    /// Without a last chunk the client sees the cut; a close-delimited body needs a reset to be seen as cut.
    func abort() {
        if case .untilClose = streamFraming, exchange.isStreaming {
            let reset = linger(l_onoff: 1, l_linger: 0)
            _ = (context?.channel as? any SocketOptionProvider)?.setSoLinger(reset)
        }
        exchange.detach()
        collector = nil
        onBody = nil
        flushNow()
        context?.close(promise: nil)
    }

    /// Ends the connection from our side; the handler hears of it as of a client that went.
    func cut() { context?.close(promise: nil) }

    private func writeHead(_ status: Int, _ framing: ResponseWriter.Framing, _ headers: (inout HeaderBlock) -> Void) {
        if !isBodyRead, shouldCloseUnread { closesAfterAnswer = true }
        if seat.isDraining { closesAfterAnswer = true }
        openOutput()
        ResponseWriter.writeStatusLine(status, to: &output)
        HeaderBlock.append(to: &output, headers)
        ResponseWriter.writeEnd(
            framing, dateLine: loop.dateLine, keepsAlive: !closesAfterAnswer, version: exchange.head.version,
            to: &output)
    }

    private func finishAnswer() {
        exchange.detach()
        if closesAfterAnswer {
            closeAfterOutput(lingering: !isBodyRead || input.readableBytes > 0)
        } else if isBodyRead {
            beginNextHead()
        } else {
            beginDraining()
        }
        queueFlush()
        readOn()
    }

    private func beginDraining() {
        phase = .draining
        bytesReadAway = 0
        // A body still being collected is collected no further: its handler has answered.
        collector = nil
        onBody = nil
        deadline = loop.deadline(in: seat.configuration.bodyIdleTimeout)
        bodyDeadline = .distantFuture
    }

    func beginNextHead() {
        phase = .head
        startIdleDeadline()
        // An answer whose head promised to keep the connection: the next request may be on its way.
        if seat.isDraining { closeWhenQuiet() }
    }

    /// The connection ends once what is written has left.
    func closeAfterOutput(lingering: Bool) {
        phase = .closing
        lingersAfterClose = lingering
        collector = nil
        onBody = nil
        bytesReadAway = input.readableBytes
        input = ByteBuffer()
        deadline = .distantFuture
        bodyDeadline = .distantFuture
        queueFlush()
    }
}

// Output.
extension ServerConnection {
    /// Makes `output` writable: a fresh turn's buffer, in the old memory when the channel has let go of it.
    func openOutput() {
        guard isOutputSent || output.capacity == 0 else { return }
        if output.capacity > Self.unflushedBytesMax * 2 { output = ByteBuffer() }
        output.clear(minimumCapacity: Self.outputBytesMin)
        isOutputSent = false
    }

    private func append(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > Self.copiedBytesMax else {
            openOutput()
            output.writeImmutableBuffer(bytes)
            if output.readableBytes > Self.unflushedBytesMax { flushEarly() }
            return
        }
        handOver()
        write(bytes)
        if unflushedBytes > Self.unflushedBytesMax { flushEarly() }
    }

    func queueFlush() {
        guard !isQueued else { return }
        isQueued = true
        loop.needsFlush(self)
    }

    /// The end of the turn.
    func flushNow() {
        isQueued = false
        guard let context, phase != .closed else { return }
        if phase == .closing {
            finishOutput(context)
        } else {
            handOver()
        }
        unflushedBytes = 0
        context.flush()
    }

    private func flushEarly() {
        handOver()
        unflushedBytes = 0
        context?.flush()
    }

    private func handOver() {
        guard !isOutputSent, output.readableBytes > 0 else { return }
        isOutputSent = true
        write(output)
    }

    private func write(_ bytes: ByteBuffer) {
        handedOver &+= bytes.readableBytes
        unflushedBytes &+= bytes.readableBytes
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// The last write of the connection, and the only one with a promise.
    private func finishOutput(_ context: ChannelHandlerContext) {
        let last = isOutputSent ? ByteBuffer() : output
        isOutputSent = true
        handedOver &+= last.readableBytes
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { _ in self.shutOutput() }
        context.write(wrapOutboundOut(last), promise: promise)
    }

    private func shutOutput() {
        guard phase == .closing, let context else { return }
        guard lingersAfterClose else { return context.close(promise: nil) }
        phase = .lingering
        deadline = loop.deadline(in: seat.configuration.lingerTimeout)
        context.close(mode: .output, promise: nil)
    }
}
