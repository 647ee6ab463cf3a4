// UpstreamConnection: one connection to an upstream, one call at a time.
//
// For: the calling side. One channel handler for the life of the connection; the answer is parsed in place and handed on as
// slices of what was received.
// Refuses: answers that are not strict HTTP/1.1, bytes without a request, a second answer behind the first.
// Called by: NIO, OriginPool.begin, UpstreamCall. The answer's reading is in +Answers.

internal import NIOCore
internal import NIOTLS

final class UpstreamConnection: ChannelInboundHandler, LoopTicked, Flushable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case handshake, idle, head, body, closed
    }

    /// Up to this, head and body are copied into one write.
    private static let copiedBytesMax = 16 * 1024
    private static let outputBytesMin = 2048

    let origin: OriginPool
    let loop: HTTPLoop
    var context: ChannelHandlerContext?
    var tickSlot = -1
    var phase: Phase
    var call: UpstreamCall?

    // The answer (+Answers)
    var input = ByteBuffer()
    var gathered = ByteBuffer()
    var parser: ResponseHeadParser
    var head = ResponseHead()
    var decoder = BodyDecoder.none
    var isToHead = false
    var interimResponses = 0
    var isReadingOn = false

    // The request
    private var output = ByteBuffer()
    private var isOutputSent = true
    private var isQueued = false
    private var isLargeRequest = false
    private var hasSent = false
    var hasReceived = false
    private var callsBegun = 0

    var deadline: NIODeadline
    private var totalDeadline = NIODeadline.distantFuture
    private var failure: UpstreamFailure.Cause?
    /// Since `close`. Over TLS the channel stays until the other side has said goodbye too, and what it sends until then
    /// still arrives: it is nobody's answer any more.
    private var isClosing = false

    /// `isReady` is false while a TLS handshake is under way, which must end by `readyBy`.
    init(origin: OriginPool, isReady: Bool, readyBy: NIODeadline) {
        self.origin = origin
        loop = origin.loop
        phase = isReady ? .idle : .handshake
        parser = ResponseHeadParser(limits: origin.configuration.limits)
        deadline = readyBy
    }

    /// Sends the call's request; the connection is idle.
    func begin(_ call: UpstreamCall) {
        precondition(phase == .idle, "a connection carries one call at a time")
        self.call = call
        call.state = .active(self)
        callsBegun += 1
        hasReceived = false
        hasSent = false
        interimResponses = 0
        phase = .head
        parser.reset()
        deadline = loop.deadline(in: call.timeouts.firstByte)
        totalDeadline = call.totalDeadline
        isToHead = call.head.startsWithHEAD
        write(call.head, call.body)
        if call.isPaused { setReading(paused: true) }
    }

    private func write(_ head: ByteBuffer, _ body: ByteBuffer) {
        isLargeRequest = head.readableBytes + body.readableBytes > Self.copiedBytesMax
        output.clear(minimumCapacity: Self.outputBytesMin)
        isOutputSent = false
        output.writeImmutableBuffer(head)
        if isLargeRequest {
            sendOutput()
            context?.write(wrapOutboundOut(body), promise: nil)
        } else {
            output.writeImmutableBuffer(body)
        }
        guard !isQueued else { return }
        isQueued = true
        loop.needsFlush(self)
    }

    private func sendOutput() {
        guard !isOutputSent else { return }
        isOutputSent = true
        context?.write(wrapOutboundOut(output), promise: nil)
    }

    func flushNow() {
        isQueued = false
        guard phase != .closed else { return }
        sendOutput()
        hasSent = true
        context?.flush()
    }

    func setReading(paused: Bool) {
        try? context?.channel.syncOptions?.setOption(.autoRead, value: !paused)
        guard phase == .body, let call else { return }
        deadline = paused ? .distantFuture : loop.deadline(in: call.timeouts.idle)
    }

    /// The answer is complete: the connection is free again if both sides allow it.
    func endCall(reusable: Bool) {
        guard let call else { return }
        let receiver = call.receiver
        self.call = nil
        call.end()
        head.removeAll()
        phase = .idle
        if reusable, !isClosing, !isLargeRequest || hasWrittenAll {
            if call.isPaused { setReading(paused: false) }
            deadline = loop.deadline(in: origin.configuration.idleTimeout)
            totalDeadline = .distantFuture
            origin.release(self)
        } else {
            close()
        }
        receiver?.upstreamEnd()
    }

    /// An answer may come before a large request has left; the rest of it must not be taken for the next one.
    private var hasWrittenAll: Bool {
        guard let channel = context?.channel else { return false }
        return (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) == 0
    }

    /// Ends the call with `cause` and the connection with it.
    func fail(_ cause: UpstreamFailure.Cause) {
        failure = failure ?? cause
        close()
    }

    /// Ends the connection, at once or after TLS's goodbye; it carries no other call.
    func close() {
        guard !isClosing else { return }
        isClosing = true
        if phase == .idle { origin.withdraw(self) }
        context?.close(promise: nil)
    }
}

// Channel events.
extension UpstreamConnection {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.watch(self)
        if phase == .idle { deadline = loop.deadline(in: origin.configuration.idleTimeout) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if phase == .handshake, !isClosing, case .handshakeCompleted = event as? TLSUserEvent {
            phase = .idle
            deadline = loop.deadline(in: origin.configuration.idleTimeout)
            origin.connected(self)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.isReading = true
        guard !isClosing else { return }
        var bytes = unwrapInboundIn(data)
        guard call != nil else { return close() }
        hasReceived = true
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.writeBuffer(&bytes)
        }
        readOn()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        loop.endRead()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        loop.endRead()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A TLS error during the handshake, an unclean end or a reset: not an orderly end of a close-delimited body.
        fail(phase == .handshake ? .tlsFailed : phase == .body ? .bodyTruncated : .closed)
    }

    func tick(now: NIODeadline) {
        if now >= totalDeadline { return fail(.totalTimeout) }
        guard now >= deadline else { return }
        switch phase {
        case .handshake: fail(.connectTimeout)
        case .head: fail(.firstByteTimeout)
        case .body: fail(.idleTimeout)
        case .idle, .closed: close()
        }
    }

    /// The connection is gone: the pool hears of it, then the call.
    private func end() {
        let last = phase
        guard last != .closed else { return }
        phase = .closed
        loop.unwatch(self)
        input = ByteBuffer()
        output = ByteBuffer()
        let call = self.call.take()
        if last == .handshake {
            origin.connectFailed(failure ?? .tlsFailed)
        } else {
            origin.removed(self, wasIdle: last == .idle)
        }
        guard let call else { return }
        if last == .body, decoder.endsAtClose, failure == nil {
            let receiver = call.receiver
            call.end()
            receiver?.upstreamEnd()
        } else {
            call.fail(failure ?? (last == .body ? .bodyTruncated : .closed), retryVerdict)
        }
    }

    private var retryVerdict: UpstreamFailure.RetryVerdict {
        if hasReceived { return .bytesReceived }
        if !hasSent { return .nothingSent }
        return callsBegun > 1 ? .noByteOnReusedConnection : .noByteBack
    }
}

extension ByteBuffer {
    /// Answers to HEAD have no body whatever their fields say.
    fileprivate var startsWithHEAD: Bool {
        withUnsafeReadableBytes { $0.starts(with: "HEAD ") }
    }
}
