// Service+Watch: requests as they end, to an operator who looks on.
//
// For: message 0x020C.
// Refuses: more watchers than `WatcherCount.most`. A watcher that reads slowly misses records and is told how many.
// Called by: Service's table.

import IPC
import NIOCore
import Tenancy

/// Who looks on. Bound to the listener's event loop.
final class WatcherCount {
    /// Watchers at once: a handful of terminals.
    static let most = 16

    private(set) var open = 0
    private var last: UInt64 = 0

    /// A number for a new watcher, or `nil` when there are too many.
    func begin() -> UInt64? {
        guard open < Self.most else { return nil }
        open += 1
        last += 1
        return last
    }

    func end() { open -= 1 }
}

extension ServiceContext {
    func watch(_ request: WatchRequest, _ stream: StreamAnswer<RequestRecord, EmptyAnswer>) {
        guard let number = watchers.begin() else {
            stream.fail(.overloaded, "\(WatcherCount.most) watchers look on already")
            return
        }
        let watcher = NIOLoopBound(Watcher(stream, tenant: request.tenant), eventLoop: eventLoop)
        store.watch(number) { [eventLoop] records in
            eventLoop.execute { watcher.value.take(records) }
        }
        stream.onAbandoned { [store, watchers] in
            store.unwatch(number)
            watchers.end()
        }
    }
}

/// One stream of records.
private final class Watcher {
    private let stream: StreamAnswer<RequestRecord, EmptyAnswer>
    private let tenant: TenantID?
    private var missed: UInt64 = 0

    init(_ stream: StreamAnswer<RequestRecord, EmptyAnswer>, tenant: TenantID?) {
        self.stream = stream
        self.tenant = tenant
    }

    /// Passes on what this watcher asked for. An attempt that failed over is not the end of its request.
    func take(_ records: [UsageRecord]) {
        for record in records where record.status != .failedOver && (tenant == nil || record.tenant == tenant) {
            switch stream.send(RequestRecord(record, missed: missed)) {
            case .sent: missed = 0
            case .windowClosed: missed += 1
            case .callEnded: return
            }
        }
    }
}

extension RequestRecord {
    fileprivate init(_ record: UsageRecord, missed: UInt64) {
        self.init(
            at: record.at, missed: missed, request: record.request, status: record.httpStatus,
            streamed: record.flags.contains(.streamed), estimated: record.flags.contains(.estimated),
            firstByteMillis: record.firstByteMillis ?? 0, durationMillis: record.latencyMillis, usage: record.usage,
            cost: record.cost, tenant: record.tenant, key: record.key,
            model: record.requestedModel.cut(toBytes: FieldLimits.displayName),
            host: record.provider.cut(toBytes: FieldLimits.displayName))
    }
}
