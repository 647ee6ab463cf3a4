// ConnectionTests: clients that go, listeners, limits, draining, TLS, and memory under a stalled reader.

import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct ConnectionTests {
        @Test(arguments: [false, true])
        func aClientThatGoesIsToldOnce(_ resets: Bool) async throws {
            let held = HeldExchange()
            let gone = Signal()
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.onClientGone = { gone.fire() }
                _ = held.hold(exchange)
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let peer = try await fixture.connect()
                try await peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let exchange = try await held.get()
                if resets { try await peer.reset() } else { await peer.close() }
                try await gone.wait()
                // Late answers of all kinds are ignored.
                let isFinished = try await exchange.run { exchange in
                    exchange.answer("late")
                    exchange.startStream(status: 200, headers: HeaderBlock())
                    exchange.write(ByteBuffer(string: "late"))
                    exchange.finish()
                    exchange.abort()
                    return exchange.isFinished
                }
                #expect(isFinished)
                #expect(gone.count == 1)
            }
        }

        @Test func aClientThatGoesInItsBodyIsToldThroughTheCollection() async throws {
            let told = Signal()
            let gone = Signal()
            let asked = Signal()
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.onClientGone = { gone.fire() }
                exchange.collectBody(limit: 100) { if case .failure(.clientGone) = $0 { told.fire() } }
                asked.fire()
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let peer = try await fixture.connect()
                try await peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
                try await asked.wait()
                await peer.close()
                try await told.wait()
                #expect(gone.count == 0)
            }
        }

        @Test func connectionsBeyondTheLimitAreClosedOnArrival() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.connectionsMax = 2 }
            try await ServerFixture.run(configuration: configuration, answer: { $0.answer("x") }) { fixture in
                let peers = [try await fixture.connect(), try await fixture.connect()]
                for peer in peers {
                    try await peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                    try await peer.read(through: "\r\n\r\nx")
                }
                let third = try await fixture.connect()
                #expect(try await third.readToEnd() == "")
                await peers[0].close()
                try await fixture.wait { $0 == 1 }
                let fourth = try await fixture.connect()
                try await fourth.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                try await fourth.read(through: "\r\n\r\nx")
            }
        }

        @Test func severalListenersOneOfThemInheritedServeTogether() async throws {
            try await ServerFixture.run(loops: 2, answer: { $0.answer("x") }) { fixture in
                let second = try await fixture.server.listen(on: .address(host: "127.0.0.1", port: 0))
                let descriptor = try boundSocket()
                let third = try await fixture.server.listen(on: .descriptor(descriptor))
                for address in [fixture.address, second, third] {
                    let peer = try await RawPeer.connect(address, on: fixture.group)
                    try await peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                    #expect(try await peer.readToEnd().hasSuffix("x"), "\(address)")
                }
            }
        }

        @Test func drainingClosesTheIdleLetsTheBusyFinishAndAcceptsNobody() async throws {
            let held = HeldExchange()
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                if exchange.head.pathEquals("/slow") { _ = held.hold(exchange) } else { exchange.answer("fast") }
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let idle = try await fixture.connect()
                try await idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                try await idle.read(through: "fast")
                let busy = try await fixture.connect()
                try await busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
                let exchange = try await held.get()
                async let cut = fixture.server.drain(within: .seconds(20))
                #expect(try await idle.readToEnd() == "")
                await #expect(throws: (any Error).self) { try await fixture.connect() }
                try await exchange.run { $0.answer("slow") }
                #expect(try await busy.readToEnd().contains("connection: close"))
                #expect(await cut == 0)
            }
        }

        /// As when systemd keeps the listening socket while one process ends and the next begins.
        @Test func aClientBetweenTwoServersOfOneSocketIsAnsweredByEither() async throws {
            let socket = try boundSocket()
            defer { close(socket) }
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
            var (server, address) = try await Self.server(of: socket, on: group)
            for round in 0..<100 {
                let clients = (0..<8).map { [address] _ in
                    Task {
                        let request = Array("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8)
                        return try await RawPeer.connect(address, on: group, greeting: request).readToEnd()
                    }
                }
                for _ in 0..<(round % 20) { await Task.yield() }
                let next = try await Self.server(of: socket, on: group).server
                #expect(await server.drain(within: .seconds(20)) == 0)
                server = next
                for client in clients { #expect(try await client.value.hasSuffix("here"), "round \(round)") }
            }
            _ = await server.drain(within: .zero)
            try await group.shutdownGracefully()
        }

        private static func server(
            of socket: CInt, on group: MultiThreadedEventLoopGroup
        ) async throws -> (server: HTTPServer, address: SocketAddress) {
            let server = HTTPServer(group: group, configuration: .forTests) { _ in ClosureHandler { $0.answer("here") }
            }
            try await server.start()
            return (server, try await server.listen(on: .descriptor(dup(socket))))
        }

        @Test func whatIsNotDoneWithinTheGraceIsCutAndTold() async throws {
            let held = HeldExchange()
            let gone = Signal()
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.onClientGone = { gone.fire() }
                _ = held.hold(exchange)
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let peer = try await fixture.connect()
                try await peer.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
                _ = try await held.get()
                #expect(await fixture.server.drain(within: .milliseconds(20)) == 1)
                try await gone.wait()
                #expect(try await peer.readToEnd() == "")
            }
        }

        @Test func aStalledReaderOfABigStreamCostsABoundedBuffer() async throws {
            let total = 200 << 20
            let mostWaiting = Mutex(0)
            let stalled = Signal()
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                BigStream(exchange, total: total) { waiting in
                    mostWaiting.withLock { $0 = max($0, waiting) }
                } onStall: {
                    stalled.fire()
                }.begin()
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let peer = try await fixture.connect(
                    sending: "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", reading: false)
                try await stalled.wait()
                async let received = peer.countToEnd()
                try await peer.setReading(true)
                #expect(try await received > total)
            }
            let configuration = ServerConfiguration()
            #expect(mostWaiting.withLock { $0 } <= configuration.writeHighWatermark + 2 * BigStream.pieceBytes)
        }
    }
}

/// Writes `total` bytes as fast as the client takes them, by `isWritable` alone.
private final class BigStream {
    static let pieceBytes = 32 * 1024

    private let exchange: HTTPExchange
    private var left: Int
    private let onWrite: (Int) -> Void
    private let onStall: () -> Void
    private let piece = ByteBuffer(repeating: 65, count: BigStream.pieceBytes)

    init(_ exchange: HTTPExchange, total: Int, onWrite: @escaping (Int) -> Void, onStall: @escaping () -> Void) {
        self.exchange = exchange
        left = total
        self.onWrite = onWrite
        self.onStall = onStall
    }

    func begin() {
        exchange.startStream(status: 200, headers: HeaderBlock())
        exchange.onWritabilityChanged = { if $0 { self.pump() } }
        pump()
    }

    private func pump() {
        while left > 0, exchange.isWritable {
            exchange.write(piece)
            left -= piece.readableBytes
            let channel = exchange.connection?.context?.channel
            onWrite((try? channel?.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0)
        }
        if left > 0 { onStall() } else { exchange.finish() }
    }
}
