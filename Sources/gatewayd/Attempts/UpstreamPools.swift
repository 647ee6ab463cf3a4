// UpstreamPools: one event loop's connections to every provider.
//
// For: each provider's own bound on connections, kept over a reload that does not change it.
// Refuses: nothing; a pool refuses what exceeds its bounds.
// Called by: Attempt (pool), GatewayDaemon (close).

import HTTP
import NIOCore

/// Bound to one event loop.
final class UpstreamPools {
    /// What tells pools apart: two providers at one place share its connections when they agree on how many.
    private struct Place: Hashable {
        let origin: UpstreamOrigin
        let connectionsMost: Int
    }

    private let loop: HTTPLoop
    private let tls: UpstreamTLS
    private var pools: [Place: UpstreamPool] = [:]

    init(loop: HTTPLoop, tls: UpstreamTLS) {
        self.loop = loop
        self.tls = tls
    }

    /// The provider's pool, made at its first use.
    func pool(for provider: Provider) -> UpstreamPool {
        let place = Place(origin: provider.origin, connectionsMost: provider.connectionsMost)
        if let pool = pools[place] { return pool }
        var configuration = PoolConfiguration()
        configuration.perOriginMax = provider.connectionsMost
        let pool = UpstreamPool(loop: loop, configuration: configuration, tls: tls)
        pools[place] = pool
        return pool
    }

    /// Closes the pools of places that `providers` no longer has; answers under way go on.
    func keep(only providers: [Provider]) {
        let places = Set(providers.map { Place(origin: $0.origin, connectionsMost: $0.connectionsMost) })
        for (place, pool) in pools where !places.contains(place) {
            pool.close()
            pools[place] = nil
        }
    }

    /// Closes idle connections now and busy ones when they are done.
    func close() {
        for pool in pools.values { pool.close() }
        pools = [:]
    }
}
