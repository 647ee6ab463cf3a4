// Listener: the socket a daemon is asked through.
//
// For: every daemon; one listener, one event loop, many connections.
// Refuses: paths that do not fit a socket address, a path that another live process listens on, more connections than
// the bound.
// Called by: the daemons' Main.

public import NIOCore
import NIOPosix

/// Where a listener listens.
public enum ListenAddress: Hashable, Sendable {
    /// A socket file to be made. A stale one is replaced, a live one is not.
    case path(String, mode: UInt32 = 0o660)
    /// A descriptor that already listens, handed over by the service manager.
    case descriptor(CInt)
}

/// Something a listener's owner may log or act upon.
public enum ListenerEvent {
    /// A peer said hello and may ask now.
    case connected(PeerConnection)
    /// A peer that had said hello is gone; whatever lived with its connection ends now. Its open calls are abandoned
    /// right after.
    case closed(PeerConnection, CloseReason)
    /// A connection ended before its hello was accepted.
    case refused(PeerCredentials, CloseReason)
    /// A request did not follow its layout and was answered with `malformed`: a sibling has a bug.
    case malformed(PeerConnection, MessageNumber, WireFault)
}

/// Listens on one Unix socket and serves every connection by one table. Bound to its event loop.
public final class Listener {
    public let eventLoop: any EventLoop
    let table: ServiceTable
    let identity: PeerIdentity
    let policy: PeerPolicy
    let versions: ProtocolVersions
    let helloDeadline: TimeAmount
    private let address: ListenAddress
    private let observer: (ListenerEvent) -> Void
    private var peers: [UInt64: PeerConnection] = [:]
    private var nextID: UInt64 = 1
    private var serverChannel: (any Channel)?
    private var drained: EventLoopPromise<Void>?

    /// Whether the listener takes no new calls any more.
    public private(set) var isDraining = false

    /// `identity` is what the hello says; `observer` is told of connections as they come and go, on the event loop.
    public convenience init(
        _ address: ListenAddress, eventLoop: any EventLoop, table: ServiceTable, identity: PeerIdentity,
        policy: PeerPolicy, observer: @escaping (ListenerEvent) -> Void
    ) {
        self.init(
            address, eventLoop: eventLoop, table: table, identity: identity, policy: policy, versions: .ours,
            helloDeadline: IPCLimits.helloDeadline, observer: observer)
    }

    /// As above, speaking other versions or with less patience: for tests of version skew and silence.
    init(
        _ address: ListenAddress, eventLoop: any EventLoop, table: ServiceTable, identity: PeerIdentity,
        policy: PeerPolicy, versions: ProtocolVersions, helloDeadline: TimeAmount,
        observer: @escaping (ListenerEvent) -> Void
    ) {
        self.address = address
        self.eventLoop = eventLoop
        self.table = table
        self.identity = identity
        self.policy = policy
        self.versions = versions
        self.helloDeadline = helloDeadline
        self.observer = observer
    }

    /// Peers connected now, also those that have not said hello yet.
    public var connections: Int { peers.count }

    /// Begins to listen; fails with `ListenFailure` or a socket error.
    public func start() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let bootstrap = ServerBootstrap(group: eventLoop, childGroup: eventLoop)
            .serverChannelOption(.backlog, value: 128)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 128 << 10, high: 512 << 10))
            .childChannelInitializer { channel in bound.value.accept(channel) }
        return bind(bootstrap).assumeIsolated().map { [self] channel in serverChannel = channel }.nonisolated()
    }

    /// Takes no new connections or calls, says goodbye to every peer, and completes when the last open call has ended
    /// and every connection is closed. Call `close` to end sooner.
    public func drain() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        isDraining = true
        serverChannel?.close(promise: nil)
        serverChannel = nil
        let promise = drained ?? eventLoop.makePromise(of: Void.self)
        drained = promise
        for peer in peers.values { peer.drain() }
        completeDrain()
        return promise.futureResult
    }

    /// Ends everything at once.
    public func close() {
        eventLoop.preconditionInEventLoop()
        isDraining = true
        serverChannel?.close(promise: nil)
        serverChannel = nil
        for peer in peers.values { peer.close() }
        completeDrain()
    }
}

extension Listener {
    var isFull: Bool { peers.count > IPCLimits.connections }

    func observe(_ event: ListenerEvent) { observer(event) }

    func ended(_ peer: PeerConnection, _ reason: CloseReason, wasGreeting: Bool) {
        peers[peer.id] = nil
        observer(wasGreeting ? .refused(peer.credentials, reason) : .closed(peer, reason))
        completeDrain()
    }

    private func completeDrain() {
        guard isDraining, peers.isEmpty, let promise = drained else { return }
        drained = nil
        promise.succeed()
    }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        PeerCredentials.of(channel).assumeIsolated().flatMapThrowing { [self] credentials in
            let peer = PeerConnection(id: nextID, credentials: credentials, listener: self)
            nextID += 1
            try channel.pipeline.syncOperations.addHandler(peer.makeChannel())
            peers[peer.id] = peer
            channel.closeFuture.assumeIsolated().whenComplete { [self] _ in forget(peer) }
        }.nonisolated()
    }

    /// A connection that was closed between being taken and being open, as all are that this end finds there, has told its
    /// handlers of nothing.
    private func forget(_ peer: PeerConnection) {
        guard peers[peer.id] != nil else { return }
        ended(peer, .closedHere, wasGreeting: true)
    }

    private func bind(_ bootstrap: ServerBootstrap) -> EventLoopFuture<any Channel> {
        switch address {
        case .descriptor(let descriptor): return bootstrap.withBoundSocket(descriptor)
        case .path(let path, let mode):
            do throws(ListenFailure) {
                try SocketPath.clear(path)
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
            return bootstrap.bind(unixDomainSocketPath: path).flatMapThrowing { channel in
                try SocketPath.setMode(path, mode)
                return channel
            }
        }
    }
}
