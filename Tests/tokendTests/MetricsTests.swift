// Metrics of tokend: docs/METRICS.md is the declarations.

import DaemonKit
import IPC
import Metrics
import Support
import Tenancy
import Testing

@testable import tokend

@Suite struct MetricsTests {
    @Test func theDocumentNamesEveryMetricInOrder() {
        let own = Service.metricFamilies.prefix(TokenMetric.allCases.count + TokenGauges.families.count)
        #expect(MetricRows.of("tokend") == own.map(MetricRows.row))
    }

    @Test func whatIsCountedIsAnswered() async throws {
        try await withVault { rig in
            let client = await rig.asker()
            _ = try await client.put(.key("main", "s"))
            _ = try await client.put(.oauth("o"))
            try await until("the token") { try await client.status().refreshed == 1 }
            let readings = try await client.metrics().readings
            func value(_ name: String, _ labels: [String] = []) -> Int? {
                readings.first { $0.family.name == name }?.samples.first { $0.labels == labels }?.value
            }
            #expect(value("weir_token_accounts", ["active"]) == 2)
            #expect(value("weir_token_calls_total") == 1)
            #expect(value("weir_token_alarms") == 1)
            #expect(value("weir_token_disk_failing") == 0)
        }
    }
}
