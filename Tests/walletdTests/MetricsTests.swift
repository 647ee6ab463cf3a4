// Metrics of walletd: what movements and holds count as, over the socket, and docs/METRICS.md.

import DaemonKit
import IPC
import Ledger
import Metrics
import Money
import NIOCore
import Support
import Tenancy
import Testing

@testable import walletd

@Suite struct WalletMetricsTests {
    /// The exposed value of each series by its name and labels.
    private func values(_ answer: MetricsAnswer) -> [String: String] {
        let lines = answer.readings.flatMap(Exposition.values)
        return Dictionary(uniqueKeysWithValues: lines.map { ("\($0.name){\($0.labels)}", $0.value) })
    }

    @Test func document_hasEveryMetricAsItIsDeclared() {
        let rows = MetricRows.of("walletd") + MetricRows.of("Every daemon")
        #expect(Set(rows) == Set(Service.metricFamilies.map(MetricRows.row)))
        #expect(rows.count == Service.metricFamilies.count)
    }

    @Test func answer_isEveryFamilyInTheOrderOfTheDeclarations() async throws {
        try await withWallet { rig in
            let answer = try await rig.asker(.gatewayd).metrics()
            #expect(answer.readings.map(\.family) == Service.metricFamilies)
        }
    }

    @Test func movementsAndHolds_areCountedByWhatBecameOfThem() async throws {
        try await withWallet { rig in
            let (operator_, gateway) = (await rig.asker(.weirctl), await rig.asker(.gatewayd))
            try await operator_.credit(CreditRequest("c1", "acme", "10"))
            try await gateway.hold(HoldRequest(1, "acme", "4"))
            try await gateway.hold(HoldRequest(2, "acme", "2.50"))
            try await gateway.hold(HoldRequest(3, "acme", "40"))
            try await gateway.settle(SettleRequest("s1", "acme", "3", ending: 1))
            try await gateway.settle(SettleRequest("s1", "acme", "3", ending: 1))
            try await gateway.settle(SettleRequest("s1", "acme", "2"))
            let known = values(try await operator_.metrics())
            #expect(known[#"weir_wallet_holds_total{outcome="granted"}"#] == "2")
            #expect(known[#"weir_wallet_holds_total{outcome="insufficient_funds"}"#] == "1")
            #expect(known["weir_wallet_holds_live{}"] == "1")
            #expect(known["weir_wallet_held_dollars{}"] == "2.5")
            #expect(known[#"weir_wallet_movements_total{kind="credit"}"#] == "1")
            #expect(known[#"weir_wallet_movements_total{kind="settlement"}"#] == "1")
            #expect(known[#"weir_wallet_moved_dollars_total{kind="settlement"}"#] == "3")
            #expect(known["weir_wallet_movements_repeated_total{}"] == "1")
            let refused = #"weir_wallet_movements_refused_total{reason="exists_with_different_content"}"#
            #expect(known[refused] == "1")
            #expect(known["weir_wallet_commit_movements_sum{}"] == "4")
            #expect(
                known["weir_wallet_commit_duration_seconds_count{}"] == known["weir_wallet_commit_movements_count{}"])
            #expect(known["weir_wallet_entries{}"] == "2")
            #expect(known[#"weir_up{daemon="walletd"}"#] == nil, "who asks says whether it was answered")
        }
    }

    @Test func diskThatFails_isSeenInTheNumbers() async throws {
        try await withWallet { rig in
            let client = await rig.asker(.weirctl)
            try await client.credit(CreditRequest("c1", "acme", "10"))
            rig.faulty.refuseWrites(true)
            await #expect(throws: CallFailure.self) { try await client.credit(CreditRequest("c2", "acme", "10")) }
            let failing = values(try await client.metrics())
            #expect(failing["weir_wallet_disk_failing{}"] == "1")
            #expect(failing["weir_wallet_commit_failures_total{}"] == "1")
            rig.faulty.refuseWrites(false)
            try await client.credit(CreditRequest("c2", "acme", "10"))
            #expect(values(try await client.metrics())["weir_wallet_disk_failing{}"] == "0")
        }
    }
}
