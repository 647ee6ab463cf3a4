// UsageMetrics: the declarations of what UsageMeter counts, and its counts as readings.
//
// For: names and buckets in one place. Those of OpenTelemetry's conventions for generative AI are as Prometheus spells
// them, with the buckets that the conventions advise.
// Refuses: nothing.
// Called by: UsageMeter, GatewayReadings.

import IPC
import Metrics
import Money

enum UsageMetrics {
    static let requests = MetricFamily.counter(
        "weir_gateway_requests_total",
        "Metered requests that ended and whose usage is stored; their number is that of weirctl usage.",
        labels: ["surface", "provider", "outcome", "status"])
    static let failedAttempts = MetricFamily.counter(
        "weir_gateway_failed_attempts_total",
        "Attempts at a provider that went wrong, by what weirctl errors calls it.", labels: ["provider", "reason"])
    static let duration = MetricFamily.histogram(
        "weir_gateway_request_duration_seconds", "From a metered request's head to its end.", labels: ["surface"],
        decimals: 3, bounds: durationBounds)
    static let firstByte = MetricFamily.histogram(
        "weir_gateway_first_byte_seconds", "From a metered request's head to the first content of its answer.",
        labels: ["surface"], decimals: 3, bounds: firstByteBounds)
    static let tokens = MetricFamily.counter(
        "weir_gateway_tokens_total", "Tokens billed, in the five kinds that have a price.",
        labels: ["provider", "model", "type"])
    static let cost = MetricFamily.counter(
        "weir_gateway_cost_dollars_total", "What tenants were charged for attempts.", labels: ["provider", "model"],
        decimals: 6)
    static let commits = MetricFamily.histogram(
        "weir_gateway_store_commit_duration_seconds", "Transactions of gatewayd.db, from begin to synced.", decimals: 6,
        bounds: commitBounds)
    static let batches = MetricFamily.histogram(
        "weir_gateway_store_batch_records", "Usage records of one transaction.", bounds: batchBounds)
    static let genTokens = MetricFamily.histogram(
        "gen_ai_client_token_usage", "Tokens of one answer; OpenTelemetry's gen_ai.client.token.usage.",
        labels: genLabels + ["gen_ai_token_type"], bounds: tokenBounds)
    static let genDuration = MetricFamily.histogram(
        "gen_ai_server_request_duration_seconds",
        "Requests that were answered completely; OpenTelemetry's gen_ai.server.request.duration.", labels: genLabels,
        decimals: 3, bounds: durationBounds)
    static let genFirstToken = MetricFamily.histogram(
        "gen_ai_server_time_to_first_token_seconds",
        "To the first content of an answer; OpenTelemetry's gen_ai.server.time_to_first_token.", labels: genLabels,
        decimals: 3, bounds: firstByteBounds)

    static let families = [
        requests, failedAttempts, duration, firstByte, tokens, cost, commits, batches, genTokens, genDuration,
        genFirstToken,
    ]

    private static let genLabels = ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"]

    /// Milliseconds, as the conventions advise for durations.
    static let durationBounds = [
        10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 20_480, 40_960, 81_920,
    ]
    /// Milliseconds, as the conventions advise for the first token.
    static let firstByteBounds = [1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000]
    /// Tokens, as the conventions advise.
    static let tokenBounds = (0..<14).map { 1 << (2 * $0) }
    /// Micro-seconds: from a disk with a battery to one that is about to fail.
    static let commitBounds = [
        100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 5_000_000,
    ]
    /// Records, up to `StoreQueue.batchMost`.
    static let batchBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
}

extension UsageCounts {
    /// In the order of `UsageMetrics.families`.
    var readings: [MetricReading] {
        typealias Families = UsageMetrics
        let times = surfaces.map { (labels: [$0.surface.name], sums: $0.sums) }
        return [
            MetricReading(Families.requests, endings.rows.map { MetricSample($0.sums, labels: $0.key.labels) }),
            MetricReading(Families.failedAttempts, failures.rows.map { MetricSample($0.sums, labels: $0.key.labels) }),
            MetricReading(Families.duration, times.map { MetricSample($0.sums.duration, $0.labels) }),
            MetricReading(Families.firstByte, times.map { MetricSample($0.sums.firstByte, $0.labels) }),
            MetricReading(Families.tokens, tokenSamples), MetricReading(Families.cost, costSamples),
            MetricReading(Families.commits, [MetricSample(commits, [])]),
            MetricReading(Families.batches, [MetricSample(batches, [])]),
            MetricReading(Families.genTokens, hosts.rows.flatMap(Self.tokenUsage)),
            MetricReading(Families.genDuration, hosts.rows.map { MetricSample($0.sums.duration, $0.key.genLabels) }),
            MetricReading(Families.genFirstToken, hosts.rows.map { MetricSample($0.sums.firstByte, $0.key.genLabels) }),
        ]
    }

    /// By provider and model, which may have been asked both for chat and for embeddings.
    private var pairs: [(labels: [String], sums: HostSums)] {
        var pairs: [(labels: [String], sums: HostSums)] = []
        var places: [[String]: Int] = [:]
        for (key, sums) in hosts.rows {
            if let known = places[key.labels] {
                pairs[known].sums.add(sums.usage, Micros(Int64(sums.cost)))
            } else {
                places[key.labels] = pairs.count
                pairs.append((key.labels, sums))
            }
        }
        return pairs
    }

    private var tokenSamples: [MetricSample] {
        pairs.flatMap { labels, sums in
            let usage = sums.usage
            let kinds = [
                ("uncached_input", usage.uncachedInput), ("cache_read", usage.cacheRead),
                ("cache_write_5m", usage.cacheWrite5m), ("cache_write_1h", usage.cacheWrite1h),
                ("output", usage.output),
            ]
            return kinds.map { MetricSample(Int($1), labels: labels + [$0]) }
        }
    }

    private var costSamples: [MetricSample] { pairs.map { MetricSample($0.sums.cost, labels: $0.labels) } }

    private static func tokenUsage(_ row: (key: HostKey, sums: HostSums)) -> [MetricSample] {
        let input = MetricSample(row.sums.input, row.key.genLabels + ["input"])
        guard !row.key.isEmbedding else { return [input] }
        return [input, MetricSample(row.sums.output, row.key.genLabels + ["output"])]
    }
}

extension MetricSample {
    fileprivate init(_ counts: BucketCounts, _ labels: [String]) {
        self.init(counts.sum, labels: labels, buckets: counts.counts)
    }
}

extension EndingKey {
    fileprivate var labels: [String] {
        guard case .ending(let surface, let provider, let status, let httpStatus) = self else {
            return Array(repeating: "other", count: UsageMetrics.requests.labels.count)
        }
        return [surface.name, provider.asLabel, status.name, "\(httpStatus)"]
    }
}

extension FailureKey {
    fileprivate var labels: [String] {
        guard case .failure(let provider, let kind) = self else { return ["other", "other"] }
        return [provider.asLabel, kind.name]
    }
}

extension HostKey {
    fileprivate var labels: [String] { [provider.asLabel, model.asLabel] }

    fileprivate var genLabels: [String] { [isEmbedding ? "embeddings" : "chat"] + labels }
}

extension String {
    /// No longer than a label's value may be on the wire.
    fileprivate var asLabel: String { cut(toBytes: FieldLimits.displayName) }
}
