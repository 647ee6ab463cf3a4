// GatewayShared: what all event loops of this daemon have in common, and the parts one Gateway is made of.
//
// For: wiring; there is no global state.
// Refuses: nothing.
// Called by: Main, Gateway, Service.

import DaemonKit
import HTTP
import Logging
import NIOCore
import Routing
import Synchronization

/// Shared by all loops.
final class GatewayShared: Sendable {
    let store: StoreQueue
    /// What the loops count, each in its own lane.
    let metrics: MetricBoard<GatewayMetric>
    /// What is under way between programs that come for a token and people who agree.
    let oauth = OAuthDesk()
    /// The instance-wide rate bucket's word.
    let instanceBucket = Atomic<UInt64>(0)
    /// Links for browsers that were given out.
    let tickets = ConnectTickets()

    init(store: StoreQueue, metrics: MetricBoard<GatewayMetric>) {
        self.store = store
        self.metrics = metrics
    }
}

/// The parts of one Gateway, made on its loop.
struct GatewayParts {
    let index: UInt16
    let loop: HTTPLoop
    let shared: GatewayShared
    let keys: KeyTable
    let wallet: WalletLink
    let tokens: TokenLink?
    let connections: ServedConnections
    let tls: UpstreamTLS
    let upstreams: UpstreamPools
    let account: AccountEndpoints
    let lane: MetricLane<GatewayMetric>
    let log: Logger
    let settings: GatewaySettings
    let catalog: ServedCatalog
    let seed: UInt64
}

/// What a request is held to; replaced at a reload.
struct GatewaySettings: Sendable {
    /// The largest request body, after inflation.
    let bodyBytesMost: Int
    /// The largest whole answer that is held in memory.
    let answerBytesMost: Int
    /// The longest a stream's client hears nothing while its upstream is alive (case T-10: at most 15 s).
    let keepAlive: TimeAmount
    /// Answers read on after their client has gone, per event loop (case B-11).
    let drainsMost: Int
    /// How long one such answer is read on.
    let drainTime: TimeAmount
    /// Metered requests under way, per event loop.
    let requestsInFlightMost: Int
    let tuning: EstimateTuning
    let rates: RateDefaults
    let browser: BrowserConfiguration
}
