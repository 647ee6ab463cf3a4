// HTTPServer: listeners, the event loops behind them, and an orderly end.
//
// For: gatewayd and the demo upstream.
// Refuses: connections beyond `connectionsMax`; listening before `start`.
// Called by: the daemon's start-up and shutdown; never on the request path, hence async.

public import NIOCore
internal import NIOPosix
internal import Synchronization

/// Listens on any number of addresses and serves HTTP/1.1 on the loops of one group.
public final class HTTPServer: Sendable {
    private typealias Seats = [ObjectIdentifier: NIOLoopBound<ServerSeat>]

    private let group: any EventLoopGroup
    private let configuration: ServerConfiguration
    private let makeHandler: @Sendable (HTTPLoop) -> any RequestHandler
    private let tally = ConnectionTally()
    private let seats = Mutex<Seats>([:])
    private let listeners = Mutex<[any Channel]>([])

    /// A server on all loops of `group`. `makeHandler` is called once on each of them, during `start`.
    public init(
        group: any EventLoopGroup, configuration: ServerConfiguration,
        makeHandler: @escaping @Sendable (HTTPLoop) -> any RequestHandler
    ) {
        self.group = group
        self.configuration = configuration
        self.makeHandler = makeHandler
    }

    /// Connections open now, over all loops.
    public var openConnections: Int { tally.current }

    /// Makes the handlers. Call once, before `listen`.
    public func start() async throws {
        var made = Seats()
        for eventLoop in group.makeIterator() {
            made[ObjectIdentifier(eventLoop)] = try await eventLoop.submit { self.makeSeat(on: eventLoop) }.get()
        }
        let ready = made
        seats.withLock { $0 = ready }
    }

    private func makeSeat(on eventLoop: any EventLoop) -> NIOLoopBound<ServerSeat> {
        let loop = HTTPLoop(eventLoop: eventLoop, tick: configuration.tick)
        let seat = ServerSeat(loop: loop, handler: makeHandler(loop), configuration: configuration, tally: tally)
        return NIOLoopBound(seat, eventLoop: eventLoop)
    }

    /// Listens on `address`, with TLS when `tls` is given, and returns the address bound (useful with port 0).
    public func listen(on address: ListenAddress, tls: ServerIdentity? = nil) async throws -> SocketAddress {
        let bootstrap = makeBootstrap(tls)
        let channel: any Channel
        switch address {
        case .address(let host, let port): channel = try await bootstrap.bind(host: host, port: port).get()
        case .descriptor(let descriptor): channel = try await bootstrap.withBoundSocket(descriptor).get()
        }
        listeners.withLock { $0.append(channel) }
        guard let bound = channel.localAddress else { throw ChannelError.unknownLocalAddress }
        return bound
    }

    private func makeBootstrap(_ tls: ServerIdentity?) -> ServerBootstrap {
        let seats = seats.withLock { $0 }
        precondition(!seats.isEmpty, "start() makes the handlers before the first listen(on:)")
        let limit = configuration.connectionsMax
        let tally = tally
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: configuration.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: watermarks)
            .childChannelInitializer { channel in
                guard tally.enter(limit: limit) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    guard let seat = seats[ObjectIdentifier(channel.eventLoop)] else {
                        preconditionFailure("children live on the loops of the group that made the seats")
                    }
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.makeHandler()) }
                    try channel.pipeline.syncOperations.addHandler(
                        ServerConnection(seat: seat.value, isSecure: tls != nil))
                }
            }
    }

    private var watermarks: ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: configuration.writeLowWatermark, high: configuration.writeHighWatermark)
    }
}

// The end.
extension HTTPServer {
    /// Closes the listeners and what stays idle. Requests under way go on; their answers say `connection: close`.
    public func stopAccepting() async {
        let closing = listeners.withLock { listeners in
            defer { listeners = [] }
            return listeners
        }
        for channel in closing {
            await settleAccepted(of: channel)
            try? await channel.close()
        }
        for seat in seats.withLock({ Array($0.values) }) {
            try? await seat.eventLoop.submit { seat.value.drain() }.get()
        }
    }

    /// Accepts nothing more from `listener` and returns when each connection that was accepted is at home on its loop: NIO
    /// resets those that are still on their way there when their listener closes.
    private func settleAccepted(of listener: any Channel) async {
        try? await listener.setOption(.autoRead, value: false).get()
        for seat in seats.withLock({ Array($0.values) }) { try? await seat.eventLoop.submit {}.get() }
        try? await listener.eventLoop.submit {}.get()
    }

    /// `stopAccepting`, then waits until no connection is open, at most `grace`. Returns how many had to be cut.
    public func drain(within grace: TimeAmount) async -> Int {
        await stopAccepting()
        let empty = group.next().makePromise(of: Void.self)
        let deadline = group.next().scheduleTask(in: grace) { empty.succeed() }
        tally.whenEmpty(empty)
        try? await empty.futureResult.get()
        deadline.cancel()
        return await cutAll()
    }

    private func cutAll() async -> Int {
        var cut = 0
        for seat in seats.withLock({ Array($0.values) }) {
            cut += (try? await seat.eventLoop.submit { seat.value.abortAll() }.get()) ?? 0
        }
        return cut
    }
}
