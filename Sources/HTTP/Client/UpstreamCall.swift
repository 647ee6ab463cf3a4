// UpstreamCall: one request to an upstream, from `send` to its end.
//
// For: the caller's handle (cancel, pause) and the pool's record of a call, waiting or under way.
// Refuses: nothing; every method is harmless at any time, also after the end.
// Called by: gatewayd through UpstreamPool.send; OriginPool and UpstreamConnection.

public import NIOCore

/// Receives an answer as it comes, on the pool's loop.
///
/// Exactly one of `upstreamEnd` and `upstreamFailed` is called, last; after `cancel()` nothing is called. No call is made
/// before `send` has returned.
public protocol UpstreamReceiver: AnyObject {
    /// Status and fields, once, before anything of the body.
    func upstreamHead(_ head: ResponseHead)
    /// A piece of the body, without chunk framing; never empty. Pieces of one read come as one.
    func upstreamBody(_ bytes: ByteBuffer)
    /// The answer is complete.
    func upstreamEnd()
    /// The answer will not be completed.
    func upstreamFailed(_ failure: UpstreamFailure)
}

/// A call under way. Loop-bound.
public final class UpstreamCall {
    enum State {
        case waiting, active(UpstreamConnection), ended
    }

    var state = State.waiting
    /// Released at the end, so that a kept handle keeps nothing else.
    var receiver: (any UpstreamReceiver)?
    let head: ByteBuffer
    let body: ByteBuffer
    let timeouts: UpstreamTimeouts
    let waitDeadline: NIODeadline
    let totalDeadline: NIODeadline
    var isPaused = false
    private let origin: OriginPool

    init(
        origin: OriginPool, head: ByteBuffer, body: ByteBuffer, timeouts: UpstreamTimeouts,
        receiver: any UpstreamReceiver
    ) {
        self.origin = origin
        self.head = head
        self.body = body
        self.timeouts = timeouts
        self.receiver = receiver
        waitDeadline = origin.loop.deadline(in: timeouts.wait)
        totalDeadline = origin.loop.deadline(in: timeouts.total)
    }

    /// Ends the call without a callback. HTTP/1.1 has no other way to stop an answer than closing its connection.
    public func cancel() {
        switch state {
        case .waiting:
            end()
            origin.forget(self)
        case .active(let connection):
            end()
            connection.close()
        case .ended: break
        }
    }

    /// Stops reading the answer, so that the upstream feels it. What one read had already brought is still delivered.
    public func pauseReading() { setPaused(true) }

    /// Undoes `pauseReading`.
    public func resumeReading() { setPaused(false) }

    private func setPaused(_ paused: Bool) {
        guard paused != isPaused else { return }
        isPaused = paused
        if case .active(let connection) = state { connection.setReading(paused: paused) }
    }

    func end() {
        state = .ended
        receiver = nil
    }

    func fail(_ cause: UpstreamFailure.Cause, _ retry: UpstreamFailure.RetryVerdict) {
        let receiver = receiver
        end()
        receiver?.upstreamFailed(UpstreamFailure(cause: cause, retry: retry))
    }
}
