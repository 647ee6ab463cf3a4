// Attempt, while a stream runs: upstream bytes in, whole events out, keep-alives in between.
//
// For: the commit point, backpressure both ways, keep-alive, and a client that goes away.
// Refuses: to send anything before the answer's status is decided.
// Called by: Attempt, HTTPLoop (tick), HTTPExchange (writability).

import HTTP
import NIOCore
import Translation

extension Attempt {
    /// Feeds received bytes through the stream machine and passes on what may go out.
    func relay(_ bytes: ByteBuffer) {
        gateway.scratch.removeAll(keepingCapacity: true)
        let before = stream?.phase
        let phase = bytes.withUnsafeReadableBytes { stream?.receive($0, into: &gateway.scratch) }
        if before == .prelude, phase != .prelude, !gateway.scratch.isEmpty { open() }
        writeScratch()
        if phase == .finished { finishStream() }
    }

    /// The upstream's body ended.
    func streamEnded() {
        gateway.scratch.removeAll(keepingCapacity: true)
        let wasOpen = stream?.phase != .prelude
        _ = stream?.receiveEnd(into: &gateway.scratch)
        if !wasOpen, !gateway.scratch.isEmpty { open() }
        writeScratch()
        finishStream()
    }

    /// The upstream broke off, stalled, or we stop, after content has gone out: one error event (case T-01).
    func interrupted(_ why: StreamInterruption) {
        gateway.scratch.removeAll(keepingCapacity: true)
        _ = stream?.interrupt(why.error, into: &gateway.scratch)
        writeScratch()
        finishStream(interruption: why)
    }

    /// Once a tick: keeps a quiet stream alive, and bounds a drain.
    func tick(now: NIODeadline) {
        if case .until(let deadline) = draining {
            if now >= deadline { cancelAbandoned() }
            return
        }
        guard mode == .stream, now - lastWrite >= gateway.settings.keepAlive else { return }
        switch stream?.phase {
        case .prelude: openEarly()
        case .committed:
            lastWrite = now
            if let bytes = stream?.keepAlive { request?.exchange.write(ByteBuffer(bytes: bytes)) }
        case .finished, nil: break
        }
    }

    /// The first bytes for the client: the status is decided now.
    private func open() {
        guard let request, !request.clientIsGone else { return }
        firstContentNanos = Clock.monotonicNanos()
        appendOwnFields(request, isStream: true)
        request.exchange.startStream(status: 200, headers: headers)
        request.exchange.onWritabilityChanged = { [self] writable in
            if writable { call?.resumeReading() } else { call?.pauseReading() }
        }
    }

    /// A model that thinks for long before its first content: the lifecycle frames go out, so that pings may follow
    /// (case T-10). From here on there is no failover.
    private func openEarly() {
        gateway.scratch.removeAll(keepingCapacity: true)
        stream?.commit(into: &gateway.scratch)
        open()
        if gateway.scratch.isEmpty, let bytes = stream?.keepAlive { gateway.scratch.append(contentsOf: bytes) }
        writeScratch()
    }

    private func writeScratch() {
        guard !gateway.scratch.isEmpty, let request, !request.clientIsGone else { return }
        lastWrite = gateway.loop.now
        request.exchange.write(gateway.allocator.buffer(bytes: gateway.scratch))
    }

    /// The client went away: read on to the terminal usage where there is room for it, else cancel and bill what is known.
    func clientGone() {
        switch provider.onClientGone {
        case .drain where gateway.drains < gateway.settings.drainsMost:
            gateway.drains += 1
            if tickSlot < 0 { gateway.loop.watch(self) }
            draining = .until(gateway.loop.now + gateway.settings.drainTime)
            call?.resumeReading()
        case .drain, .cancel: cancelAbandoned()
        }
    }

    /// We stop: a stream that is open gets its error event, anything earlier an error answer.
    func cut() {
        call?.cancel()
        if mode == .stream, stream?.phase == .committed { return interrupted(.drained) }
        if request?.clientIsGone == true { return cancelAbandoned() }
        settle(
            .drained, httpStatus: 503, complete: false, note: StreamInterruption.drained.note,
            refusing: RequestPipeline.restarting)
    }

    private func cancelAbandoned() {
        call?.cancel()
        settle(.clientGone, httpStatus: firstContentNanos == nil ? 0 : 200, complete: false, note: nil)
    }
}
