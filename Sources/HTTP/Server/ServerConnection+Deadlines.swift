// ServerConnection+Deadlines: what happens to a client that is too slow.
//
// For: slow heads (408), slow bodies (408 through the handler), idle keep-alive (silent close), readers that read nothing.
// Refuses: nothing else.
// Called by: HTTPLoop once per tick.

internal import NIOCore

extension ServerConnection {
    func tick(now: NIODeadline) {
        checkWriteProgress(now)
        releaseIdleMemory()
        guard now >= deadline || now >= bodyDeadline, phase != .closed else { return }
        switch phase {
        case .head: endHeadPhase()
        case .exchange: failCollecting(.bodyTimeout)
        case .draining: closeAfterOutput(lingering: true)
        case .lingering: context?.close(promise: nil)
        case .closing, .closed: break
        }
    }

    /// A head that was begun is answered; a connection that sent nothing is just closed.
    private func endHeadPhase() {
        if parser.hasBegun(input.readableBytes) {
            refuse(.headTimeout)
        } else {
            context?.close(promise: nil)
        }
    }

    /// From accepting, and from the first byte of each further head.
    func startHeadDeadline() {
        isHeadDeadline = true
        deadline = loop.deadline(in: seat.configuration.headTimeout)
    }

    /// From the end of an answer to the first byte of the next head.
    func startIdleDeadline() {
        isHeadDeadline = false
        deadline = loop.deadline(in: seat.configuration.keepAliveTimeout)
    }

    /// Idle connections keep no buffers: ten thousand of them would otherwise hold some 60 MB.
    private func releaseIdleMemory() {
        guard phase == .head, isExchangeUsed, input.readableBytes == 0, isOutputSent else { return }
        prepareExchange()
        output = ByteBuffer()
        isOutputSent = false
    }

    /// For a drain: an idle connection closes when nothing has come for a moment. At once would meet the request that a client
    /// is sending just now, which it could not know to be safe to send again. One that has not had its first request is left to
    /// send it.
    func closeWhenQuiet() {
        guard phase == .head, !isHeadDeadline else { return }
        deadline = min(deadline, loop.deadline(in: seat.configuration.quietTimeout))
    }

    /// Writes carry no promises, so progress is told from two numbers: what was handed to the channel since the last tick
    /// and what still waits there. While output waits and nothing leaves for `writeIdleTimeout`, the client reads nothing.
    private func checkWriteProgress(_ now: NIODeadline) {
        guard handedOver != handedOverAtTick || waitingAtTick > 0, let channel = context?.channel else { return }
        let waiting = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let left = waitingAtTick + (handedOver &- handedOverAtTick) - waiting
        if waiting == 0 || left > 0 {
            stallDeadline = waiting == 0 ? .distantFuture : now + seat.configuration.writeIdleTimeout
        } else if stallDeadline == .distantFuture {
            stallDeadline = now + seat.configuration.writeIdleTimeout
        }
        handedOverAtTick = handedOver
        waitingAtTick = waiting
        if now >= stallDeadline { context?.close(promise: nil) }
    }
}
