// Metrics of finished attempts: what each record counts as, and how many series there can be.

import DaemonKit
import IPC
import Metrics
import Money
import NIOCore
import Support
import Tenancy
import Testing

@testable import gatewayd

@Suite struct UsageCountsTests {
    /// The exposed values of `name` by their labels.
    private func values(_ counts: UsageCounts, _ name: String) -> [String: String] {
        let lines = counts.readings.flatMap(Exposition.values).filter { $0.name == name }
        return Dictionary(uniqueKeysWithValues: lines.map { ($0.labels, $0.value) })
    }

    @Test func answer_isARequestItsTokensItsCostAndItsTimes() {
        var counts = UsageCounts()
        counts.add(.test(1, cost: 1_500_000))
        #expect(
            values(counts, "weir_gateway_requests_total") == [
                #"surface="anthropic",provider="demo",outcome="completed",status="200""#: "1"
            ])
        #expect(values(counts, "weir_gateway_cost_dollars_total") == [#"provider="demo",model="claude""#: "1.5"])
        let tokens = values(counts, "weir_gateway_tokens_total")
        #expect(tokens[#"provider="demo",model="claude",type="uncached_input""#] == "10")
        #expect(tokens[#"provider="demo",model="claude",type="output""#] == "5")
        #expect(tokens.count == 5)
        let host = #"gen_ai_operation_name="chat",gen_ai_provider_name="demo",gen_ai_request_model="claude""#
        #expect(values(counts, "gen_ai_client_token_usage_sum")[host + #",gen_ai_token_type="input""#] == "37")
        #expect(values(counts, "gen_ai_client_token_usage_sum")[host + #",gen_ai_token_type="output""#] == "5")
        #expect(values(counts, "gen_ai_server_request_duration_seconds_sum")[host] == "0.012")
        #expect(values(counts, "gen_ai_server_time_to_first_token_seconds_sum")[host] == "0.007")
        #expect(values(counts, "weir_gateway_first_byte_seconds_count")[#"surface="anthropic""#] == "1")
    }

    @Test func attempt_thatFailedOver_isNoRequest() {
        var counts = UsageCounts()
        var failed = UsageRecord.test(
            1, cost: 0, status: .failedOver, error: ErrorNote(kind: .upstreamTimeout, message: "slow"))
        (failed.usage, failed.firstByteMillis) = (Usage(), nil)
        counts.add(failed)
        counts.add(.test(1, attempt: 1))
        #expect(values(counts, "weir_gateway_requests_total").map(\.value) == ["1"])
        #expect(
            values(counts, "weir_gateway_failed_attempts_total") == [
                #"provider="demo",reason="upstream_timeout""#: "1"
            ])
        #expect(values(counts, "weir_gateway_request_duration_seconds_count")[#"surface="anthropic""#] == "1")
        #expect(values(counts, "gen_ai_server_request_duration_seconds_count").map(\.value) == ["1"])
    }

    @Test func embeddings_andChats_ofOneModelAreOnePriceAndTwoOperations() {
        var counts = UsageCounts()
        var embedding = UsageRecord.test(1, cost: 5)
        embedding.surface = .embeddings
        counts.add(embedding)
        counts.add(.test(2, cost: 7))
        #expect(values(counts, "weir_gateway_cost_dollars_total").map(\.value) == ["0.000012"])
        let usage = values(counts, "gen_ai_client_token_usage_count").keys
        #expect(usage.filter { $0.contains("embeddings") }.count == 1)
        #expect(usage.filter { $0.contains("chat") }.count == 2)
    }

    @Test func modelsBeyondTheBound_countTogether() {
        var counts = UsageCounts()
        let made = UsageCounts.hostsMost + 50
        for number in 0..<made { counts.add(.test(UInt64(number), cost: 1, model: "m\(number)")) }
        let cost = values(counts, "weir_gateway_cost_dollars_total")
        #expect(cost.count == UsageCounts.hostsMost + 1)
        #expect(cost[#"provider="other",model="other""#] == "0.00005")
        for number in 0..<made { counts.add(.test(UInt64(number), cost: 1, model: "m\(number)")) }
        #expect(values(counts, "weir_gateway_cost_dollars_total").count == UsageCounts.hostsMost + 1)
    }

    @Test func sums_agreeWithTheUsageReportsOwn() {
        var random = SeededRandom.forTest()
        var (counts, sums) = (UsageCounts(), UsageSums())
        for number in 0..<2000 {
            let status = AttemptStatus.allCases.randomElement(using: &random) ?? .completed
            var record = UsageRecord.test(
                UInt64(number), cost: .random(in: 0...99_999, using: &random),
                model: "m\(Int.random(in: 0...400, using: &random))", status: status)
            record.provider = "p\(Int.random(in: 0...4, using: &random))"
            record.surface = Surface.allCases.randomElement(using: &random) ?? .openai
            record.usage.output = .random(in: 0...9999, using: &random)
            counts.add(record)
            sums.add(record)
        }
        func total(_ family: MetricFamily) -> Int {
            counts.readings.first { $0.family == family }?.samples.reduce(0) { $0 + $1.value } ?? -1
        }
        #expect(total(UsageMetrics.requests) == Int(sums.requests))
        #expect(total(UsageMetrics.cost) == Int(sums.cost))
        #expect(total(UsageMetrics.tokens) == Int(sums.usage.input + sums.usage.output))
    }

    /// Every bound reached, every name as long as it may be: the answer still fits a frame.
    @Test func longestPossibleAnswer_fitsAFrame() {
        var counts = UsageCounts()
        for number in 0..<4000 {
            let digits = "\(10_000 + number)"
            var record = UsageRecord.test(
                UInt64(number), model: digits + String(repeating: "m", count: 123),
                status: AttemptStatus.allCases[number % 7],
                error: ErrorNote(kind: ErrorKind.allCases[number / 100 % 18], message: ""))
            record.provider = String(repeating: "p", count: 58) + "\(10_000 + number % 100)"
            record.surface = Surface.allCases[number / 7 % 4]
            record.httpStatus = UInt16(200 + number / 28)
            counts.add(record)
        }
        var writer = WireWriter()
        MetricsAnswer(counts.readings).encode(to: &writer)
        let (size, isRefused) = (writer.count, writer.overLimit)
        #expect(!isRefused)
        // The loops' own series, the process and a few gauges: about 20 kB.
        #expect(size + 50_000 < IPCLimits.payloadBytes, "\(size) bytes")
        #expect(size > IPCLimits.payloadBytes / 2, "the bounds are reached: \(size) bytes")
    }
}

@Suite struct OutboxAgesTests {
    @Test func oldest_isThatOfTheFirstBatchNotWhollySettled() {
        var ages = OutboxAges()
        #expect(ages.oldest == nil)
        ages.add(through: 10, at: UnixMillis(100))
        ages.add(through: 12, at: UnixMillis(200))
        ages.settle(through: 9)
        #expect(ages.oldest == UnixMillis(100))
        ages.settle(through: 10)
        #expect(ages.oldest == UnixMillis(200))
        ages.settle(through: 12)
        #expect(ages.oldest == nil)
    }

    @Test func store_tellsHowLongItsOldestEventWaits() throws {
        let rig = try StoreRig()
        _ = try rig.makeKey(.test(1))
        rig.queue.append(.test(1))
        rig.advance()
        #expect(rig.queue.figures.backlogSince == StoreRig.start)
        rig.queue.acknowledge(rig.delivered().map(\.record.seq))
        rig.advance(StoreQueue.idleTime)
        #expect(rig.queue.figures.backlogSince == nil)
        rig.queue.append(.test(2))
        rig.advance()
        _ = try rig.queue.close()
        let again = try StoreRig(rig.faulty)
        #expect(again.queue.figures.backlogSince == StoreRig.start, "a backlog of a previous run has its age")
    }
}
