// Writer: the one thread that owns the database.
//
// For: committing whatever waits in the line, then whatever else asks for the file: a page of history, a slice of an audit, a
//     portion of a copy, a checkpoint. Each is one turn of the thread, so none starves the others.
// Refuses: nothing; it reports.
// Called by: Service and Main, from other threads; everything it does happens on its own loop.

import IPC
import Ledger
import Money
import NIOCore
import Storage

/// What became of one batch.
struct BatchReport: Sendable {
    let orders: [Order]
    /// In the order of the orders. When the disk failed, nothing of the batch is in force.
    let outcomes: Result<[Outcome], StorageError>
    /// The size of the database file, as of the latest checkpoint.
    let fileBytes: Int64
    /// From begin to synced, or to the failure.
    let time: TimeAmount
}

// @unchecked: `store` and all variables are touched on `loop` only; each entry point checks that or hops to it.
final class Writer: @unchecked Sendable {
    /// Log pages at which a checkpoint is made under load: 32 MB. About one commit in 400 then waits for one.
    static let logPagesMax = 8192
    /// Batches of one turn: other questions wait for a few commits, and a loop's turn is worth its system calls.
    static let batchesPerTurn = 4
    /// How long the line must have been empty before a checkpoint is made for tidiness.
    static let quietTime = TimeAmount.seconds(1)

    /// What the thread will do next for the line.
    private enum Turn {
        /// Nothing until the line wakes it.
        case resting
        /// Wait for more orders, at most until the task runs.
        case gathering(Scheduled<Void>)
        /// Commit again, after the questions that were asked meanwhile.
        case queued
    }

    let loop: any EventLoop
    let store: Store
    private let line: OrderLine
    private let batchMax: Int
    private var report: @Sendable (BatchReport) -> Void = { _ in }
    private var fileBytes: Int64
    private var commits: UInt64 = 0
    private var gathering = Gathering()
    private var turn = Turn.resting
    private var isTidyingAwaited = false
    private(set) var isClosed = false
    var auditing: Auditing?
    var copying: PacedCopy?

    init(_ store: Store, on loop: any EventLoop, line: OrderLine, batchMax: Int) throws(StorageError) {
        loop.preconditionInEventLoop()
        self.store = store
        self.loop = loop
        self.line = line
        self.batchMax = batchMax
        fileBytes = try store.database.fileBytes()
    }

    /// Says who takes the reports, before anything is put in the line. Called on any thread.
    func start(_ report: @escaping @Sendable (BatchReport) -> Void) { loop.execute { self.report = report } }

    /// There is something in the line. Called on any thread.
    func wake() { loop.execute { self.wakeHere() } }

    /// Commits what is left in the line, folds the log into the file and closes it. Called on any thread.
    func close() -> EventLoopFuture<Void> {
        loop.submit {
            while self.commitNext() {}
            self.stopCopying()
            _ = try? self.store.database.checkpoint()
            self.store.close()
            self.isClosed = true
        }
    }

    private func wakeHere() {
        switch turn {
        case .queued: return
        case .gathering(let end): end.cancel()
        case .resting: break
        }
        work()
    }

    /// Whether movements wait for their commit.
    var isAwaited: Bool { line.count > 0 }

    /// One turn: a batch, unless more of it is just about to come. The next turn follows those of other questions.
    private func work() {
        loop.assertInEventLoop()
        turn = .resting
        guard !isClosed else { return }
        if gathering.isWorthwhile(.now()), line.rest(until: gathering.expected) {
            turn = .gathering(loop.assumeIsolated().scheduleTask(deadline: gathering.until) { [self] in work() })
        } else if commitSome() {
            turn = .queued
            loop.assumeIsolated().execute { [self] in work() }
        } else {
            awaitQuiet()
        }
    }

    /// Commits what waits, a few batches at most; `false` when nothing waited.
    private func commitSome() -> Bool {
        guard commitNext() else { return false }
        for _ in 1..<Self.batchesPerTurn where gathering.isWorthwhile(.now()) || !commitNext() { break }
        return true
    }

    /// Commits one batch; `false` when there was none.
    private func commitNext() -> Bool {
        let orders = line.take(most: batchMax)
        guard !orders.isEmpty else { return false }
        let begun = NIODeadline.now()
        let outcomes = commit(orders)
        report(BatchReport(orders: orders, outcomes: outcomes, fileBytes: fileBytes, time: .now() - begun))
        if store.database.logPages >= Self.logPagesMax { checkpoint() }
        gathering.note(
            answered: orders.count, waiting: line.count, most: batchMax, sync: store.syncTime, now: .now())
        return true
    }

    private func commit(_ orders: [Order]) -> Result<[Outcome], StorageError> {
        commits += 1
        do throws(StorageError) {
            return .success(try store.commit(orders))
        } catch {
            return .failure(error)
        }
    }
}

// MARK: checkpoints

extension Writer {
    /// A failed checkpoint loses nothing: the log keeps what it has, and the next one tries again.
    private func checkpoint() {
        guard (try? store.database.checkpoint()) != nil else { return }
        fileBytes = (try? store.database.fileBytes()) ?? fileBytes
    }

    /// The line is empty. If it stays so, the log is folded into the file, so that a start after a crash has little to read.
    private func awaitQuiet() {
        guard store.database.logPages > 0, !isTidyingAwaited else { return }
        isTidyingAwaited = true
        let before = commits
        loop.assumeIsolated().scheduleTask(in: Self.quietTime) { [self] in
            isTidyingAwaited = false
            guard !isClosed else { return }
            if commits == before { checkpoint() } else { awaitQuiet() }
        }
    }
}
