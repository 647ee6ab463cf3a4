// OpenVault: the parts of tokend put together, and taken apart again.
//
// For: the order of start (file, key, every account's alarm, only then the socket) and of stop (calls, commits, file).
// Refuses: a file that the configured keys do not open.
// Called by: Main; tests, which open a vault on a disk in memory.

import Connections
import DaemonKit
import HTTP
import IPC
import Logging
import NIOCore
import NIOPosix
import Refresh
import Storage
import Tenancy
import Vault

/// What a vault is opened with.
struct VaultOptions: Sendable {
    var path: String
    /// SQLite's file layer; tests put a faulty disk here.
    var fileLayer: String?
    var address: IPC.ListenAddress
    var settings: VaultSettings
    var process: Service.ProcessFacts
    var log: Logger
}

/// What of the configuration a running vault needs.
struct VaultSettings: Sendable {
    var policy: PeerPolicy
    var ring: KeyRing
    var book: ProviderBook
    var burst = BurstPolicy()
    var retention = EventRetention()
    var limits = Service.AccountLimits()
    /// The operator's allow-list for addresses that tenants name.
    var addresses = AddressPolicy()
}

/// A vault that answers. Two threads: one owns the socket, the alarms and the calls, the other the database.
final class OpenVault: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let thread: StoreThread
    let parts: NIOLoopBound<Parts>

    /// What lives on the service's loop.
    struct Parts {
        let service: Service
        let listener: Listener
    }

    /// Opens the file, takes every account in, and listens. Blocks the calling thread until then.
    static func open(_ options: VaultOptions) throws -> OpenVault {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            return try OpenVault(options, group)
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    private init(_ options: VaultOptions, _ group: MultiThreadedEventLoopGroup) throws {
        let (serviceLoop, storeLoop) = (group.next(), group.next())
        let board = MetricBoard<TokenMetric>()
        let storeLane = board.makeLane()
        let log = options.log
        let (thread, schedule) = try storeLoop.submit {
            let thread = try Self.openStore(options, storeLoop) { event in
                storeLane.note(event)
                EventLog.note(event, log)
            }
            return (thread, try thread.store.schedule())
        }.wait()
        (self.group, self.thread) = (group, thread)
        let starting = serviceLoop.flatSubmit {
            do {
                let service = try Self.makeService(options, thread, board, serviceLoop)
                service.refreshes.restore(schedule.rows, providers: schedule.providers, endpoints: schedule.endpoints)
                return Self.listen(service, options, serviceLoop)
            } catch {
                return serviceLoop.makeFailedFuture(error)
            }
        }
        do {
            parts = try starting.wait()
        } catch {
            try? thread.close().wait()
            throw error
        }
        thread.startUpkeep(options.settings.retention)
        parts.eventLoop.execute { [parts] in parts.value.service.refreshes.start() }
    }

    private static func openStore(
        _ options: VaultOptions, _ loop: any EventLoop, _ report: @escaping @Sendable (StoreEvent) -> Void
    ) throws -> StoreThread {
        // What a backup that was interrupted by a crash left behind. It is in nobody's way but the disk's.
        do throws(StorageError) {
            try OnlineCopy.remove(options.process.copyPath)
        } catch {
            options.log.warning("a left-over of a backup stays", metadata: ["reason": "\(error)"])
        }
        let store = try Store(path: options.path, fileLayer: options.fileLayer, ring: options.settings.ring)
        return StoreThread(store, on: loop, report: report)
    }

    private static func makeService(
        _ options: VaultOptions, _ thread: StoreThread, _ board: MetricBoard<TokenMetric>, _ loop: any EventLoop
    ) throws -> Service {
        let settings = options.settings
        let (lane, door) = (board.makeLane(), StoreDoor(thread: thread, loop: loop))
        let events = EventLog(options.log, lane)
        let watchers = Watchers(door, settings.book.rules) { events.unopened($0) }
        var pooling = PoolConfiguration()
        pooling.perOriginMax = settings.burst.perHost
        let resolver = SystemResolver()
        let pool = UpstreamPool(loop: HTTPLoop(eventLoop: loop), configuration: pooling, tls: try UpstreamTLS())
        let courier = Courier(
            pool: pool, on: loop, addressGuard: AddressGuard(policy: settings.addresses, resolver: resolver),
            forbade: events.forbidden)
        let outlets = outlets(door, watchers, events)
        let refreshes = RefreshLoop(on: loop, door, courier, settings.book, settings.burst, lane, outlets)
        let parts = ServiceParts(
            store: door, refreshes: refreshes, watchers: watchers, courier: courier, events: events, board: board,
            lane: lane, resolver: resolver, limits: settings.limits)
        return Service(parts, on: loop, process: options.process)
    }

    private static func outlets(_ door: StoreDoor, _ watchers: Watchers, _ events: EventLog) -> RefreshOutlets {
        RefreshOutlets(
            changed: { watchers.changed($0) }, accepted: { events.accepted($0) },
            alerted: { id, provider, alert, reason in
                door.ask({ store throws(StorageError) in try store.account(id: id) }) { result in
                    let record = (try? result.get()) ?? nil
                    events.alert(
                        alert, account: record?.key.description ?? "number \(id)", provider: provider,
                        hasOwnClient: record?.client != nil || record?.endpoint != nil, reason)
                }
            })
    }

    private static func listen(
        _ service: Service, _ options: VaultOptions, _ loop: any EventLoop
    ) -> EventLoopFuture<NIOLoopBound<Parts>> {
        let listener = Listener(
            options.address, eventLoop: loop, table: service.makeTable(), identity: options.process.identity,
            policy: options.settings.policy, observer: service.events.note)
        service.listener = listener
        let bound = NIOLoopBound(Parts(service: service, listener: listener), eventLoop: loop)
        return listener.start().map { bound }
    }
}

extension OpenVault {
    /// A new configuration was read and is good. Watchers come back for what holds now. Throws, and changes nothing,
    /// where its keys do not open what the file holds. Blocks the calling thread until the store's has looked.
    func adopt(_ settings: VaultSettings) throws {
        try thread.adopt(settings.ring)
        parts.eventLoop.execute { [parts] in parts.value.service.adopt(settings) }
    }

    /// Tells `alive` how it goes, again and again, each time both threads have had a turn: a thread that hangs makes it silent.
    func beat(every interval: Duration, _ alive: @escaping @Sendable (String) -> Void) {
        let time = TimeAmount(interval)
        parts.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: time) { [parts, thread] _ in
            let service = parts.value.service
            let text = "\(service.refreshes.alarms.count) alarms, \(service.watchers.count) watchers"
            thread.loop.execute { alive(text) }
        }
    }

    /// Takes no new calls and begins no refresh; the future completes when every open call has been answered and every refresh
    /// under way is stored. Watches are ended: they never would by themselves.
    func drain() -> EventLoopFuture<Void> {
        parts.eventLoop.flatSubmit { [parts] in
            parts.value.service.watchers.endAll("tokend stops")
            return parts.value.listener.drain().and(parts.value.service.refreshes.drain()).map { _ in }
        }
    }

    /// Ends every connection and call, writes what was received, closes the file. Blocks.
    func close() throws {
        try parts.eventLoop.flatSubmit { [parts] in
            let (service, listener) = (parts.value.service, parts.value.listener)
            service.refreshes.stop()
            service.watchers.endAll("tokend stops")
            listener.close()
            service.courier.close()
            return service.backups.whenIdle()
        }.wait()
        try thread.close().wait()
        try group.syncShutdownGracefully()
    }
}

extension Service {
    /// Other definitions, clients and keys are in force.
    fileprivate func adopt(_ settings: VaultSettings) {
        courier.addressGuard = AddressGuard(policy: settings.addresses, resolver: resolver)
        limits = settings.limits
        refreshes.adopt(settings.book)
        watchers.rules = settings.book.rules
        events.forgetRefusals()
        watchers.endAll("the configuration was read again")
    }
}

extension MetricLane<TokenMetric> {
    fileprivate func note(_ event: StoreEvent) {
        switch event {
        case .committed(_, let micros): observe(.commitTime, micros)
        case .failing: add(.commitFailures)
        case .recovered: break
        }
    }
}
