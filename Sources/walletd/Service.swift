// Service: everything walletd may be asked, in one table.
//
// For: gatewayd (holds, settlements, reading), cronjobd and weirctl (credits, refunds, audits), weirctl (backups).
// Refuses: by role, here; by the rules of money, in Book and Store; everything that needs the disk while the disk fails.
// Called by: the Listener, on the event loop. The asking side is `WalletClient`.

import DaemonKit
import IPC
import Ledger
import Logging
import Money
import NIOCore
import Storage
import Tenancy

/// The wallet as its peers see it. Bound to its event loop.
final class Service {
    let loop: any EventLoop
    var book: Book
    let queue: CommitQueue
    let log: Logger
    let process: ProcessFacts
    let backups: BackupDuty
    var writer: Writer
    var counters = Counters()
    let board: MetricBoard<WalletMetric>
    let lane: MetricLane<WalletMetric>
    /// Reading questions at the writer, and whether one of them is an audit.
    var reading = 0
    var isAuditing = false
    weak var listener: Listener?

    /// What a status answer says about the process.
    struct ProcessFacts: Sendable {
        let startedAt: UnixMillis
        let identity: PeerIdentity
        /// Where a copy of the ledger is while it is being made.
        let copyPath: String
    }

    struct Counters {
        var commits: UInt64 = 0
        var movements: UInt64 = 0
        var fileBytes: Int64 = 0
        var isDiskFailing = false
    }

    init(_ book: Book, _ writer: Writer, _ line: OrderLine, on loop: any EventLoop, log: Logger, process: ProcessFacts)
    {
        self.book = book
        self.writer = writer
        self.loop = loop
        self.log = log
        self.process = process
        board = MetricBoard()
        lane = board.makeLane()
        backups = BackupDuty(path: process.copyPath, build: process.identity.build, eventLoop: loop) { asker in
            log.notice("a backup is taken", metadata: ["user": "\(asker.uid)"])
        }
        queue = CommitQueue(line, on: loop) { writer.wake() }
    }

    /// The whole boundary. A peer has no second phase: after its hello it may ask all that its role permits.
    func makeTable() -> ServiceTable {
        ServiceTable(
            owner: .walletd,
            [
                .call(CreditRequest.self, from: [.cronjobd, .weirctl], within: .seconds(5), credit),
                .call(DebitRequest.self, from: [.gatewayd, .cronjobd, .weirctl], within: .seconds(5), debit),
                .call(RefundRequest.self, from: [.cronjobd, .weirctl], within: .seconds(5), refund),
                .call(HoldRequest.self, from: .gatewayd, within: .seconds(1), hold),
                .call(SettleRequest.self, from: .gatewayd, within: .seconds(5), settle),
                .call(ReleaseRequest.self, from: .gatewayd, within: .seconds(1), release),
                .call(AssertHoldRequest.self, from: .gatewayd, within: .seconds(1), assertHold),
                .call(BalanceRequest.self, from: [.gatewayd, .cronjobd, .weirctl], within: .seconds(1), balance),
                .call(HistoryRequest.self, from: [.gatewayd, .cronjobd, .weirctl], within: .seconds(5), history),
                .stream(AuditRequest.self, from: [.cronjobd, .weirctl], within: .minutes(10), audit),
                .call(WalletStatusRequest.self, from: [.gatewayd, .cronjobd, .weirctl], within: .seconds(1), status),
                .stream(WalletBackupRequest.self, from: .weirctl, within: nil, backup),
                .call(MetricsRequest.self, from: .all, within: .seconds(1), metrics),
            ])
    }

    /// Connections come and go; holds go with them.
    func observe(_ event: ListenerEvent) {
        switch event {
        case .connected(let peer):
            book.open(HolderID(peer.id))
            log.debug("connected", metadata: ["peer": "\(peer.identity.role)", "connection": "\(peer.id)"])
        case .closed(let peer, let reason):
            book.close(HolderID(peer.id))
            note(reason, "\(peer.identity.role)", peer.id)
        case .refused(let credentials, let reason): note(reason, "user \(credentials.uid)", 0)
        case .malformed(let peer, let message, let fault):
            log.error(
                "a request makes no sense",
                metadata: ["peer": "\(peer.identity.role)", "message": "\(message)", "fault": "\(fault)"])
        }
    }

    private func note(_ reason: CloseReason, _ peer: String, _ connection: UInt64) {
        let metadata: Logger.Metadata = ["peer": "\(peer)", "connection": "\(connection)", "reason": "\(reason)"]
        log.log(level: reason.isAlarming ? .error : .debug, "disconnected", metadata: metadata)
    }
}
