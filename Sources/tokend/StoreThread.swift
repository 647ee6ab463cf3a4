// StoreThread: the one thread that owns token.db.
//
// For: group commit: the changes that wait share a transaction and a sync; questions have their turns between.
// Refuses: more waiting jobs than `waitingMost`. A batch that fails is tried again job by job, so that one bad row spoils
//      nobody else's commit; when it throws, nothing of a job is in the file.
// Called by: StoreDoor, from the service's loop; everything it does happens on its own loop.

import IPC
import NIOCore
import Storage
import Synchronization
import Vault

/// Why a job has no answer.
enum StoreFailure: Error, Sendable {
    /// Too many jobs wait, or the store is closed.
    case overloaded
    /// The file said no; nothing was changed.
    case storage(StorageError)

    /// One line for an operator.
    var text: String {
        switch self {
        case .overloaded: "too much waits for the store"
        case .storage(let error): error.description
        }
    }
}

/// Something done on the store's thread. It may be run again after it threw, and keeps nothing but what it returns.
typealias StoreJob<Value> = @Sendable (Store) throws(StorageError) -> Value

/// What the store's thread has to tell.
enum StoreEvent: Sendable {
    /// A commit failed, the first since one succeeded.
    case failing(StorageError)
    case recovered
    /// Changes of one transaction, and how long it took, in microseconds.
    case committed(changes: Int, micros: Int)
}

// @unchecked: everything but `inbox` is touched on `loop` only; each entry point hops to it.
final class StoreThread: @unchecked Sendable {
    /// Jobs that may wait: some seconds of a slow disk, and many more than there may be token calls in flight.
    static let waitingMost = 16_384
    /// Changes of one transaction.
    static let batchMost = 256
    /// How often old events are looked for.
    static let upkeepTime = TimeAmount.seconds(30)

    /// A change, and who waits for it.
    private struct Change: Sendable {
        /// Does it; the result tells the one who waits, once it is durable.
        let run: @Sendable (Store) throws(StorageError) -> @Sendable () -> Void
        let fail: @Sendable (StoreFailure) -> Void
    }

    private enum Arrival { case refused, queued, wake }

    private struct Inbox {
        var changes: [Change] = []
        var waiting = 0
        var isWoken = false
        var isClosed = false
        var isFailing = false
    }

    let loop: any EventLoop
    let store: Store
    private let inbox = Mutex(Inbox())
    private let report: @Sendable (StoreEvent) -> Void
    private var copying: PacedCopy?

    init(_ store: Store, on loop: any EventLoop, report: @escaping @Sendable (StoreEvent) -> Void) {
        loop.preconditionInEventLoop()
        (self.store, self.loop, self.report) = (store, loop, report)
    }

    /// Jobs that wait.
    var waiting: Int { inbox.withLock { $0.waiting } }

    /// Whether the latest commit failed.
    var isDiskFailing: Bool { inbox.withLock { $0.isFailing } }

    /// Whether `close` was called.
    var isClosed: Bool { inbox.withLock { $0.isClosed } }

    /// Runs `job` in a transaction that it shares with others; `done` is called on the store's thread once it is durable.
    func change<Value: Sendable>(
        _ job: @escaping StoreJob<Value>, _ done: @escaping @Sendable (Result<Value, StoreFailure>) -> Void
    ) {
        let change = Change(
            run: { store throws(StorageError) in
                let value = try job(store)
                return { done(.success(value)) }
            }, fail: { done(.failure($0)) })
        let arrival: Arrival = inbox.withLock { inbox in
            guard !inbox.isClosed, inbox.waiting < Self.waitingMost else { return .refused }
            inbox.changes.append(change)
            inbox.waiting += 1
            defer { inbox.isWoken = true }
            return inbox.isWoken ? .queued : .wake
        }
        switch arrival {
        case .refused: done(.failure(.overloaded))
        case .queued: break
        case .wake: loop.execute { self.work() }
        }
    }

    /// Runs a question, after every change that was asked for before it.
    func ask<Value: Sendable>(
        _ job: @escaping StoreJob<Value>, _ done: @escaping @Sendable (Result<Value, StoreFailure>) -> Void
    ) {
        let isTaken = inbox.withLock { inbox in
            guard !inbox.isClosed, inbox.waiting < Self.waitingMost else { return false }
            inbox.waiting += 1
            return true
        }
        guard isTaken else { return done(.failure(.overloaded)) }
        loop.execute {
            self.work()
            self.inbox.withLock { $0.waiting -= 1 }
            do throws(StorageError) {
                done(.success(try job(self.store)))
            } catch {
                done(.failure(.storage(error)))
            }
        }
    }

    /// Other keys are in force for what comes after, unless they do not open what is there. Blocks the calling thread,
    /// which is not the store's.
    func adopt(_ ring: KeyRing) throws { try loop.submit { try self.store.adopt(ring) }.wait() }

    /// Commits what waits, folds the log into the file and closes it.
    func close() -> EventLoopFuture<Void> {
        inbox.withLock { $0.isClosed = true }
        return loop.submit {
            self.copying?.stop()
            self.work()
            _ = try? self.store.database.checkpoint()
            self.store.close()
        }
    }
}

// MARK: copies

extension StoreThread {
    /// Begins the copy that is ordered; BackupDuty orders one at a time. Called on any thread.
    func copy(_ order: CopyOrder) {
        loop.execute {
            guard !self.isClosed else { return order.done(.failure(.stopping)) }
            do throws(StorageError) {
                let copy = try OnlineCopy(of: self.store.database, to: order.path)
                self.copying = PacedCopy(order, on: self.loop, portion: { try copy.advance() }, abandon: copy.abandon)
                self.copying?.advance()
            } catch {
                order.done(.failure(CopyFailure(.unavailable, error.description)))
            }
        }
    }
}

// MARK: batches

extension StoreThread {
    private func work() {
        loop.assertInEventLoop()
        while true {
            let batch = inbox.withLock { inbox in
                let batch = Array(inbox.changes.prefix(Self.batchMost))
                inbox.changes.removeFirst(batch.count)
                inbox.waiting -= batch.count
                if batch.isEmpty { inbox.isWoken = false }
                return batch
            }
            if batch.isEmpty { return }
            commit(batch)
        }
    }

    private func commit(_ batch: [Change]) {
        do throws(StorageError) {
            try commitTogether(batch[...])
        } catch {
            guard batch.count > 1 else { return failed(batch[0], error) }
            for index in batch.indices {
                do throws(StorageError) {
                    try commitTogether(batch[index...index])
                } catch {
                    failed(batch[index], error)
                }
            }
        }
    }

    private func commitTogether(_ batch: ArraySlice<Change>) throws(StorageError) {
        let begun = NIODeadline.now()
        let answers = try store.database.transaction { () throws(StorageError) in
            var answers: [@Sendable () -> Void] = []
            for change in batch { answers.append(try change.run(store)) }
            return answers
        }
        if setFailing(false) { report(.recovered) }
        report(.committed(changes: batch.count, micros: Int((.now() - begun).nanoseconds / 1000)))
        for answer in answers { answer() }
    }

    /// Says whether it was so before.
    private func setFailing(_ isFailing: Bool) -> Bool {
        inbox.withLock { inbox in
            defer { inbox.isFailing = isFailing }
            return inbox.isFailing
        }
    }

    private func failed(_ change: Change, _ error: StorageError) {
        if !setFailing(true) { report(.failing(error)) }
        change.fail(.storage(error))
    }
}

// MARK: upkeep and copies

extension StoreThread {
    /// Looks for old events from now on, every so often.
    func startUpkeep(_ retention: EventRetention) {
        loop.execute {
            self.loop.scheduleRepeatedTask(initialDelay: Self.upkeepTime, delay: Self.upkeepTime) { _ in
                self.prune(retention)
            }
        }
    }

    private func prune(_ retention: EventRetention) {
        change({ store throws(StorageError) in try store.pruneEvents(retention, at: Clock.wall()) }) { result in
            // What fails now is tried again at the next upkeep; the failure itself is reported like any other.
            guard case .success(true) = result else { return }
            self.loop.execute { self.prune(retention) }
        }
    }
}

/// The store's thread as the service's loop sees it: answers come back on that loop, and may keep what lives there.
struct StoreDoor {
    let thread: StoreThread
    let loop: any EventLoop

    func change<Value: Sendable>(
        _ job: @escaping StoreJob<Value>, _ done: @escaping (Result<Value, StoreFailure>) -> Void
    ) {
        thread.change(job, back(done))
    }

    func ask<Value: Sendable>(_ job: @escaping StoreJob<Value>, _ done: @escaping (Result<Value, StoreFailure>) -> Void)
    {
        thread.ask(job, back(done))
    }

    private func back<Value: Sendable>(
        _ done: @escaping (Result<Value, StoreFailure>) -> Void
    ) -> @Sendable (Result<Value, StoreFailure>) -> Void {
        let done = NIOLoopBound(done, eventLoop: loop)
        return { [loop] result in loop.execute { done.value(result) } }
    }
}
