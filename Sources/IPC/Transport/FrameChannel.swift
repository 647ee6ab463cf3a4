// FrameChannel: one connected socket as frames in and frames out.
//
// For: both sides of a connection. All frames written in one tick of the event loop leave in one write.
// Refuses: broken frames (it tells the peer, then closes), peers that do not read what they asked for.
// Called by: PeerConnection and ClientConnection, which receive its frames; Listener and ClientLink, which put it in
// a pipeline.

import Glibc
import NIOCore

/// Who gets the frames of a channel. All calls come on the channel's event loop.
protocol FrameReceiver: AnyObject {
    /// The socket is connected.
    func channelOpened()
    /// A frame came; the payload is valid during the call only.
    func received(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer)
    /// The socket is closed. Nothing comes after this.
    func channelEnded(_ reason: CloseReason)
}

/// The handler of one socket. Bound to its event loop.
final class FrameChannel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var receiver: (any FrameReceiver)?
    private var context: ChannelHandlerContext?
    private var decoder = FrameDecoder()
    private var payloadLimit = IPCLimits.helloBytes
    private var writer = WireWriter(capacity: 16 << 10)
    private let pausesReading: Bool
    private var reading = false
    private var flushScheduled = false
    private var reason: CloseReason?

    /// `pausesReading`: whether reading stops while the peer does not read. Only one side may do that, or both would
    /// wait for each other for ever; it is the answering side, whose reading makes it write.
    init(receiver: any FrameReceiver, pausesReading: Bool) {
        self.receiver = receiver
        self.pausesReading = pausesReading
    }

    /// Whether frames may still be written.
    var isOpen: Bool { reason == nil && context != nil }

    /// The hello was accepted: frames may be as long as the protocol allows.
    func liftHelloLimit() { payloadLimit = IPCLimits.payloadBytes }

    /// Writes one frame, to leave at the end of this tick. `false` when it passes a limit; nothing is written then.
    /// On a closed channel the frame is dropped: its end has been or will be reported.
    @inline(__always)
    func write(
        _ header: FrameHeader, limit: Int = IPCLimits.payloadBytes, _ payload: (inout WireWriter) -> Void = { _ in }
    ) -> Bool {
        guard writer.frame(header, limit: limit, payload) else { return false }
        if !reading, !flushScheduled { scheduleFlush() }
        return true
    }

    /// Ends the connection. `telling` is sent to the peer first, in a failure frame about the connection.
    func close(_ cause: CloseReason, telling failure: FailurePayload? = nil) {
        guard reason == nil else { return context?.close(promise: nil) ?? () }
        if let failure { _ = writer.frame(FrameHeader(.failure)) { failure.encode(to: &$0) } }
        flush()
        reason = cause
        context?.close(promise: nil)
    }

    /// Ends the connection once everything written has left. A peer that does not read can delay that; `close` does
    /// not wait.
    func finish() {
        guard reason == nil, let context else { return close(.closedHere) }
        flush()
        reason = .closedHere
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in self.context?.close(promise: nil) }
    }

    /// The peer broke the protocol: say so, and stop.
    func fault(_ fault: FrameFault) {
        close(.fault(fault), telling: FailurePayload(.protocolFault, "\(fault)"))
    }
}

extension FrameChannel {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { receiver?.channelOpened() }
    }

    func channelActive(context: ChannelHandlerContext) { receiver?.channelOpened() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard reason == nil else { return }
        reading = true
        let buffer = unwrapInboundIn(data)
        do throws(FrameFault) {
            try buffer.withUnsafeReadableBytes { bytes throws(FrameFault) in
                try decoder.feed(bytes) { header, payload in
                    receiver?.received(header, payload)
                    return reason == nil ? payloadLimit : nil
                }
            }
        } catch {
            fault(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        reading = false
        flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard pausesReading else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: context.channel.isWritable)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // How the kernel says that a peer's process died with our bytes unread.
        let isPeerGone = [ECONNRESET, EPIPE].contains((error as? IOError)?.errnoCode)
        close(isPeerGone ? .peerClosed : .socket("\(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        if reason == nil { reason = .peerClosed }
        self.context = nil
        let receiver = self.receiver
        self.receiver = nil
        receiver?.channelEnded(reason ?? .peerClosed)
    }

    /// Also comes when a connection was never made, and there is nothing to report then.
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        receiver = nil
    }

    private func scheduleFlush() {
        guard let context, reason == nil else { return }
        flushScheduled = true
        context.eventLoop.assumeIsolatedUnsafeUnchecked().execute { [self] in
            flushScheduled = false
            flush()
        }
    }

    private func flush() {
        guard writer.count > 0 else { return }
        defer { writer.rollBack(to: 0) }
        guard let context, reason == nil else { return }
        var buffer = context.channel.allocator.buffer(capacity: writer.count)
        buffer.writeBytes(writer.bytes)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        if !context.channel.isWritable { checkBacklog(context) }
    }

    private func checkBacklog(_ context: ChannelHandlerContext) {
        let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        if let waiting, waiting > IPCLimits.backlogBytes { close(.backlog) }
    }
}
