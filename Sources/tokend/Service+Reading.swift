// status, events, metrics: what is, without changing it.
//
// For: messages 0x0002, 0x030A and 0x030B.
// Refuses: pages beyond the bounds.
// Called by: the service table, asked by every sibling and weirctl.

import DaemonKit
import IPC
import Metrics
import NIOCore
import Refresh
import Storage
import Tenancy
import Vault

/// What status and metrics ask the store for.
private struct VaultFigures: Sendable {
    let counts: AccountCounts
    let oldSealed: Int
    let activeKey: String
}

extension Service {
    func status(_ request: TokenStatusRequest, _ answer: Answer<TokenStatusAnswer>) {
        askFigures { [self] result in
            switch result {
            case .failure(let failure): answer.fail(failure.code, failure.text)
            case .success(let figures): answer.send(status(figures))
            }
        }
    }

    private func status(_ figures: VaultFigures) -> TokenStatusAnswer {
        TokenStatusAnswer(
            startedAt: process.startedAt, isDraining: listener?.isDraining ?? true,
            active: UInt64(figures.counts.active),
            dead: UInt64(figures.counts.dead), alarms: UInt64(refreshes.alarms.count),
            overdue: UInt64(refreshes.turns.waitingCount), inFlight: UInt32(refreshes.turns.runningCount),
            refreshed: UInt64(clamping: board.total(.refreshed)), failed: UInt64(clamping: board.total(.failures)),
            watchers: UInt32(watchers.count), key: figures.activeKey, oldSealed: UInt64(figures.oldSealed),
            isLocked: process.isLocked, instance: process.identity.instance, build: process.identity.build)
    }

    private func askFigures(_ done: @escaping (Result<VaultFigures, StoreFailure>) -> Void) {
        let job: StoreJob<VaultFigures> = { store throws(StorageError) in
            VaultFigures(
                counts: try store.counts(), oldSealed: try store.oldSealed(),
                activeKey: store.ring.activeKey.description)
        }
        store.ask(job, done)
    }

    func showEvents(_ request: TokenEventsRequest, _ answer: Answer<TokenEventsAnswer>) {
        let limit = Int(request.limit)
        guard (1...FieldLimits.pageRows).contains(limit) else {
            answer.fail(.malformed, "a page has 1 to \(FieldLimits.pageRows) events")
            return
        }
        let before = request.before == 0 ? Int64.max : Int64(clamping: request.before)
        let filter = EventFilter(
            tenant: request.tenant, action: request.action, subject: request.subject, since: request.since)
        let job: StoreJob<EventPage> = { store throws(StorageError) in
            try store.events(filter, before: before, limit: limit)
        }
        store.ask(
            job,
            reply(to: answer) { page in
                let events = page.events.map { IPC.TokenEvent($0) }
                answer.send(TokenEventsAnswer(next: UInt64(page.next ?? 0), events: events))
            })
    }

    // MARK: metrics

    /// Every metric, those without a series too.
    static let metricFamilies = TokenMetric.allCases.map(\.family) + TokenGauges.families + ProcessReadings.families

    func metrics(_ request: MetricsRequest, _ answer: Answer<MetricsAnswer>) {
        askFigures { [self] result in
            let process = ProcessReadings.now("tokend", startMillis: process.startedAt.value)
            let counts = try? result.get().counts
            answer.send(MetricsAnswer(board.snapshot() + gauges(counts) + process))
        }
    }

    /// Without `counts`, when the vault cannot be read, they are left out: nobody takes an old number for a new one.
    private func gauges(_ counts: AccountCounts?) -> [MetricReading] {
        var states: [MetricReading] = []
        if let counts {
            let samples = [("active", counts.active), ("pending", counts.pending), ("dead", counts.dead)]
            states = [MetricReading(TokenGauges.accounts, samples.map { MetricSample($0.1, labels: [$0.0]) })]
        }
        return states + [
            MetricReading(TokenGauges.alarms, refreshes.alarms.count),
            MetricReading(TokenGauges.overdue, refreshes.turns.waitingCount),
            MetricReading(TokenGauges.inFlight, refreshes.turns.runningCount),
            MetricReading(TokenGauges.watchers, watchers.count),
            MetricReading(TokenGauges.pending, store.thread.waiting),
            MetricReading(TokenGauges.connections, listener?.connections ?? 0),
            MetricReading(TokenGauges.locked, process.isLocked ? 1 : 0),
            MetricReading(TokenGauges.failing, counts == nil || store.thread.isDiskFailing ? 1 : 0),
        ]
    }
}

extension IPC.TokenEvent {
    fileprivate init(_ event: EventRecord) {
        self.init(
            number: UInt64(clamping: event.number), at: event.at, account: event.account, action: event.action.rawValue,
            source: event.source.cut(toBytes: FieldLimits.displayName), before: event.before, after: event.after,
            text: event.text.cut(toBytes: FieldLimits.line))
    }
}
