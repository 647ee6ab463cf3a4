// StoreQueue: the only way to gatewayd.db from another thread.
//
// For: taking records from the event loops without I/O, running questions and changes on the store's own thread, and
//      handing what became durable back to the loop that settles it.
// Refuses: questions beyond a bound; new admissions while the disk refuses or too much waits (`isAccepting`).
// Called by: the request path (append, acknowledge), Service and Endpoints (perform), Main (open, replay, close).

import IPC
import NIOCore
import NIOPosix
import Storage
import Tenancy

/// Why a question or change did not reach an answer.
enum StoreFailure: Error, Sendable {
    /// More questions wait than `StoreQueue.jobsMost`, or the store is closed.
    case overloaded
    /// The file said no; nothing was changed.
    case storage(StorageError)
}

/// Something to be answered on the store's thread.
typealias StoreQuestion<Answer> = @Sendable (Store) throws(StorageError) -> Answer

/// What the store has done since it was opened, and how it stands.
struct StoreFigures: Sendable {
    /// Usage events that became durable.
    var committed: UInt64 = 0
    /// Transactions that carried events.
    var batches: UInt64 = 0
    /// Commits that failed and were tried again.
    var failures: UInt64 = 0
    /// Records waiting for their commit.
    var waiting = 0
    /// Durable events not yet known to be settled.
    var backlog: Int64 = 0
    /// When the oldest batch of them ended.
    var backlogSince: UnixMillis?
    /// Error rows that were dropped because too many waited.
    var errorsDropped: UInt64 = 0
    /// The journal line of the last failure, until a commit succeeds.
    var lastFailure: String?
}

/// The mailbox of the store thread. Safe from every thread.
final class StoreQueue: Sendable {
    /// Records of one transaction at most: where the measured gain of group commit flattens.
    static let batchMost = 512
    /// How long a record waits for company: below what a client could notice (nobody waits for it), and the most that a
    /// power cut can leave uncharged. Halving it costs 5 % of the daemon's processor time at full load.
    static let gatherTime = TimeAmount.milliseconds(10)
    /// How long a settled cursor may stay in memory when no batch carries it. After a crash so much is settled again, to
    /// no effect.
    static let idleTime = TimeAmount.milliseconds(100)
    /// Waiting records at which admission stops: about a tenth of a second of the fastest traffic, some 4 MB.
    static let waitingMost = 8192
    /// Unsettled events at which admission stops: a second of the fastest traffic. `OutboxCursor` has room for twice that.
    static let backlogMost: Int64 = 65_536
    /// Questions waiting for the store thread at most: several per connection a service may have.
    static let jobsMost = 256
    /// Error rows waiting at most; the ones above are counted.
    static let errorsMost = 1024

    private let inbox = StoreInbox()
    private let thread: any EventLoop
    private let worker: NIOLoopBoundBox<StoreWorker?>

    private init(thread: any EventLoop) {
        self.thread = thread
        worker = .makeEmptyBox(valueType: StoreWorker.self, eventLoop: thread)
    }
}

// MARK: opening and closing

extension StoreQueue {
    /// Opens the file on `thread`, which nothing else may use, and waits for it. `deliver` is called on `loops[index]` with
    /// the events that loop has to settle.
    static func open(
        _ options: StoreOptions, on thread: any EventLoop, loops: [any EventLoop],
        deliver: @escaping @Sendable (_ loop: Int, _ records: [CommittedRecord]) -> Void
    ) throws -> StoreQueue {
        let queue = StoreQueue(thread: thread)
        let (inbox, worker) = (queue.inbox, queue.worker)
        let opening: @Sendable () throws -> Void = {
            worker.value = try StoreWorker(options, inbox: inbox, thread: thread, loops: loops, deliver: deliver)
        }
        if thread.inEventLoop { try opening() } else { try thread.submit(opening).wait() }
        return queue
    }

    /// Tenants and live keys as they are on disk: for the key table of each loop, before the first change.
    func directory() throws -> KeySnapshot {
        try onThread { $0.store.directory.snapshot }
    }

    /// Hands every event that a previous run left unsettled to loop 0, in order, page by page as they are acknowledged.
    func startReplay() {
        thread.execute { [worker] in worker.value?.startReplay() }
    }

    /// Commits what waits, keeps the cursor, closes the file and waits for it. The number of records that could not be
    /// stored is returned: anything but 0 belongs in the journal. Nothing may be appended afterwards.
    func close() throws -> Int {
        try onThread { [worker] open in
            worker.value = nil
            return open.close()
        }
    }

    /// Closes the file and goes on in another, with what waits and with the numbers: at a handover, and back after one that
    /// failed. Waits for it; when it throws, the file is the one before.
    func move(to options: StoreOptions) throws {
        let moving: @Sendable () throws -> Void = { [worker] in
            guard let open = worker.value else { preconditionFailure("the store was used after it was closed") }
            let moved = try open.moved(to: options)
            worker.value = moved.worker
            if let fault = moved.fault { throw fault }
        }
        if thread.inEventLoop { try moving() } else { try thread.submit(moving).wait() }
    }

    private func onThread<Answer: Sendable>(_ body: @escaping @Sendable (StoreWorker) -> Answer) throws -> Answer {
        let asking: @Sendable () -> Answer = { [worker] in
            guard let open = worker.value else { preconditionFailure("the store was used after it was closed") }
            return body(open)
        }
        return thread.inEventLoop ? asking() : try thread.submit(asking).wait()
    }
}

// MARK: the request path

extension StoreQueue {
    /// Whether new work may be admitted. `false` while the disk refuses, or when too much waits: answer 503.
    var isAccepting: Bool { inbox.isAccepting }

    /// Takes one attempt's record. No I/O; a wake-up of the store thread once per batch.
    func append(_ record: UsageRecord) { wake(inbox.put(record)) }

    /// Takes an error that belongs to no attempt. Dropped and counted when too many wait.
    func append(_ error: ErrorRecord) { wake(inbox.put(error)) }

    /// The wallet has answered for these events, whatever it answered: they are never delivered again.
    func acknowledge(_ seqs: some Sequence<Int64>) { wake(inbox.put(acknowledged: seqs)) }

    /// Of one event.
    func acknowledge(_ seq: Int64) { acknowledge(CollectionOfOne(seq)) }

    private func wake(_ wakeUp: StoreWakeUp) {
        switch wakeUp {
        case .none: break
        case .urgent: thread.execute { [worker] in worker.value?.work(.urgent) }
        case .gather: wake(in: Self.gatherTime, wakeUp)
        case .idle: wake(in: Self.idleTime, wakeUp)
        }
    }

    /// Waking a thread that rests takes longer than writing an answer, so what the caller's turn has to write goes first.
    private func wake(in time: TimeAmount, _ wakeUp: StoreWakeUp) {
        guard let caller = MultiThreadedEventLoopGroup.currentEventLoop else {
            thread.scheduleTask(in: time) { [worker] in worker.value?.work(wakeUp) }
            return
        }
        caller.execute { [thread, worker] in
            thread.scheduleTask(in: time) { worker.value?.work(wakeUp) }
        }
    }
}

// MARK: questions, changes and watchers

extension StoreQueue {
    /// Runs `job` on the store's thread and hands its answer to `done` on `loop`. What the caller appended before is durable
    /// by then, unless the disk refuses.
    func perform<Answer: Sendable>(
        on loop: any EventLoop, _ job: @escaping StoreQuestion<Answer>,
        _ done: @escaping @Sendable (Result<Answer, StoreFailure>) -> Void
    ) {
        guard inbox.beginJob() else { return loop.execute { done(.failure(.overloaded)) } }
        thread.execute { [inbox, worker] in
            let answer = worker.value?.answer(job) ?? .failure(.overloaded)
            inbox.endJob()
            loop.execute { done(answer) }
        }
    }

    /// Begins the copy that is ordered, on the store's thread, between batches.
    func copy(_ order: CopyOrder) {
        thread.execute { [worker] in
            guard let open = worker.value else {
                return order.done(.failure(.stopping))
            }
            open.copy(order)
        }
    }

    /// Calls `body` on the store's thread with every batch that became durable, until `unwatch`. It must not block.
    func watch(_ watcher: UInt64, _ body: @escaping @Sendable ([UsageRecord]) -> Void) {
        thread.execute { [worker] in worker.value?.watchers[watcher] = body }
    }

    func unwatch(_ watcher: UInt64) {
        thread.execute { [worker] in worker.value?.watchers[watcher] = nil }
    }

    /// How the store stands.
    var figures: StoreFigures { inbox.figures }
}
