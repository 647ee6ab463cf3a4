// GatewayDaemon, as it is watched: who hears of what the store does, and where the numbers are told.
//
// For: the operator's listener, which goes to the successor at a handover, and the message `link.metrics`.
// Refuses: nothing.
// Called by: GatewayDaemon at start and close, its handover.

import DaemonKit
import Glibc
import HTTP
import Hashing
import IPC
import Logging
import NIOCore
import Synchronization

extension GatewayDaemon {
    /// The file of the store, in the state directory.
    static let databaseName = "gatewayd.db"

    /// What the service manager calls a socket for the operator's listener.
    private static let socketName = "metrics"

    /// Who hears of what the store does, on its thread.
    static func storeReport(
        _ meter: UsageMeter, _ journal: RequestJournal, _ log: Logger
    ) -> @Sendable (StoreEvent) -> Void {
        { event in
            switch event {
            case .stored(let batch):
                meter.add(batch)
                journal.note(batch)
            // A process that has handed over is asked by nobody: what it stored is told from here on. What this process
            // stored itself, before a handover that failed, was told then.
            case .absorbed(let records, let file):
                if !LeavingFile.isOf(getpid(), file) { meter.add(records) }
            case .failing, .recovered, .leftBehind: StoreLog.note(event, log)
            }
        }
    }

    /// Opens the operator's listener where one is configured, and returns its address.
    func listenForMetrics() throws -> String? {
        guard let configured = context.configuration.metricsListener else { return nil }
        let inherited = context.sockets.copies(named: Self.socketName).first.map { HTTP.ListenAddress.descriptor($0) }
        let address = inherited ?? .address(host: configured.host, port: configured.port)
        let (readings, paths) = (readings, siblingSockets)
        let bound = try wait { [metrics, identity] in
            try await metrics.listen(on: address) { loop in
                let siblings = paths.map { daemon, path in
                    MetricsSibling(daemon, at: path, on: loop, as: identity, seed: SecureRandom.word())
                }
                return MetricsPage(readings, siblings)
            }
        }
        return "http://\(NetworkAddress(host: configured.host, port: bound.port ?? 0))/metrics"
    }

    /// Where the daemons answer whose numbers stand on the page; tokend where it is configured.
    private var siblingSockets: [(PeerRole, String)] {
        let token = context.configuration.tokenSocket
        return [(.walletd, context.configuration.walletSocket)] + (token.map { [(.tokend, $0)] } ?? [])
    }

    /// Everything this daemon tells of itself in numbers.
    var readings: GatewayReadings {
        GatewayReadings(
            board: shared.metrics, meter: meter, store: shared.store, loops: loops.count,
            databasePath: context.stateDirectory.file(Self.databaseName), vitals: { [unowned self] in vitals() })
    }
}
