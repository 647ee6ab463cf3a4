// GatewayDaemon: gatewayd's parts, put together in order and taken apart in order.
//
// For: start, reload and stop.
// Refuses: to listen before the store is open, every loop knows the keys, and unsettled usage is on its way to walletd.
// Called by: Main, on the main thread.

import DaemonKit
import HTTP
import Hashing
import IPC
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Tenancy

/// Called from the main thread; its parts live on their event loops.
final class GatewayDaemon: Sendable {
    let context: DaemonContext<GatewaydConfiguration>
    private let group: MultiThreadedEventLoopGroup
    private let storeGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loops: [any EventLoop]
    private let gateways: GatewayRegistry
    let shared: GatewayShared
    private let publisher: KeyPublisher
    private let server: HTTPServer
    let identity: PeerIdentity
    private let journal: RequestJournal
    let meter: UsageMeter
    private let storeReport: @Sendable (StoreEvent) -> Void
    private let startedAt = Clock.unixMillis()
    private let configured: Mutex<Configured>
    let listener = Mutex<NIOLoopBound<Listener>?>(nil)
    /// Looks up the names that tenants' addresses have; one for the process.
    private let resolver = SystemResolver()
    /// The thread that answers for numbers.
    let metrics: MetricsDesk
    private let backups = Mutex<NIOLoopBound<BackupDuty>?>(nil)
    /// The control loop: IPC and replayed settlements.
    var control: any EventLoop { loops[0] }

    /// The configuration in force.
    private struct Configured {
        var configuration: GatewaydConfiguration
        var served: ServedCatalog
        var connections: ServedConnections
        var loadedAt: UnixMillis
        var identities: [ServerIdentity] = []
    }

    init(_ context: DaemonContext<GatewaydConfiguration>) throws {
        let configuration = context.configuration
        self.context = context
        group = MultiThreadedEventLoopGroup(
            numberOfThreads: configuration.threads == 0 ? System.coreCount : configuration.threads)
        let loops = Array(group.makeIterator())
        let gateways = GatewayRegistry()
        let (meter, journal) = (UsageMeter(), RequestJournal(context.log, isOn: configuration.logsRequests))
        let storeReport = Self.storeReport(meter, journal, context.log)
        metrics = MetricsDesk()
        let store = try StoreQueue.open(
            Self.storeOptions(context, storeReport), on: storeGroup.next(), loops: loops
        ) { index, records in gateways.settle(records, on: index) }
        let publisher = KeyPublisher(loops: loops)
        let shared = GatewayShared(store: store, metrics: MetricBoard<GatewayMetric>())
        let identity = PeerIdentity(
            role: .gatewayd, instance: SecureRandom.word(), build: "gatewayd \(WeirVersion.text)")
        let served = ServedCatalog(configuration, generation: 1, loadedAt: startedAt)
        let connections = ServedConnections(configuration, resolver)
        let maker = GatewayMaker(
            loops: loops, shared: shared, publisher: publisher, snapshot: try store.directory(), identity: identity,
            walletSocket: configuration.walletSocket, tokenSocket: configuration.tokenSocket, tls: try UpstreamTLS(),
            settings: GatewaySettings(configuration), served: served, connections: connections, log: context.log)
        server = HTTPServer(group: group, configuration: ServerConfiguration(configuration)) { loop in
            let gateway = maker.make(on: loop)
            gateways.add(gateway)
            return gateway
        }
        self.loops = loops
        self.meter = meter
        self.journal = journal
        self.storeReport = storeReport
        self.gateways = gateways
        self.publisher = publisher
        self.shared = shared
        self.identity = identity
        configured = Mutex(
            Configured(configuration: configuration, served: served, connections: connections, loadedAt: startedAt))
    }

    /// Opens everything; where it listens, for a person.
    func start() throws -> Logger.Metadata {
        try wait { [server] in try await server.start() }
        shared.store.startReplay()
        let seats = try ListeningPlace.all(of: context.configuration.listeners, context.sockets)
        let addresses = try seats.map(listen)
        var places: Logger.Metadata = [
            "listen": "\(addresses.joined(separator: " "))", "socket": "\(context.configuration.process.socket)",
        ]
        places["metrics"] = try listenForMetrics().map { "\($0)" }
        try startService()
        startHeartbeat()
        return places
    }

    /// Where a copy of the store is while it is being made.
    private static func copyPath(_ context: DaemonContext<GatewaydConfiguration>) -> String {
        context.stateDirectory.file("gatewayd.db.copy")
    }

    private func listen(_ place: ListeningPlace) throws -> String {
        let (listening, address) = (place.configuration, place.address)
        let tls = try listening.tls.map { try ServerIdentity(certificateFile: $0.certificate, keyFile: $0.privateKey) }
        if let tls { configured.withLock { $0.identities.append(tls) } }
        let bound = try wait { [server] in try await server.listen(on: address, tls: tls) }
        let scheme = tls == nil ? "http" : "https"
        return "\(scheme)://\(NetworkAddress(host: listening.address.host, port: bound.port ?? 0))"
    }

    /// The IPC socket: the service manager's, or one of our own.
    private var ipcAddress: IPC.ListenAddress {
        context.sockets.copies(named: "ipc").first.map { .descriptor($0) }
            ?? .path(context.configuration.process.socket)
    }

    /// The store's file: the daemon's own, or with `leaving` the one of a process that has handed over.
    func storeOptions(leaving: String? = nil) -> StoreOptions {
        Self.storeOptions(context, storeReport, leaving: leaving)
    }

    private static func storeOptions(
        _ context: DaemonContext<GatewaydConfiguration>, _ report: @escaping @Sendable (StoreEvent) -> Void,
        leaving: String? = nil
    ) -> StoreOptions {
        StoreOptions(
            path: context.stateDirectory.file(leaving ?? databaseName),
            leaving: leaving == nil ? LeavingFolder(context.stateDirectory) : nil,
            eventDays: context.configuration.retentionDays, clock: { Clock.unixMillis().value },
            copyPath: leaving == nil ? copyPath(context) : nil, report: report)
    }

    func startService() throws {
        let administration = Administration(store: shared.store, publisher: publisher, clock: Clock.unixMillis)
        let configuration = context.configuration
        let policy = PeerPolicy(users: configuration.peers)
        try control.flatSubmit { [self, log = context.log] in
            let service = ServiceContext(
                store: shared.store, administration: administration, vitals: { [unowned self] in vitals() },
                metrics: { [metrics, readings] in metrics.ask(readings, on: $0, $1) },
                reload: { [unowned self] done in reload(done) },
                handOver: { [unowned self] done in handOver(done) }, clock: Clock.unixMillis, eventLoop: control,
                backups: BackupDuty(
                    path: Self.copyPath(context), build: identity.build, eventLoop: control,
                    observer: { log.notice("a backup is taken", metadata: ["user": "\($0.uid)"]) }))
            backups.withLock { $0 = NIOLoopBound(service.backups, eventLoop: control) }
            let listening = Listener(
                ipcAddress, eventLoop: control, table: Service.table(service),
                identity: identity, policy: policy
            ) { event in ServiceLog.note(event, log) }
            let bound = NIOLoopBound(listening, eventLoop: control)
            listener.withLock { $0 = bound }
            return listening.start()
        }.wait()
    }

    /// Runs async work from the main thread, which has nothing else to do.
    func wait<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
        try control.makeFutureWithTask(body).wait()
    }
}

extension GatewayDaemon {
    /// A new configuration was read and is good: every loop takes it over; what needs a restart is said. Refused when a
    /// certificate in force cannot be read again.
    func adopt(_ configuration: GatewaydConfiguration) throws(ConfigRefusal) {
        let renewals = try renewedIdentities()
        let now = Clock.unixMillis()
        let (served, connections, restart) = configured.withLock { configured in
            let restart = configuration.needingRestart(comparedWith: configured.configuration)
            let served = ServedCatalog(configuration, generation: configured.served.generation + 1, loadedAt: now)
            configured.configuration = configuration
            configured.served = served
            configured.connections = configured.connections.adopting(configuration, resolver)
            configured.loadedAt = now
            return (served, configured.connections, restart)
        }
        let settings = GatewaySettings(configuration)
        gateways.forEach { $0.adopt(settings, served, connections) }
        journal.set(isOn: configuration.logsRequests)
        renewals.forEach { $0() }
        guard !restart.isEmpty else { return }
        context.log.warning(
            "some settings take effect at the next start", metadata: ["settings": "\(restart.joined(separator: " "))"])
    }

    /// What puts each listener's certificate, as its files are now, in place of the old one.
    private func renewedIdentities() throws(ConfigRefusal) -> [@Sendable () -> Void] {
        var renewals: [@Sendable () -> Void] = []
        for identity in configured.withLock({ $0.identities }) {
            do { renewals.append(try identity.renewed()) } catch {
                throw ConfigRefusal("gatewayd.listen", "the certificate \(identity.name) cannot be used: \(error)")
            }
        }
        return renewals
    }

    /// Reload, asked for over IPC: done on the main thread, like the one by signal.
    private func reload(_ done: @escaping @Sendable (ReloadAnswer) -> Void) {
        context.lifecycle.perform { [self] in
            let result = context.reload { config throws(ConfigRefusal) in try adopt(config) }
            let generation = UInt64(configured.withLock { $0.served.generation })
            switch result {
            case .success: done(ReloadAnswer(accepted: true, generation: generation, text: ""))
            case .failure(let refusal):
                done(
                    ReloadAnswer(
                        accepted: false, generation: generation,
                        text: refusal.description.cut(toBytes: FieldLimits.page)))
            }
        }
    }

    func vitals() -> GatewayVitals {
        func count(_ metric: GatewayMetric) -> UInt64 { UInt64(clamping: shared.metrics.total(metric)) }
        let (generation, loadedAt) = configured.withLock { ($0.served.generation, $0.loadedAt) }
        return GatewayVitals(
            startedAt: startedAt, isDraining: context.lifecycle.isDraining,
            isWalletConnected: count(.walletsConnected) > 0,
            requests: count(.started), errors: count(.failedRequests), inFlight: UInt32(clamping: count(.inFlight)),
            connections: UInt32(clamping: server.openConnections), configGeneration: UInt64(generation),
            configLoadedAt: loadedAt, instance: identity.instance, build: identity.build)
    }
}

extension GatewayDaemon {
    /// Tells the service manager how it goes, each time all event loops have had a turn: one that hangs makes it silent.
    private func startHeartbeat() {
        guard let interval = ServiceHeartbeat.ofProcess else { return }
        control.scheduleRepeatedTask(initialDelay: .zero, delay: TimeAmount(interval)) { [unowned self] _ in
            askLoops(from: 0)
        }
    }

    private func askLoops(from index: Int) {
        guard index < loops.count else { return context.notifier.alive(status: vitalLine) }
        loops[index].execute { [weak self] in self?.askLoops(from: index + 1) }
    }

    /// How it goes, for `systemctl status`.
    private var vitalLine: String {
        let now = vitals()
        let state = now.isDraining ? "draining" : now.isWalletConnected ? "serving" : "serving without its wallet"
        let unsettled = shared.store.figures.backlog
        return "\(state): \(now.inFlight) requests under way, \(now.connections) connections, \(unsettled) to settle"
    }
}

extension GatewayDaemon {
    /// No new connections; `done` when every answer under way is out.
    func drain(_ done: @escaping @Sendable () -> Void) {
        gateways.forEach { $0.drain() }
        let limit = TimeAmount(context.configuration.process.drainLimit)
        context.notifier.stopping(status: vitalLine, within: context.configuration.process.drainLimit + .seconds(10))
        control.makeFutureWithTask { [server] in await server.drain(within: limit) }.whenComplete { _ in done() }
    }

    /// The drain time is over: answers under way end with an error event and are settled.
    func cut(_ done: @escaping @Sendable () -> Void) {
        gateways.forEach { $0.cutLiveRequests() }
        control.makeFutureWithTask { [server] in await server.drain(within: .milliseconds(500)) }.whenComplete { _ in
            done()
        }
    }

    /// Closes what is left. Usage that walletd has not settled stays in the store and is sent at the next start.
    func close() {
        let listener = listener.withLock { $0 }
        let backups = backups.withLock { $0 }
        let quiet = control.flatSubmit { [control] in
            listener?.value.close()
            return backups?.value.whenIdle() ?? control.makeSucceededVoidFuture()
        }
        gateways.forEach { $0.close() }
        do {
            try quiet.wait()
            try metrics.close()
            let lost = try shared.store.close()
            if lost > 0 { context.log.error("usage could not be stored", metadata: ["records": "\(lost)"]) }
            try group.syncShutdownGracefully()
            try storeGroup.syncShutdownGracefully()
        } catch {
            context.log.error("not closed in order", metadata: ["reason": "\(error)"])
        }
    }
}
