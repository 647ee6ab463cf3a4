// ServerConnection: one client connection: bytes in, exchanges out to the handler, answers back in order.
//
// For: the listening side. One channel handler does everything, and stays for the life of the connection; an exchange is
// reused for the next request unless the handler still holds it.
// Refuses: what the codec refuses, each with one answer and a close; a second request while the first is being answered
// waits, bounded, in the input buffer.
// Called by: NIO on the event loop, and HTTPExchange. Reading is in +Requests, writing in +Answers, time in +Deadlines.

internal import NIOCore

final class ServerConnection: ChannelInboundHandler, LoopTicked, Flushable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between requests, or reading a head.
        case head
        /// A handler owes an answer.
        case exchange
        /// Answered; the rest of an uncollected body is read away before the next head.
        case draining
        /// The last answer is on its way out.
        case closing
        /// Our side is shut; what the client still sends is read away for a moment.
        case lingering
        case closed
    }

    let seat: ServerSeat
    let loop: HTTPLoop
    let isSecure: Bool
    var context: ChannelHandlerContext?
    var tickSlot = -1
    var phase = Phase.head

    // Reading (+Requests)
    var input = ByteBuffer()
    var parser: RequestHeadParser
    var exchange: HTTPExchange
    var decoder = BodyDecoder.none
    var isBodyRead = true
    var collector: RequestBody?
    var onBody: ((Result<ByteBuffer, RequestProblem>) -> Void)?
    var owesContinue = false
    var bytesReadAway = 0
    var isReadingOn = false
    var isReadPaused = false
    /// The exchange has carried a request and must be made ready, or replaced, before the next.
    var isExchangeUsed = false

    // Writing (+Answers)
    var output = ByteBuffer()
    var isOutputSent = false
    var isQueued = false
    var unflushedBytes = 0
    var streamFraming = ResponseWriter.Framing.none
    var closesAfterAnswer = false
    var lingersAfterClose = false

    // Time (+Deadlines)
    var deadline = NIODeadline.distantFuture
    var isHeadDeadline = true
    var bodyDeadline = NIODeadline.distantFuture
    var handedOver = 0
    var handedOverAtTick = 0
    var waitingAtTick = 0
    var stallDeadline = NIODeadline.distantFuture

    init(seat: ServerSeat, isSecure: Bool) {
        self.seat = seat
        self.isSecure = isSecure
        loop = seat.loop
        parser = RequestHeadParser(limits: seat.configuration.limits)
        exchange = HTTPExchange(loop: seat.loop)
    }

    var configuration: ServerConfiguration { seat.configuration }
    var remoteAddress: SocketAddress? { context?.remoteAddress }
    var isWritable: Bool { context?.channel.isWritable ?? false }
}

// Channel events.
extension ServerConnection {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.watch(self)
        startHeadDeadline()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.isReading = true
        var bytes = unwrapInboundIn(data)
        if phase.rawDiscards { return discard(bytes.readableBytes) }
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

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        exchange.onWritabilityChanged?(context.channel.isWritable)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Resets, TLS alerts and handshake failures all end here; the connection is of no further use.
        context.close(promise: nil)
    }

    /// The connection is gone: nothing is answered any more, and the handler hears of it once.
    private func end() {
        guard phase != .closed else { return }
        phase = .closed
        loop.unwatch(self)
        seat.tally.leave()
        input = ByteBuffer()
        output = ByteBuffer()
        collector = nil
        let onBody = self.onBody.take()
        let onClientGone = exchange.isFinished ? nil : exchange.onClientGone
        exchange.detach()
        if let onBody {
            onBody(.failure(.clientGone))
        } else {
            onClientGone?()
        }
    }
}

extension ServerConnection.Phase {
    /// Whether what arrives is only counted and dropped.
    fileprivate var rawDiscards: Bool {
        switch self {
        case .closing, .lingering, .closed: true
        case .head, .exchange, .draining: false
        }
    }
}
