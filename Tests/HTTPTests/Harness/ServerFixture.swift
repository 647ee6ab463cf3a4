// ServerFixture: a server with one closure as its handler, and clients for it.
//
// For: the server tests.
// Refuses: nothing.
// Called by: the tests of Server/.

import NIOCore
import NIOPosix

@testable import HTTP

/// Answers every request with one closure, on the loop.
final class ClosureHandler: RequestHandler {
    private let answer: (HTTPExchange) -> Void

    init(_ answer: @escaping (HTTPExchange) -> Void) { self.answer = answer }

    func handle(_ exchange: HTTPExchange) { answer(exchange) }

    func refusal(of refused: RefusedRequest, headers: inout HeaderBlock) -> ByteBuffer {
        headers.append("content-type", "text/plain")
        let target = refused.target.map { String(buffer: $0) } ?? "-"
        return ByteBuffer(string: "refused \(refused.problem) at \(target)")
    }
}

/// A running server and its group.
struct ServerFixture: Sendable {
    let group: MultiThreadedEventLoopGroup
    let server: HTTPServer
    let address: SocketAddress

    /// Runs `body` against a server that answers with `answer`.
    static func run(
        loops: Int = 1, configuration: ServerConfiguration = .forTests, tls: ServerIdentity? = nil,
        answer: @escaping @Sendable (HTTPExchange) -> Void, _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        let server = HTTPServer(group: group, configuration: configuration) { _ in ClosureHandler(answer) }
        try await server.start()
        let address = try await server.listen(on: .address(host: "127.0.0.1", port: 0), tls: tls)
        do {
            try await body(ServerFixture(group: group, server: server, address: address))
        } catch {
            _ = await server.drain(within: .zero)
            try await group.shutdownGracefully()
            throw error
        }
        _ = await server.drain(within: .zero)
        try await group.shutdownGracefully()
    }

    /// A new connection that begins by sending `greeting`; without `reading` it reads nothing until told to.
    func connect(sending greeting: String = "", reading: Bool = true) async throws -> RawPeer {
        try await RawPeer.connect(address, on: group, greeting: Array(greeting.utf8), reading: reading)
    }

    /// Sends `text` on a new connection and returns all that comes until the server closes.
    func exchange(_ text: String) async throws -> String {
        try await connect(sending: text).readToEnd()
    }
}

extension ServerConfiguration {
    /// The defaults with a fine tick, so that tests of deadlines need not wait long.
    static var forTests: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.tick = .milliseconds(5)
        return configuration
    }

    func with(_ change: (inout ServerConfiguration) -> Void) -> ServerConfiguration {
        var copy = self
        change(&copy)
        return copy
    }
}

extension HTTPExchange {
    /// Answers with text, for tests.
    func answer(_ text: String, status: Int = 200) {
        respond(status: status, headers: HeaderBlock(), body: ByteBuffer(string: text))
    }

    /// Collects the body and answers with what came.
    func echo(limit: Int = 1 << 20) {
        collectBody(limit: limit) { result in
            switch result {
            case .success(let body):
                self.answer("\(self.head.methodText) \(self.head.pathText) [\(String(buffer: body))]")
            case .failure(.clientGone): break
            case .failure(let problem): self.answer("\(problem)", status: problem.status)
            }
        }
    }
}
