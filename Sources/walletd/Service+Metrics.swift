// metrics: everything this daemon tells of itself in numbers.
//
// For: operators, and gatewayd's page for Prometheus.
// Refuses: nothing. Reading what the kernel knows takes the event loop some 0.1 ms, once per scrape.
// Called by: the service table, asked by every peer.

import DaemonKit
import IPC
import Ledger
import Metrics
import Money
import Tenancy

extension Service {
    /// Every metric, those without a series too.
    static let metricFamilies =
        WalletMetric.allCases.map(\.family) + WalletGauges.families + ProcessReadings.families

    func metrics(_ request: MetricsRequest, _ answer: Answer<MetricsAnswer>) {
        let process = ProcessReadings.now("walletd", startMillis: process.startedAt.value)
        answer.send(MetricsAnswer(board.snapshot() + gauges + process))
    }

    private var gauges: [MetricReading] {
        let summary = book.summary()
        return [
            MetricReading(WalletGauges.holds, summary.holds),
            MetricReading(WalletGauges.held, Int(summary.held.value)),
            MetricReading(WalletGauges.wallets, summary.wallets),
            MetricReading(WalletGauges.entries, Int(summary.entries)),
            MetricReading(WalletGauges.pending, queue.count),
            MetricReading(WalletGauges.connections, listener?.connections ?? 0),
            MetricReading(WalletGauges.databaseBytes, Int(counters.fileBytes)),
            MetricReading(WalletGauges.failing, counters.isDiskFailing ? 1 : 0),
            MetricReading(WalletGauges.draining, listener?.isDraining ?? true ? 1 : 0),
        ]
    }
}
