// GatewayReadings: everything this daemon tells of itself in numbers, put together when somebody asks.
//
// For: the message `link.metrics` and the page for Prometheus.
// Refuses: nothing.
// Called by: MetricsDesk, on its own thread: reading takes some 0.1 ms and asks the kernel.

import DaemonKit
import Glibc
import Metrics
import Tenancy

/// Safe from every thread.
struct GatewayReadings: Sendable {
    let board: MetricBoard<GatewayMetric>
    let meter: UsageMeter
    let store: StoreQueue
    let loops: Int
    let databasePath: String
    /// How the daemon stands.
    let vitals: @Sendable () -> GatewayVitals

    /// Every metric, those without a series too.
    static let families =
        GatewayMetric.allCases.map(\.family) + UsageMetrics.families + Own.families + ProcessReadings.families

    /// Every metric now.
    func now() -> [MetricReading] {
        let vitals = vitals()
        return board.snapshot() + meter.readings() + Own.readings(self, vitals)
            + ProcessReadings.now("gatewayd", startMillis: vitals.startedAt.value)
    }
}

/// What is neither counted on a loop nor from records.
private enum Own {
    static let connections = MetricFamily.gauge("weir_gateway_connections", "Client connections open.")
    static let loops = MetricFamily.gauge("weir_gateway_event_loops", "Event loops that serve clients.")
    static let draining = MetricFamily.gauge("weir_gateway_draining", "1 while the daemon is about to stop.")
    static let generation = MetricFamily.gauge(
        "weir_gateway_config_generation", "1 at the start, one more with every accepted reload.")
    static let loadedAt = MetricFamily.gauge(
        "weir_gateway_config_loaded_timestamp_seconds", "When the configuration in force was read.", decimals: 3)
    static let accepting = MetricFamily.gauge(
        "weir_gateway_store_accepting", "1 while usage can be stored; at 0 metered requests are refused.")
    static let waiting = MetricFamily.gauge(
        "weir_gateway_store_waiting_records", "Usage records that wait for their transaction.")
    static let failures = MetricFamily.counter(
        "weir_gateway_store_commit_failures_total", "Transactions of gatewayd.db that failed; they are tried again.")
    static let errorsDropped = MetricFamily.counter(
        "weir_gateway_store_errors_dropped_total", "Rows of weirctl errors that were dropped because too many waited.")
    static let databaseBytes = MetricFamily.gauge(
        "weir_gateway_database_bytes", "Size of gatewayd.db with its write-ahead log.")
    static let outbox = MetricFamily.gauge(
        "weir_gateway_outbox_events", "Usage events that walletd has not acknowledged as settled.")
    static let outboxAge = MetricFamily.gauge(
        "weir_gateway_outbox_age_seconds", "How long the oldest of them has waited; 0 when there is none.", decimals: 3)

    static let families = [
        connections, loops, draining, generation, loadedAt, accepting, waiting, failures, errorsDropped, databaseBytes,
        outbox, outboxAge,
    ]

    static func readings(_ gateway: GatewayReadings, _ vitals: GatewayVitals) -> [MetricReading] {
        let figures = gateway.store.figures
        let age = figures.backlogSince.map { max(0, Clock.unixMillis().value - $0.value) } ?? 0
        return [
            MetricReading(connections, Int(vitals.connections)), MetricReading(loops, gateway.loops),
            MetricReading(draining, vitals.isDraining ? 1 : 0),
            MetricReading(generation, Int(vitals.configGeneration)),
            MetricReading(loadedAt, Int(vitals.configLoadedAt.value)),
            MetricReading(accepting, gateway.store.isAccepting ? 1 : 0), MetricReading(waiting, figures.waiting),
            MetricReading(failures, Int(figures.failures)), MetricReading(errorsDropped, Int(figures.errorsDropped)),
            MetricReading(databaseBytes, bytes(gateway.databasePath) + bytes(gateway.databasePath + "-wal")),
            MetricReading(outbox, Int(figures.backlog)), MetricReading(outboxAge, Int(age)),
        ]
    }

    private static func bytes(_ path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_size : 0
    }
}
