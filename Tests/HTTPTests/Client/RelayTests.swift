// RelayTests: server and pool together, as gatewayd uses them: one loop, backpressure from the client to the upstream.

import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct RelayTests {
        @Test func bytesGoThroughBothWays() async throws {
            try await RelayFixture.run { relay in
                let client = try await relay.connect("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello")
                let upstream = try await relay.upstream.accept()
                try await upstream.read(through: "hello")
                try await upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n")
                #expect(try await client.read(through: "data:").contains("transfer-encoding: chunked"))
                try await upstream.send("2\r\n\n\n\r\n0\r\n\r\n")
                try await client.read(through: "0\r\n\r\n")
            }
        }

        @Test func aStalledClientStopsTheUpstreamAndNothingGrows() async throws {
            let total = 200 << 20
            try await RelayFixture.run { relay in
                let client = try await relay.connect(
                    "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", reading: false)
                let upstream = try await relay.upstream.accept()
                try await upstream.read(through: "\r\n\r\n")
                let chunk = Array("10000\r\n".utf8) + Array(repeating: UInt8(65), count: 0x10000) + Array("\r\n".utf8)
                let sentBytes = Atomic<Int>(0)
                async let sent: Void = {
                    try await upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    for _ in 0..<total / 0x10000 {
                        try await upstream.send(chunk)
                        sentBytes.add(chunk.count, ordering: .relaxed)
                    }
                    try await upstream.send("0\r\n\r\n")
                }()
                // Both kernels' buffers fill up; then the upstream can send no more.
                let last = try await settled(for: .milliseconds(300)) { sentBytes.load(ordering: .relaxed) }
                #expect(last < total / 4)
                #expect(relay.mostWaiting.load(ordering: .relaxed) < 1 << 20)
                async let received = client.countToEnd()
                try await client.setReading(true)
                #expect(try await received > total)
                try await sent
                #expect(relay.mostWaiting.load(ordering: .relaxed) < 1 << 20)
            }
        }

        @Test func aClientThatGoesCancelsTheUpstream() async throws {
            try await RelayFixture.run { relay in
                let client = try await relay.connect("GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
                let upstream = try await relay.upstream.accept()
                try await upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
                try await client.read(through: "a\r\n")
                await client.close()
                _ = try await upstream.readToEnd()
            }
        }

        @Test func anUpstreamThatDiesInAStreamCutsTheClient() async throws {
            try await RelayFixture.run { relay in
                let client = try await relay.connect("GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
                let upstream = try await relay.upstream.accept()
                try await upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
                try await client.read(through: "a\r\n")
                await upstream.close()
                #expect(try await client.readToEnd() == "")
            }
        }
    }
}

/// A server that relays everything to one hand-driven upstream.
private struct RelayFixture: Sendable {
    let server: ServerFixture
    let upstream: RawServer
    let mostWaiting: Gauge

    final class Gauge: Sendable {
        private let value = Atomic<Int>(0)
        func note(_ new: Int) { value.max(new, ordering: .relaxed) }
        func load(ordering: AtomicLoadOrdering) -> Int { value.load(ordering: .relaxed) }
    }

    static func run(_ body: (RelayFixture) async throws -> Void) async throws {
        let outer = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let upstream = try await RawServer.start(on: outer)
        let gauge = Gauge()
        let port = upstream.port
        let pools = Mutex<[ObjectIdentifier: NIOLoopBound<UpstreamPool>]>([:])
        try await ServerFixture.run(answer: { exchange in
            let key = ObjectIdentifier(exchange.loop)
            let pool = pools.withLock({ $0[key] }) ?? makePool(exchange)
            pools.withLock { $0[key] = pool }
            Relay(exchange, gauge).begin(pool.value, UpstreamOrigin(secure: false, host: "127.0.0.1", port: port))
        }) { server in
            try await body(RelayFixture(server: server, upstream: upstream, mostWaiting: gauge))
        }
        await upstream.close()
        try await outer.shutdownGracefully()
    }

    private static func makePool(_ exchange: HTTPExchange) -> NIOLoopBound<UpstreamPool> {
        let pool = UpstreamPool(loop: exchange.loop, configuration: PoolConfiguration(), tls: nil)
        return NIOLoopBound(pool, eventLoop: exchange.eventLoop)
    }

    func connect(_ greeting: String, reading: Bool = true) async throws -> RawPeer {
        try await server.connect(sending: greeting, reading: reading)
    }
}

private final class Relay: UpstreamReceiver {
    private let exchange: HTTPExchange
    private let gauge: RelayFixture.Gauge
    private var call: UpstreamCall?

    init(_ exchange: HTTPExchange, _ gauge: RelayFixture.Gauge) {
        self.exchange = exchange
        self.gauge = gauge
    }

    func begin(_ pool: UpstreamPool, _ origin: UpstreamOrigin) {
        exchange.onClientGone = { self.call?.cancel() }
        exchange.onWritabilityChanged = { $0 ? self.call?.resumeReading() : self.call?.pauseReading() }
        exchange.collectBody(limit: 1 << 20) { result in
            guard case .success(let body) = result else { return }
            let head = UpstreamHeadBuilder(method: "POST", target: "/", host: "h").finish(
                contentLength: body.readableBytes)
            self.call = pool.send(to: origin, head: head, body: body, timeouts: UpstreamTimeouts(), receiver: self)
        }
    }

    func upstreamHead(_ head: ResponseHead) { exchange.startStream(status: head.status, headers: HeaderBlock()) }

    func upstreamBody(_ bytes: ByteBuffer) {
        exchange.write(bytes)
        let channel = exchange.connection?.context?.channel
        gauge.note((try? channel?.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0)
    }

    func upstreamEnd() { exchange.finish() }

    func upstreamFailed(_ failure: UpstreamFailure) { exchange.abort() }
}
