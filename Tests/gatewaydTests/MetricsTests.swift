// Metrics of the daemon: docs/METRICS.md is the declarations, and the page serves all of them.

import DaemonKit
import HTTP
import IPC
import Logging
import Metrics
import NIOCore
import NIOPosix
import Support
import Synchronization
import Tenancy
import Testing

@testable import gatewayd

@Suite struct GatewayMetricTests {
    @Test func document_hasEveryMetricAsItIsDeclared() {
        let rows = MetricRows.of("gatewayd") + MetricRows.of("Every daemon") + MetricRows.of("Who asked")
        let declared = GatewayReadings.families + ProcessReadings.askersFamilies
        #expect(Set(rows) == Set(declared.map(MetricRows.row)))
        #expect(rows.count == declared.count)
    }

    @Test func names_areTakenOnce() {
        let names = GatewayReadings.families.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func everyRoute_isCountedUnderALabel() {
        #expect(Set(Routes.all.map { $0.endpoint.label }).count == EndpointLabel.allCases.count - 1)
        #expect(GatewayMetric.httpRequests.series.map { $0[0] }.contains("chat_completions"))
    }
}

@Suite struct GatewayReadingsTests {
    @Test func readings_areEveryFamilyInTheOrderOfTheDeclarations() async throws {
        let rig = try await LiveRig()
        #expect(GatewayReadings.test(rig).now().map(\.family) == GatewayReadings.families)
        try await rig.close()
    }

    @Test func page_isServedWithoutItsSiblings() async throws {
        let rig = try await LiveRig()
        let desk = MetricsDesk()
        let address = try await desk.listen(on: .address(host: "127.0.0.1", port: 0)) { loop in
            let identity = PeerIdentity(role: .gatewayd, instance: 1, build: "test")
            let siblings = [PeerRole.walletd, .tokend].map {
                MetricsSibling($0, at: "/nowhere/\($0).sock", on: loop, as: identity, seed: 1)
            }
            return MetricsPage(.test(rig), siblings)
        }
        let port = UInt16(address.port ?? 0)
        let page = RawHTTP.get("/metrics", port)
        #expect(page.hasPrefix("HTTP/1.1 200 "))
        #expect(page.contains("content-type: \(Exposition.contentType)\r\n"))
        let up = ["gatewayd", "walletd", "tokend"].map { "weir_up{daemon=\"\($0)\"} \($0 == "gatewayd" ? 1 : 0)\n" }
        #expect(page.contains(up.joined()))
        #expect(page.contains("\nweir_gateway_requests_in_flight 0\n"))
        #expect(RawHTTP.get("/v1/models", port).hasPrefix("HTTP/1.1 404 "))
        #expect(RawHTTP.ask("POST /metrics HTTP/1.1\r\ncontent-length: 0\r\n", port).hasPrefix("HTTP/1.1 405 "))
        try await Task.detached { try desk.stopListening() }.value
        #expect(RawHTTP.get("/metrics", port).isEmpty, "the address is free for a successor")
        try await Task.detached { try desk.close() }.value
        try await rig.close()
    }
}

extension GatewayReadings {
    fileprivate static func test(_ rig: LiveRig) -> GatewayReadings {
        GatewayReadings(
            board: MetricBoard(), meter: UsageMeter(), store: rig.queue, loops: 2, databasePath: "/nowhere",
            vitals: {
                GatewayVitals(
                    startedAt: StoreRig.start, isDraining: false, isWalletConnected: true, requests: 12, errors: 1,
                    inFlight: 3, connections: 4, configGeneration: 1, configLoadedAt: StoreRig.start, instance: 7,
                    build: "test")
            })
    }
}

/// What a journal's lines are.
@Suite struct RequestJournalTests {
    @Test func journal_thatIsOff_saysNothing() {
        let lines = KeptLines()
        let journal = RequestJournal(lines.logger, isOn: false)
        journal.note(StoredBatch(records: [.test(1)], errors: [], micros: 0))
        #expect(lines.all.isEmpty)
        journal.set(isOn: true)
        journal.note(StoredBatch(records: [.test(1)], errors: [], micros: 0))
        #expect(lines.all.count == 1)
    }

    @Test func attempt_isALineWithItsFacts() throws {
        let lines = KeptLines()
        let journal = RequestJournal(lines.logger, isOn: true)
        let failed = UsageRecord.test(
            1, cost: 0, status: .upstreamError,
            error: ErrorNote(kind: .upstreamStatus, message: "status 400: words of the vendor"))
        journal.note(StoredBatch(records: [.test(2), failed], errors: [], micros: 0))
        let (first, second) = (lines.all[0], lines.all[1])
        #expect(first.level == .info && second.level == .warning)
        #expect(first.facts["tenant"] == "acme" && first.facts["route"] == "/v1/messages")
        #expect(first.facts["cost_micros"] == "100" && first.facts["duration_ms"] == "12")
        #expect(first.facts["status"] == "200" && first.facts["provider"] == "demo" && first.facts["model"] == "claude")
        #expect(first.facts["request_id"]?.hasPrefix("req_") == true)
        #expect(second.facts["reason"] == "upstream_status")
        #expect(!second.facts.values.contains { $0.contains("words of the vendor") })
    }

    @Test func refusal_isALine_exceptThatOfASettlement() {
        let lines = KeptLines()
        func error(_ kind: ErrorKind) -> ErrorRecord {
            ErrorRecord(
                at: StoreRig.start, tenant: .acme, provider: "", httpStatus: 402,
                note: ErrorNote(kind: kind, message: "no"))
        }
        let errors = [error(.insufficientFunds), error(.settlementRefused)]
        RequestJournal(lines.logger, isOn: true).note(StoredBatch(records: [], errors: errors, micros: 0))
        #expect(lines.all.map { $0.facts["reason"] } == ["insufficient_funds"])
    }
}

/// A logger that keeps what it is told.
private final class KeptLines: Sendable {
    struct Line {
        let level: Logger.Level
        let facts: [String: String]
    }

    private let lines = Mutex<[Line]>([])

    var all: [Line] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(kept: self) } }

    private struct Handler: LogHandler {
        let kept: KeptLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let facts = (event.metadata ?? [:]).mapValues { "\($0)" }
            kept.lines.withLock { $0.append(Line(level: event.level, facts: facts)) }
        }
    }
}
