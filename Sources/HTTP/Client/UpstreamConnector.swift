// UpstreamConnector: makes one TCP (and TLS) connection for a pool.
//
// For: OriginPool; it turns NIO's errors into ours. Origins with a guard are dialled by GuardedDial, which comes back
// for the rest.
// Refuses: nothing; a failure is told once.
// Called by: OriginPool.connectForWaiting, GuardedDial, on its loop.

internal import NIOCore
internal import NIOPosix

enum UpstreamConnector {
    /// Connects and tells `origin`: through the new UpstreamConnection when it is ready, or with a failure.
    static func connect(_ origin: OriginPool, tls: UpstreamTLS?, timeout: TimeAmount) {
        if let addressGuard = origin.origin.addressGuard {
            return GuardedDial(origin, addressGuard, tls: tls, timeout: timeout).start()
        }
        let deadline = origin.loop.deadline(in: timeout)
        let bootstrap = bootstrap(origin, timeout: timeout)
        let host = origin.origin.host
        let port = origin.origin.port
        // An address needs no resolver, and so no other thread.
        let future =
            (try? SocketAddress(ipAddress: host, port: port)).map { bootstrap.connect(to: $0) }
            ?? bootstrap.connect(host: host, port: port)
        future.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): attach(channel, to: origin, tls: tls, readyBy: deadline)
            case .failure(let error): origin.connectFailed(cause(of: error))
            }
        }
    }

    /// Connects for at most `timeout`; the pool's socket options are set.
    static func bootstrap(_ origin: OriginPool, timeout: TimeAmount) -> ClientBootstrap {
        var bootstrap = ClientBootstrap(group: origin.loop.eventLoop)
            .connectTimeout(timeout)
        if let bytes = origin.configuration.receiveBufferBytes {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(bytes))
        }
        return bootstrap
    }

    /// Makes the connected `channel` a connection of `origin`. Handlers are added only to the channel that won: with
    /// several addresses several are tried.
    static func attach(
        _ channel: any Channel, to origin: OriginPool, tls: UpstreamTLS?, readyBy deadline: NIODeadline
    ) {
        let connection = UpstreamConnection(origin: origin, isReady: tls == nil, readyBy: deadline)
        do {
            let pipeline = channel.pipeline.syncOperations
            if let tls { try pipeline.addHandler(tls.makeHandler(host: origin.origin.host)) }
            try pipeline.addHandler(connection)
            if tls == nil { origin.connected(connection) }
        } catch {
            channel.close(promise: nil)
            origin.connectFailed(.connectFailed)
        }
    }

    /// What NIO's `error` is called here.
    static func cause(of error: any Error) -> UpstreamFailure.Cause {
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
