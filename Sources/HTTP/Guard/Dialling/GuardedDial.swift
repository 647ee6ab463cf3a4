// GuardedDial: makes one connection for a guarded origin: looks up, judges, dials the judged address, looks again.
//
// For: UpstreamConnector, when the origin has a guard. There is one look-up per connection and no second one, so a name
// that changes its address between judging and dialling (rebinding) changes nothing. TLS and the Host field keep the
// name.
// Refuses: what the guard refuses, before a socket is made; a connection that is not to the judged address, before a
// byte is sent.
// Called by: UpstreamConnector.connect, on the loop of the pool, which keeps it alive through callbacks until the pool
// has heard.

internal import NIOCore
internal import NIOPosix

/// One attempt, over at most `dialsMost` addresses. Loop-bound.
final class GuardedDial {
    /// A look-up may take this long, or as long as connecting may if that is shorter: what glibc waits for one name
    /// server.
    static let lookUpLimit = TimeAmount.seconds(5)
    /// Answers that are looked at. The largest services have some ten; a thousand are an attack or a mistake.
    static let answersMost = 64
    /// Addresses that are tried, each for its share of the time that is left.
    static let dialsMost = 4

    private let pool: OriginPool
    private let addressGuard: AddressGuard
    private let tls: UpstreamTLS?
    private let host: OutboundHost
    private let port: UInt16
    private let deadline: NIODeadline
    private var candidates: ArraySlice<IPAddress> = []
    private var latestCause = UpstreamFailure.Cause.connectFailed
    private var lookUpTimer: Scheduled<Void>?

    /// For `pool`, whose origin `addressGuard` made from a host and port that it had checked.
    init(_ pool: OriginPool, _ addressGuard: AddressGuard, tls: UpstreamTLS?, timeout: TimeAmount) {
        self.pool = pool
        self.addressGuard = addressGuard
        self.tls = tls
        let origin = pool.origin
        host = IPAddress(origin.host).map { .address($0) } ?? .name(origin.host)
        guard let port = UInt16(exactly: origin.port) else { preconditionFailure("a guarded origin comes from a URL") }
        self.port = port
        // The loop's clock may be a tick old, and would make the time that is left look longer.
        deadline = .now() + timeout
    }

    /// Ends in one call of the pool's `connected` or `connectFailed`.
    func start() {
        switch host {
        // Later, as a name would be: callers of the pool rely on no callback before `send` has returned.
        case .address(let address): pool.loop.eventLoop.assumeIsolated().execute { self.lookedUp(.success([address])) }
        case .name(let name): lookUp(name)
        }
    }

    private func lookUp(_ name: String) {
        let limit = min(Self.lookUpLimit, deadline - .now())
        let eventLoop = pool.loop.eventLoop
        lookUpTimer = eventLoop.assumeIsolated().scheduleTask(in: limit) { [self] in
            lookUpTimer = nil
            pool.connectFailed(.connectTimeout)
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        addressGuard.resolver.look(up: name, most: Self.answersMost) { answer in
            eventLoop.execute { bound.value.answered(answer) }
        }
    }

    /// An answer after the limit is nobody's any more.
    private func answered(_ answer: Result<[IPAddress], NameFault>) {
        guard let timer = lookUpTimer.take() else { return }
        timer.cancel()
        lookedUp(answer)
    }

    private func lookedUp(_ answer: Result<[IPAddress], NameFault>) {
        guard case .success(let addresses) = answer, !addresses.isEmpty else {
            return pool.connectFailed(.resolveFailed)
        }
        if let refusal = addressGuard.objection(to: addresses, for: host, port: port) {
            return pool.connectFailed(.forbiddenAddress(refusal))
        }
        candidates = addresses.prefix(Self.dialsMost)
        dialNext()
    }
}

// Dialling.
extension GuardedDial {
    private func dialNext() {
        let left = deadline - .now()
        guard left > .zero else { return pool.connectFailed(.connectTimeout) }
        guard let address = candidates.popFirst() else { return pool.connectFailed(latestCause) }
        let share = TimeAmount.nanoseconds(left.nanoseconds / Int64(candidates.count + 1))
        UpstreamConnector.bootstrap(pool, timeout: share)
            .connect(to: addressGuard.socketAddress(address, port)).assumeIsolated()
            .whenComplete { [self] result in
                switch result {
                case .success(let channel): connected(channel, judged: address)
                case .failure(let error):
                    latestCause = UpstreamConnector.cause(of: error)
                    dialNext()
                }
            }
    }

    private func connected(_ channel: any Channel, judged: IPAddress) {
        let peer = channel.remoteAddress.flatMap { IPAddress($0) }
        let local = channel.localAddress.flatMap { IPAddress($0) }
        if let refusal = addressGuard.objection(
            toConnectionFrom: local, to: peer, judged: judged, for: host, port: port)
        {
            channel.close(promise: nil)
            return pool.connectFailed(.forbiddenAddress(refusal))
        }
        UpstreamConnector.attach(channel, to: pool, tls: tls, readyBy: deadline)
    }
}
