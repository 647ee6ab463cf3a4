// OriginPool: the connections to one origin, and the calls that wait for one.
//
// For: UpstreamPool, one per origin.
// Refuses: calls beyond the queue's bound (poolExhausted), calls after close (shuttingDown).
// Called by: UpstreamPool, UpstreamCall.cancel, UpstreamConnection when it is free or gone.
//
// Invariant: while calls wait, as many connections are being made as the bound allows, up to one per waiting call.

internal import NIOCore
internal import NIOPosix

final class OriginPool: LoopTicked {
    let origin: UpstreamOrigin
    let loop: HTTPLoop
    var tickSlot = -1
    private let pool: UpstreamPool
    /// Last used last: the most recently used connection is the least likely to have been closed by the other side.
    private var idle: [UpstreamConnection] = []
    private var waiting: [UpstreamCall] = []
    private var open = 0
    private var connecting = 0

    init(origin: UpstreamOrigin, pool: UpstreamPool) {
        precondition(!origin.secure || pool.tls != nil, "a secure origin needs TLS settings")
        self.origin = origin
        self.pool = pool
        loop = pool.loop
    }

    var configuration: PoolConfiguration { pool.configuration }
    var isUnused: Bool { open == 0 && waiting.isEmpty }
    var counts: PoolCounts {
        PoolCounts(
            idle: idle.count, busy: open - idle.count - connecting, connecting: connecting, waiting: waiting.count)
    }

    /// Gives `call` a connection or a place in the queue.
    func start(_ call: UpstreamCall) {
        if let connection = idle.popLast() {
            connection.begin(call)
        } else if pool.isClosed {
            failLater(call, .shuttingDown)
        } else if open < configuration.perOriginMax || waiting.count - connecting < configuration.waitersMax {
            enqueue(call)
        } else {
            failLater(call, .poolExhausted)
        }
    }

    private func enqueue(_ call: UpstreamCall) {
        waiting.append(call)
        if tickSlot < 0 { loop.watch(self) }
        connectForWaiting()
    }

    /// Callers may rely on no callback before `send` has returned.
    private func failLater(_ call: UpstreamCall, _ cause: UpstreamFailure.Cause) {
        loop.eventLoop.assumeIsolated().execute { call.fail(cause, .nothingSent) }
    }

    /// A cancelled call leaves the queue. A connection being made for it goes to the next one or becomes idle.
    func forget(_ call: UpstreamCall) {
        waiting.removeAll { $0 === call }
    }

    func tick(now: NIODeadline) {
        let late = waiting.filter { now >= $0.waitDeadline || now >= $0.totalDeadline }
        if !late.isEmpty {
            waiting.removeAll { call in late.contains { $0 === call } }
            for call in late { call.fail(now >= call.totalDeadline ? .totalTimeout : .waitTimeout, .nothingSent) }
        }
        if waiting.isEmpty { loop.unwatch(self) }
    }

    func close() {
        let failing = waiting
        waiting = []
        for call in failing { call.fail(.shuttingDown, .nothingSent) }
        for connection in idle { connection.close() }
    }
}

// Connections.
extension OriginPool {
    private func connectForWaiting() {
        while connecting < waiting.count, open < configuration.perOriginMax, !pool.isClosed {
            open += 1
            connecting += 1
            let timeout = waiting[connecting - 1].timeouts.connect
            UpstreamConnector.connect(self, tls: origin.secure ? pool.tls : nil, timeout: timeout)
        }
    }

    /// A new connection is up, TLS included.
    func connected(_ connection: UpstreamConnection) {
        connecting -= 1
        release(connection)
    }

    /// A connection could not be made: the call that has waited longest hears of it.
    func connectFailed(_ cause: UpstreamFailure.Cause) {
        connecting -= 1
        open -= 1
        if !waiting.isEmpty { waiting.removeFirst().fail(cause, .nothingSent) }
        connectForWaiting()
    }

    /// `connection` can carry the next call.
    func release(_ connection: UpstreamConnection) {
        if pool.isClosed { return connection.close() }
        guard waiting.isEmpty else { return connection.begin(waiting.removeFirst()) }
        idle.append(connection)
    }

    /// `connection` is idle and begins to close, which may take its time: it carries no call any more.
    func withdraw(_ connection: UpstreamConnection) {
        idle.removeAll { $0 === connection }
    }

    /// `connection` is closed; it may have been idle or busy.
    func removed(_ connection: UpstreamConnection, wasIdle: Bool) {
        open -= 1
        if wasIdle { idle.removeAll { $0 === connection } }
        connectForWaiting()
    }
}
