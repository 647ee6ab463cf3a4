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
            let bound = NIOLoopBound(listener, eventLoop: serviceLoop)
            return listener.start().map { bound }
        }
        do {
            listener = try listening.wait()
        } catch {
            try? writer.close().wait()
            throw error
        }
    }

    private static func openLedger(
        _ options: WalletOptions, _ line: OrderLine, _ loop: any EventLoop
    ) throws -> (Writer, Book) {
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

    /// Takes no new calls; the future completes when every open call has been answered.
    func drain() -> EventLoopFuture<Void> {
        listener.eventLoop.flatSubmit { [listener] in listener.value.drain() }
    }

    /// Ends every connection, writes what was received, closes the file. Blocks.
    func close() throws {
        try listener.eventLoop.submit { [listener] in listener.value.close() }.wait()
        try writer.close().wait()
        try group.syncShutdownGracefully()
    }
}

/// A ledger that contradicts itself. It is not served: what is wrong with it has to be understood first.
struct UnsoundLedger: Error {
    let findings: [Finding]
}
