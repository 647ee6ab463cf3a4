// UpstreamConnector: makes one TCP (and TLS) connection for a pool.
//
// For: OriginPool; it turns NIO's errors into ours.
// Refuses: nothing; a failure is told once.
// Called by: OriginPool.connectForWaiting, on its loop.

internal import NIOCore
internal import NIOPosix

enum UpstreamConnector {
    /// Connects and tells `origin`: through the new UpstreamConnection when it is ready, or with a failure.
    static func connect(_ origin: OriginPool, tls: UpstreamTLS?, timeout: TimeAmount) {
        let deadline = origin.loop.deadline(in: timeout)
        let bootstrap = bootstrap(origin, tls: tls, timeout: timeout)
        let host = origin.origin.host
        let port = origin.origin.port
        // An address needs no resolver, and so no other thread.
        let future =
            (try? SocketAddress(ipAddress: host, port: port)).map { bootstrap.connect(to: $0) }
            ?? bootstrap.connect(host: host, port: port)
        future.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): attach(channel, to: origin, isSecure: tls != nil, deadline: deadline)
            case .failure(let error): origin.connectFailed(cause(of: error))
            }
        }
    }

    private static func bootstrap(_ origin: OriginPool, tls: UpstreamTLS?, timeout: TimeAmount) -> ClientBootstrap {
        let host = origin.origin.host
        var bootstrap = ClientBootstrap(group: origin.loop.eventLoop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let tls else { return }
                    try channel.pipeline.syncOperations.addHandler(tls.makeHandler(host: host))
                }
            }
        if let bytes = origin.configuration.receiveBufferBytes {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(bytes))
        }
        return bootstrap
    }

    /// The handler is added only to the channel that won: with several addresses several are tried.
    private static func attach(_ channel: any Channel, to origin: OriginPool, isSecure: Bool, deadline: NIODeadline) {
        let connection = UpstreamConnection(origin: origin, isReady: !isSecure, readyBy: deadline)
        do {
            try channel.pipeline.syncOperations.addHandler(connection)
            if !isSecure { origin.connected(connection) }
        } catch {
            origin.connectFailed(.connectFailed)
        }
    }

    private static func cause(of error: any Error) -> UpstreamFailure.Cause {
        switch error {
        case ChannelError.connectTimeout: return .connectTimeout
        case let error as NIOConnectionError:
            let isUnknown = error.connectionErrors.isEmpty
            if isUnknown { return .resolveFailed }
            let timedOut = error.connectionErrors.allSatisfy {
                if case ChannelError.connectTimeout = $0.error { true } else { false }
            }
            return timedOut ? .connectTimeout : .connectFailed
        default: return .connectFailed
        }
    }
}
