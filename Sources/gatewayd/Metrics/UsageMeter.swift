// UsageMeter: metrics of finished attempts, counted from the records that became durable.
//
// For: numbers by provider, model and outcome that cost the event loops nothing and agree with `weirctl usage`, because
// both are counted from the same batch.
// Refuses: labels beyond a bound (see SeriesTable); tenants, keys and request ids as labels.
// Called by: StoreWorker through its options (adds, on the store's thread), GatewayReadings (tells, on any).

import Metrics
import Money
import Synchronization

/// Shared by the store's thread and whoever reads.
final class UsageMeter: Sendable {
    private let counts = Mutex(UsageCounts())

    /// A transaction became durable.
    func add(_ batch: StoredBatch) {
        counts.withLock { counts in
            counts.commits.add(batch.micros, bounds: UsageMetrics.commitBounds)
            if !batch.records.isEmpty { counts.batches.add(batch.records.count, bounds: UsageMetrics.batchBounds) }
            for record in batch.records { counts.add(record) }
        }
    }

    /// Records that a process stored which nobody asks any more.
    func add(_ records: [UsageRecord]) {
        counts.withLock { counts in
            for record in records { counts.add(record) }
        }
    }

    /// Every metric now.
    func readings() -> [MetricReading] {
        let counts = counts.withLock { $0 }
        return counts.readings
    }
}

/// What tells apart the counts of ended requests.
enum EndingKey: Hashable, Sendable {
    case ending(Surface, provider: String, AttemptStatus, httpStatus: UInt16)
    /// Everything beyond the bound.
    case other
}

/// What tells apart the counts of failed attempts.
enum FailureKey: Hashable, Sendable {
    case failure(provider: String, ErrorKind)
    /// Everything beyond the bound.
    case other
}

/// A model at a provider, as it was asked for.
struct HostKey: Hashable, Sendable {
    let provider: String
    let model: String
    let isEmbedding: Bool

    /// What everything beyond the bound on hosts counts as.
    static let other = HostKey(provider: "other", model: "other", isEmbedding: false)
}

/// What attempts at one host add up to.
struct HostSums: Sendable {
    var usage = Usage()
    var cost = 0
    var input = BucketCounts(bounds: UsageMetrics.tokenBounds)
    var output = BucketCounts(bounds: UsageMetrics.tokenBounds)
    var duration = BucketCounts(bounds: UsageMetrics.durationBounds)
    var firstByte = BucketCounts(bounds: UsageMetrics.firstByteBounds)
}

/// Times of one surface's requests.
struct SurfaceSums: Sendable {
    var duration = BucketCounts(bounds: UsageMetrics.durationBounds)
    var firstByte = BucketCounts(bounds: UsageMetrics.firstByteBounds)
}

/// Everything that is counted from records. A value, for the rules to be tested without threads.
struct UsageCounts: Sendable {
    /// Models at providers that have series of their own: with the longest names they fit one answer of `link.metrics`.
    static let hostsMost = 256
    /// Combinations of surface, provider, outcome and status that have a series of their own.
    static let endingsMost = 1024
    /// The same for provider and kind of failure.
    static let failuresMost = 512

    fileprivate(set) var commits = BucketCounts(bounds: UsageMetrics.commitBounds)
    fileprivate(set) var batches = BucketCounts(bounds: UsageMetrics.batchBounds)
    private(set) var endings = SeriesTable<EndingKey, Int>(most: endingsMost, other: .other)
    private(set) var failures = SeriesTable<FailureKey, Int>(most: failuresMost, other: .other)
    private(set) var hosts = SeriesTable<HostKey, HostSums>(most: hostsMost, other: .other)
    /// By `Surface.rawValue`, which begins at 1.
    private(set) var surfaces = Surface.allCases.map { (surface: $0, sums: SurfaceSums()) }

    mutating func add(_ record: UsageRecord) {
        if let error = record.error {
            failures.update(.failure(provider: record.provider, error.kind), from: 0) { $0 += 1 }
        }
        let millis = Int(record.latencyMillis)
        let firstByte = record.firstByteMillis.map(Int.init)
        if record.status != .failedOver { addEnding(record, millis, firstByte) }
        let isEmbedding = record.surface == .embeddings
        let host = HostKey(provider: record.provider, model: record.requestedModel, isEmbedding: isEmbedding)
        hosts.update(host, from: HostSums()) { sums in
            sums.add(record.usage, record.cost)
            guard let firstByte else { return }
            sums.input.add(Int(record.usage.input), bounds: UsageMetrics.tokenBounds)
            if !isEmbedding { sums.output.add(Int(record.usage.output), bounds: UsageMetrics.tokenBounds) }
            sums.firstByte.add(firstByte, bounds: UsageMetrics.firstByteBounds)
            guard record.status == .completed else { return }
            sums.duration.add(millis, bounds: UsageMetrics.durationBounds)
        }
    }

    private mutating func addEnding(_ record: UsageRecord, _ millis: Int, _ firstByte: Int?) {
        let ending = EndingKey.ending(
            record.surface, provider: record.provider, record.status, httpStatus: record.httpStatus)
        endings.update(ending, from: 0) { $0 += 1 }
        let surface = Int(record.surface.rawValue) - 1
        surfaces[surface].sums.duration.add(millis, bounds: UsageMetrics.durationBounds)
        if let firstByte { surfaces[surface].sums.firstByte.add(firstByte, bounds: UsageMetrics.firstByteBounds) }
    }
}

extension HostSums {
    mutating func add(_ usage: Usage, _ cost: Micros) {
        self.usage.uncachedInput.addSaturating(usage.uncachedInput)
        self.usage.cacheRead.addSaturating(usage.cacheRead)
        self.usage.cacheWrite5m.addSaturating(usage.cacheWrite5m)
        self.usage.cacheWrite1h.addSaturating(usage.cacheWrite1h)
        self.usage.output.addSaturating(usage.output)
        let (next, overflow) = self.cost.addingReportingOverflow(Int(cost.value))
        self.cost = overflow ? .max : next
    }
}
