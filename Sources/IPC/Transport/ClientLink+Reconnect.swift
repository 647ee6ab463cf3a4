// ClientLink+Reconnect: making the connection, and making it again.
//
// For: ClientLink. One attempt at a time, with back-off; a connection that said goodbye is left to finish beside the
// new one.
// Refuses: to try after `stop`.
// Called by: the clients (start, stop), ClientConnection.

import NIOCore
import NIOPosix

extension ClientLink {
    /// Begins to connect. Calls made from now on wait for at most the link's patience.
    public func start() {
        eventLoop.preconditionInEventLoop()
        guard !started else { return }
        started = true
        alarm.onRing { [self] now in expire(now) }
        patienceEnds = .now() + settings.patience
        connect()
    }

    /// Ends the link for ever: closes the connection and fails what has not ended with `stopped`.
    public func stop() {
        eventLoop.preconditionInEventLoop()
        stopped = true
        attempt?.cancel()
        attempt = nil
        giveUpWaiting(.stopped)
        for connection in connections {
            lose(callsOf: connection, .stopped)
            connection.close()
        }
        alarm.stop()
    }

    private func connect() {
        guard !stopped else { return }
        connectionsMade += 1
        let connection = ClientConnection(link: self, ordinal: connectionsMade)
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(settings.helloDeadline)
            .channelOption(.writeBufferWaterMark, value: .init(low: 128 << 10, high: 512 << 10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(bound.value.makeChannel())
                }
            }
            .connect(unixDomainSocketPath: path)
            .assumeIsolated()
            .whenFailure { [self] error in retry("\(error)") }
    }

    private func retry(_ why: String) {
        guard !stopped, attempt == nil else { return }
        let wait = backoff.next()
        observer(.attemptFailed(why, retryIn: wait))
        attempt = eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in
            attempt = nil
            connect()
        }
    }

    func opened(_ connection: ClientConnection) {
        if stopped { return connection.close() }
        connections.append(connection)
    }

    /// Both hellos are done: assertions first, then what waited.
    func greeted(_ connection: ClientConnection, _ peer: PeerIdentity, _ version: UInt16) {
        current = connection
        backoff.reset()
        observer(.connected(peer, version: version))
        onConnected?()
        sendWaiting()
    }

    /// The peer said goodbye: no new calls there, and a new connection beside it.
    func leaving(_ connection: ClientConnection) {
        guard current === connection else { return }
        current = nil
        observer(.peerLeaving)
        patienceEnds = .now() + settings.patience
        retry("the peer is about to stop")
    }

    func ended(_ connection: ClientConnection, _ reason: CloseReason) {
        connections.removeAll { $0 === connection }
        let wasCurrent = current === connection
        if wasCurrent {
            current = nil
            patienceEnds = .now() + settings.patience
        }
        lose(callsOf: connection, stopped ? .stopped : .connectionLost)
        if connection.wasGreeted { observer(.disconnected(reason)) }
        if wasCurrent || !connection.wasGreeted { retry("\(reason)") }
    }
}
