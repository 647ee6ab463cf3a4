// DeadlineAlarm: one timer for all deadlines of a connection.
//
// For: both sides' open calls. A timer a call would cost more than the call; this one is armed for the earliest
// deadline known and looks at the table only when it rings, about once a deadline's length under load.
// Refuses: nothing. It may ring early (the call it was armed for has ended); it then arms itself for the next.
// Called by: Multiplexer, PeerConnection.

import NIOCore

/// Rings when the earliest of many deadlines has passed. Bound to its event loop.
final class DeadlineAlarm {
    private let eventLoop: any EventLoop
    private var armedFor = NIODeadline.distantFuture
    private var task: Scheduled<Void>?
    /// Ends what has expired at the given instant and tells the earliest deadline left.
    private var ring: ((NIODeadline) -> NIODeadline?)?

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// What to do when it rings. It holds on to what the closure holds until `stop`.
    func onRing(_ ring: @escaping (NIODeadline) -> NIODeadline?) { self.ring = ring }

    /// Rings no later than `deadline`.
    @inline(__always)
    func watch(_ deadline: NIODeadline) {
        if deadline < armedFor { arm(deadline) }
    }

    /// Never rings again.
    func stop() {
        task?.cancel()
        task = nil
        ring = nil
        armedFor = .distantFuture
    }

    private func arm(_ deadline: NIODeadline) {
        task?.cancel()
        armedFor = deadline
        task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in rang() }
    }

    private func rang() {
        armedFor = .distantFuture
        task = nil
        if let next = ring?(.now()) { watch(next) }
    }
}
