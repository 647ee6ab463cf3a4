// RawServer: accepts connections for a test, which then plays the upstream on each by hand.
//
// For: pool tests: dying before, in and after an answer, answering with any bytes at any pace.
// Refuses: nothing.
// Called by: the client tests.

import NIOCore
import NIOPosix
import NIOSSL

struct RawServer: Sendable {
    let address: SocketAddress
    private let listener: any Channel
    private let accepted: AsyncStream<RawPeer>

    static func start(on group: any EventLoopGroup, tls: NIOSSLContext? = nil) async throws -> RawServer {
        let (stream, continuation) = AsyncStream.makeStream(of: RawPeer.self)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    continuation.yield(try RawPeer(channel: channel))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let address = listener.localAddress else { throw ChannelError.unknownLocalAddress }
        return RawServer(address: address, listener: listener, accepted: stream)
    }

    var port: Int { address.port ?? 0 }

    /// The next connection.
    func accept() async throws -> RawPeer {
        for await peer in accepted { return peer }
        throw ChannelError.eof
    }

    func close() async { try? await listener.close() }
}
