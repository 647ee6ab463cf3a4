// GatewayMaker: one Gateway per event loop, and the list of them.
//
// For: making each loop's part of the request path on that loop, and reaching all of them later.
// Refuses: nothing.
// Called by: GatewayDaemon.

import DaemonKit
import HTTP
import Hashing
import IPC
import Logging
import NIOCore
import Synchronization

/// What every loop's Gateway is made from.
struct GatewayMaker: Sendable {
    let loops: [any EventLoop]
    let shared: GatewayShared
    let publisher: KeyPublisher
    let snapshot: KeySnapshot
    let identity: PeerIdentity
    let walletSocket: String
    let tokenSocket: String?
    let tls: UpstreamTLS
    let settings: GatewaySettings
    let served: ServedCatalog
    let connections: ServedConnections
    let log: Logger

    /// On `loop`.
    func make(on loop: HTTPLoop) -> Gateway {
        guard let index = loops.firstIndex(where: { $0 === loop.eventLoop }) else {
            preconditionFailure("the server runs on our event loops")
        }
        let keys = KeyTable(tenants: snapshot.tenants, keys: snapshot.keys)
        publisher.register(keys, loop: index)
        let lane = shared.metrics.makeLane()
        let client = WalletClient(
            path: walletSocket, eventLoop: loop.eventLoop, identity: identity,
            settings: LinkSettings(seed: SecureRandom.word())
        ) { [log] event in WalletLog.note(event, lane, log) }
        let wallet = WalletLink(
            client: client, eventLoop: loop.eventLoop, store: shared.store, lane: lane, log: log)
        wallet.start()
        let administration = Administration(store: shared.store, publisher: publisher, clock: Clock.unixMillis)
        return Gateway(
            GatewayParts(
                index: UInt16(index), loop: loop, shared: shared, keys: keys, wallet: wallet,
                tokens: tokenLink(on: loop.eventLoop, lane, index), connections: connections, tls: tls,
                upstreams: UpstreamPools(loop: loop, tls: tls),
                account: AccountEndpoints(
                    store: shared.store, administration: administration, wallet: client, eventLoop: loop.eventLoop),
                lane: lane, log: log, settings: settings, catalog: served, seed: SecureRandom.word()))
    }

    private func tokenLink(
        on eventLoop: any EventLoop, _ lane: MetricLane<GatewayMetric>, _ index: Int
    ) -> TokenLink? {
        guard let tokenSocket else { return nil }
        let client = TokenClient(
            path: tokenSocket, eventLoop: eventLoop, identity: identity,
            settings: LinkSettings(seed: SecureRandom.word())
        ) { [log] event in TokenLog.note(event, lane, log) }
        let link = TokenLink(client: client, eventLoop: eventLoop, lane: lane, counts: index == 0, log: log)
        link.start()
        return link
    }
}

/// All Gateways, each to be touched on its own loop only. Safe from every thread.
final class GatewayRegistry: Sendable {
    private let gateways = Mutex<[Int: NIOLoopBound<Gateway>]>([:])

    /// On the gateway's loop.
    func add(_ gateway: Gateway) {
        let bound = NIOLoopBound(gateway, eventLoop: gateway.loop.eventLoop)
        gateways.withLock { $0[Int(gateway.index)] = bound }
    }

    /// Hands durable records to the loop they came from; called on that loop.
    func settle(_ records: [CommittedRecord], on index: Int) {
        guard let gateway = gateways.withLock({ $0[index] }) else {
            preconditionFailure("records are delivered once every loop has its gateway")
        }
        gateway.value.wallet.settle(records)
    }

    /// Runs `body` on every gateway's loop, later.
    func forEach(_ body: @escaping @Sendable (Gateway) -> Void) {
        for gateway in gateways.withLock({ Array($0.values) }) {
            gateway.eventLoop.execute { body(gateway.value) }
        }
    }
}
