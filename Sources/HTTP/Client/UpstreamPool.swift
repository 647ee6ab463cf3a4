// UpstreamPool: one event loop's connections to upstreams.
//
// For: calls from handlers on the same loop; client and upstream connection share a loop so that no byte changes threads.
// Refuses: secure origins without TLS settings (traps: a configuration check comes before); more than the bounds allow.
// Called by: gatewayd.

public import NIOCore

/// Connections to upstreams, kept alive and shared per origin. Loop-bound.
public final class UpstreamPool {
    let loop: HTTPLoop
    let configuration: PoolConfiguration
    let tls: UpstreamTLS?
    private(set) var isClosed = false
    private var origins: [UpstreamOrigin: OriginPool] = [:]
    /// Most calls go where the last one went; comparing is cheaper than hashing a host name.
    private var latest: OriginPool?

    /// An empty pool on `loop`. `tls` is needed for secure origins.
    public init(loop: HTTPLoop, configuration: PoolConfiguration, tls: UpstreamTLS?) {
        self.loop = loop
        self.configuration = configuration
        self.tls = tls
    }

    /// Sends `head` (from ``UpstreamHeadBuilder``, its Content-Length the size of `body`) and `body` on a free connection, a
    /// new one, or the next to become free.
    public func send(
        to origin: UpstreamOrigin, head: ByteBuffer, body: ByteBuffer, timeouts: UpstreamTimeouts,
        receiver: any UpstreamReceiver
    ) -> UpstreamCall {
        loop.eventLoop.assertInEventLoop()
        let pool = pool(for: origin)
        let call = UpstreamCall(origin: pool, head: head, body: body, timeouts: timeouts, receiver: receiver)
        pool.start(call)
        return call
    }

    /// Fails what waits, closes what is idle, and every other connection when its call ends.
    public func close() {
        isClosed = true
        for origin in origins.values { origin.close() }
    }

    /// What there is now, over all origins.
    public var counts: PoolCounts {
        var sum = PoolCounts()
        for origin in origins.values {
            sum.idle += origin.counts.idle
            sum.busy += origin.counts.busy
            sum.connecting += origin.counts.connecting
            sum.waiting += origin.counts.waiting
        }
        return sum
    }

    private func pool(for origin: UpstreamOrigin) -> OriginPool {
        if let latest, latest.origin == origin { return latest }
        let pool = origins[origin] ?? makePool(origin)
        latest = pool
        return pool
    }

    private func makePool(_ origin: UpstreamOrigin) -> OriginPool {
        if origins.count >= configuration.originsMax {
            origins = origins.filter { !$0.value.isUnused }
        }
        let pool = OriginPool(origin: origin, pool: self)
        origins[origin] = pool
        return pool
    }
}
