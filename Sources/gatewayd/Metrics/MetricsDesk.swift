// MetricsDesk: one thread that answers for the daemon's numbers, away from those that serve clients.
//
// For: `link.metrics` over the daemon's socket, and the operator's listener where it is configured.
// Refuses: more scrapers at a time than `scrapersMost`.
// Called by: GatewayDaemon.

import HTTP
import Metrics
import NIOCore
import NIOPosix
import Synchronization

/// Safe from every thread.
final class MetricsDesk: Sendable {
    /// Connections to the listener: a few servers that scrape, and a person who looks.
    static let scrapersMost = 32

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let open = Mutex<(server: HTTPServer, page: NIOLoopBound<MetricsPage>?)?>(nil)

    /// Every metric of the daemon, told to `done` on `loop`.
    func ask(
        _ readings: GatewayReadings, on loop: any EventLoop, _ done: @escaping @Sendable ([MetricReading]) -> Void
    ) {
        group.next().execute {
            let now = readings.now()
            loop.execute { done(now) }
        }
    }

    /// Opens the listener with the page that `makePage` makes on its loop, and returns the address it has.
    func listen(
        on address: HTTP.ListenAddress, _ makePage: @escaping @Sendable (any EventLoop) -> MetricsPage
    ) async throws -> SocketAddress {
        var configuration = ServerConfiguration()
        configuration.connectionsMax = Self.scrapersMost
        let server = HTTPServer(group: group, configuration: configuration) { [self] loop in
            let page = makePage(loop.eventLoop)
            let bound = NIOLoopBound(page, eventLoop: loop.eventLoop)
            open.withLock { $0?.page = bound }
            return page
        }
        open.withLock { $0 = (server, nil) }
        try await server.start()
        return try await server.listen(on: address)
    }

    /// Closes the listener, if there is one, and lets go of its address. Blocks.
    func stopListening() throws {
        guard let (server, page) = open.withLock({ $0.take() }) else { return }
        let loop = group.next()
        if let page { try loop.submit { page.value.close() }.wait() }
        _ = try loop.makeFutureWithTask { await server.drain(within: .zero) }.wait()
    }

    /// Ends everything; until here a drain can be watched. Blocks.
    func close() throws {
        try stopListening()
        try group.syncShutdownGracefully()
    }
}
