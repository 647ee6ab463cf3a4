// UsageSums: what attempts add up to.
//
// For: rollups and every usage answer.
// Refuses: sums beyond 64 bits: they stay at the largest value, because a vendor's absurd count must not stop the store.
// Called by: UsageBatch, Store+UsageQuestions, Service+Reports, Endpoints/Account, Endpoints/Keys. Pure.

import Money

/// Sums over attempts.
struct UsageSums: Hashable, Sendable {
    /// Client requests: attempts that did not fail over to another.
    var requests: Int64 = 0
    var attempts: Int64 = 0
    /// Attempts that did not complete, whoever's doing it was.
    var failures: Int64 = 0
    /// Attempts whose usage is our estimate.
    var estimated: Int64 = 0
    var usage = Usage()
    var cost: Int64 = 0

    mutating func add(_ record: UsageRecord) {
        attempts.addSaturating(1)
        if record.status != .failedOver { requests.addSaturating(1) }
        if record.status != .completed { failures.addSaturating(1) }
        if record.flags.contains(.estimated) { estimated.addSaturating(1) }
        usage.uncachedInput.addSaturating(record.usage.uncachedInput)
        usage.cacheRead.addSaturating(record.usage.cacheRead)
        usage.cacheWrite5m.addSaturating(record.usage.cacheWrite5m)
        usage.cacheWrite1h.addSaturating(record.usage.cacheWrite1h)
        usage.output.addSaturating(record.usage.output)
        cost.addSaturating(record.cost.value)
    }
}

extension UsageSums {
    mutating func add(_ other: UsageSums) {
        requests.addSaturating(other.requests)
        attempts.addSaturating(other.attempts)
        failures.addSaturating(other.failures)
        estimated.addSaturating(other.estimated)
        usage.uncachedInput.addSaturating(other.usage.uncachedInput)
        usage.cacheRead.addSaturating(other.usage.cacheRead)
        usage.cacheWrite5m.addSaturating(other.usage.cacheWrite5m)
        usage.cacheWrite1h.addSaturating(other.usage.cacheWrite1h)
        usage.output.addSaturating(other.usage.output)
        cost.addSaturating(other.cost)
    }
}

extension Int64 {
    /// Adds, staying at the bounds instead of leaving them.
    mutating func addSaturating(_ other: Int64) {
        let (sum, overflow) = addingReportingOverflow(other)
        self = overflow ? (other > 0 ? .max : .min) : sum
    }
}
