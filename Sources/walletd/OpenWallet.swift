// OpenWallet: the parts of walletd put together, and taken apart again.
//
// For: the order of start (file, shape, reconciliation, only then the socket) and of stop (calls, commits, file).
// Refuses: a ledger that contradicts itself.
// Called by: Main; tests, which open a wallet on a disk in memory.

import IPC
import Ledger
import Logging
import NIOCore
import NIOPosix
import Storage

/// What a wallet is opened with.
struct WalletOptions: Sendable {
    var path: String
    /// SQLite's file layer; tests put a faulty disk here.
    var fileLayer: String?
    var address: ListenAddress
    var policy: PeerPolicy
    var batchMax: Int
    var limits: LedgerLimits
    var check: StartCheck
    var process: Service.ProcessFacts
    var log: Logger
}

/// A wallet that answers. Two threads: one owns the socket and the memory, the other the database.
final class OpenWallet: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let writer: Writer
    private let listener: NIOLoopBound<Listener>
    private let backups: NIOLoopBound<BackupDuty>

    /// Opens the ledger, checks it, and listens. Blocks the calling thread until then.
    static func open(_ options: WalletOptions) throws -> OpenWallet {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            return try OpenWallet(options, group)
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
    }

    private init(_ options: WalletOptions, _ group: MultiThreadedEventLoopGroup) throws {
        let (serviceLoop, writerLoop) = (group.next(), group.next())
        let line = OrderLine()
        let (writer, book) = try writerLoop.submit { try Self.openLedger(options, line, writerLoop) }.wait()
        self.group = group
        self.writer = writer
        let listening = serviceLoop.flatSubmit {
            let service = Service(book, writer, line, on: serviceLoop, log: options.log, process: options.process)
            let listener = Listener(
                options.address, eventLoop: serviceLoop, table: service.makeTable(), identity: options.process.identity,
                policy: options.policy, observer: service.observe)
            service.listener = listener
            writer.start(service.reportTaker)
            let parts = (
                NIOLoopBound(listener, eventLoop: serviceLoop), NIOLoopBound(service.backups, eventLoop: serviceLoop)
            )
            return listener.start().map { parts }
        }
        do {
            (listener, backups) = try listening.wait()
        } catch {
            try? writer.close().wait()
            throw error
        }
    }

    private static func openLedger(
        _ options: WalletOptions, _ line: OrderLine, _ loop: any EventLoop
    ) throws -> (Writer, Book) {
        removeLeftOver(options)
        let store = try Store(path: options.path, fileLayer: options.fileLayer)
        let findings = try store.reconcile(options.check)
        guard findings.isEmpty else { throw UnsoundLedger(findings: findings) }
        let book = try store.makeBook(options.limits)
        return (try Writer(store, on: loop, line: line, batchMax: options.batchMax), book)
    }

    /// Tells `alive` how the wallet is, again and again, each time both threads have had a turn: a thread that hangs makes it
    /// silent.
    func beat(every interval: Duration, _ alive: @escaping @Sendable (String) -> Void) {
        let time = TimeAmount(interval)
        listener.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: time) { [listener, writer] _ in
            let text = "serving \(listener.value.connections) connections"
            writer.loop.execute { alive(text) }
        }
    }

    /// What a backup that was interrupted by a crash left behind. It is in nobody's way but the disk's.
    private static func removeLeftOver(_ options: WalletOptions) {
        do throws(StorageError) {
            try OnlineCopy.remove(options.process.copyPath)
        } catch {
            options.log.warning("a left-over of a backup stays", metadata: ["reason": "\(error)"])
        }
    }

    /// Takes no new calls; the future completes when every open call has been answered.
    func drain() -> EventLoopFuture<Void> {
        listener.eventLoop.flatSubmit { [listener] in listener.value.drain() }
    }

    /// Ends every connection, writes what was received, closes the file. Blocks.
    func close() throws {
        try listener.eventLoop.flatSubmit { [listener, backups] in
            listener.value.close()
            return backups.value.whenIdle()
        }.wait()
        try writer.close().wait()
        try group.syncShutdownGracefully()
    }
}

/// A ledger that contradicts itself. It is not served: what is wrong with it has to be understood first.
struct UnsoundLedger: Error {
    let findings: [Finding]
}
