// Service+Reports: usage, errors, status and metrics for operators and siblings.
//
// For: messages 0x0208 to 0x020B, and 0x0002.
// Refuses: usage ranges that are empty or longer than `UsageRange.longest` (malformed).
// Called by: Service's table.

import IPC
import Money
import NIOCore
import Storage
import Tenancy

extension ServiceContext {
    func usage(_ request: UsageReportRequest, _ answer: IPC.Answer<UsageReportAnswer>) {
        guard let range = UsageRange(from: request.from, to: request.to) else {
            answer.fail(.malformed, "a usage report covers at least a moment and at most 400 days")
            return
        }
        let done = reply(to: answer) { (sums: [String: UsageSums]) in UsageReportAnswer(sums) }
        let question: StoreQuestion<[String: UsageSums]> = { store throws(StorageError) in
            var sums: [String: UsageSums] = [:]
            // A key's own tenant leads to its rows; without it all tenants' rows would be read.
            var tenant = request.tenant
            if tenant == nil, let key = request.key { tenant = try store.key(key)?.tenant }
            try store.usage(of: tenant, key: request.key, in: range) { cell in
                sums[request.group.label(of: cell), default: UsageSums()].add(cell.sums)
            }
            return sums
        }
        store.perform(on: eventLoop, question, done)
    }

    func errors(_ request: ErrorReportRequest, _ answer: IPC.Answer<ErrorReportAnswer>) {
        let limit = min(max(Int(request.limit), 1), Store.errorPageMost)
        let before = request.before == 0 ? Int64.max : Int64(clamping: request.before)
        let done = reply(to: answer) { (found: [StoredError]) in ErrorReportAnswer(found, limit: limit) }
        let question: StoreQuestion<[StoredError]> = { store throws(StorageError) in
            try store.errors(of: request.tenant, before: before, limit: limit + 1)
        }
        store.perform(on: eventLoop, question, done)
    }

    func status(_ answer: IPC.Answer<GatewayStatusAnswer>) {
        let vitals = vitals()
        let backlog = store.figures.backlog
        let now = clock()
        let done = reply(to: answer) { (standing: StoreStanding) in GatewayStatusAnswer(vitals, standing) }
        let question: StoreQuestion<StoreStanding> = { store throws(StorageError) in
            let oldest = backlog > 0 ? try store.oldestUnsettled() : nil
            return StoreStanding(
                tenants: store.directory.tenants.count, keys: store.directory.keysInForce(at: now), backlog: backlog,
                oldest: oldest)
        }
        store.perform(on: eventLoop, question, done)
    }

    func handOver(_ answer: IPC.Answer<HandOverAnswer>) {
        let done: @Sendable (Result<HandOverAnswer, StoreFailure>) -> Void = reply(to: answer) { $0 }
        let loop = eventLoop
        handOver { outcome in loop.execute { done(.success(outcome)) } }
    }

    func metrics(_ answer: IPC.Answer<MetricsAnswer>) {
        let bound = NIOLoopBound(answer, eventLoop: eventLoop)
        metrics(eventLoop) { bound.value.send(MetricsAnswer($0)) }
    }

    func reload(_ answer: IPC.Answer<ReloadAnswer>) {
        let done: @Sendable (Result<ReloadAnswer, StoreFailure>) -> Void = reply(to: answer) { $0 }
        let loop = eventLoop
        reload { outcome in loop.execute { done(.success(outcome)) } }
    }
}

/// What the status answer takes from the store.
private struct StoreStanding: Sendable {
    let tenants: Int
    let keys: Int
    let backlog: Int64
    let oldest: UnixMillis?
}

extension UsageGrouping {
    /// The row of a report that `cell` counts in.
    fileprivate func label(of cell: UsageCell) -> String {
        switch self {
        case .none: ""
        case .key: cell.key
        case .model: cell.model
        case .day: String(UnixMillis(hoursSince1970: cell.start).description.prefix(10))
        }
    }
}

extension UsageReportAnswer {
    fileprivate init(_ sums: [String: UsageSums]) {
        let rows = sums.sorted { $0.key < $1.key }.prefix(FieldLimits.usageRows)
        self.init(truncated: rows.count < sums.count, rows: rows.map { UsageRow($0.key, $0.value) })
    }
}

extension UsageRow {
    fileprivate init(_ label: String, _ sums: UsageSums) {
        self.init(
            requests: UInt64(clamping: sums.requests), estimated: UInt64(clamping: sums.estimated), usage: sums.usage,
            cost: Micros(sums.cost), label: label.cut(toBytes: FieldLimits.displayName))
    }
}

extension ErrorReportAnswer {
    fileprivate init(_ found: [StoredError], limit: Int) {
        let page = found.prefix(limit)
        let next = found.count > limit ? page.last.map { UInt64(clamping: $0.seq) } : nil
        self.init(next: next ?? 0, rows: page.map { ErrorRow($0) })
    }
}

extension ErrorRow {
    fileprivate init(_ stored: StoredError) {
        self.init(
            sequence: UInt64(clamping: stored.seq), at: stored.at, request: stored.request ?? RequestID(number: 0),
            status: UInt16(clamping: stored.httpStatus), side: stored.kind?.side ?? .weir,
            tenant: stored.tenant.flatMap { TenantID($0) }, key: stored.key.flatMap { KeyID($0) },
            model: stored.model.cut(toBytes: FieldLimits.displayName),
            host: stored.provider.cut(toBytes: FieldLimits.displayName), kind: stored.kind?.name ?? "unknown",
            text: stored.message.cut(toBytes: FieldLimits.line))
    }
}

extension ErrorKind {
    /// Whose fault it is.
    var side: FaultSide {
        switch self {
        case .insufficientFunds, .budgetExceeded, .rateLimited, .requestInvalid, .modelUnknown, .forbidden, .clientGone,
            .addressForbidden, .credentialRefused:
            .client
        case .walletUnavailable, .settlementRefused, .storageUnavailable, .draining, .internalFault: .weir
        case .upstreamConnect, .upstreamTimeout, .upstreamStatus, .upstreamClosed, .upstreamMalformed, .upstreamEvent:
            .upstream
        }
    }
}

extension GatewayStatusAnswer {
    fileprivate init(_ vitals: GatewayVitals, _ store: StoreStanding) {
        self.init(
            startedAt: vitals.startedAt, draining: vitals.isDraining, walletConnected: vitals.isWalletConnected,
            requests: vitals.requests, errors: vitals.errors, inFlight: vitals.inFlight,
            connections: vitals.connections, tenants: UInt32(clamping: store.tenants),
            keys: UInt32(clamping: store.keys),
            outboxDepth: UInt64(clamping: store.backlog), outboxOldestAt: store.oldest,
            configGeneration: vitals.configGeneration, configLoadedAt: vitals.configLoadedAt,
            instance: vitals.instance, build: vitals.build)
    }
}
