// StoreWorker: what happens on the store's thread.
//
// For: turning waiting records into transactions, durable records into settlements, and acknowledgements into the cursor.
// Refuses: to lose a record: a batch that fails is kept and tried again, first soon, then every other second.
// Called by: StoreQueue, on the store's thread only.

import IPC
import NIOCore
import Storage
import Tenancy

/// The store thread's state. Not Sendable.
final class StoreWorker {
    let store: Store
    var watchers: [UInt64: @Sendable ([UsageRecord]) -> Void] = [:]

    private let inbox: StoreInbox
    let thread: any EventLoop
    private let loops: [any EventLoop]
    private let deliver: @Sendable (Int, [CommittedRecord]) -> Void
    var options: StoreOptions

    /// Taken from the inbox and not yet durable, oldest first.
    private var records: [UsageRecord] = []
    private var errors: [ErrorRecord] = []
    var cursor: OutboxCursor
    var ages = OutboxAges()
    var savedCursor: Int64
    /// The newest event of each key that had one since the start.
    var tails: [KeyID: Int64] = [:]
    private var replay: Replay
    /// Failed commits since the last one that succeeded.
    var failures = 0
    private var retry: Scheduled<Void>?
    private var upkeep: RepeatedTask?
    /// The wait for leaving files whose processes live.
    var leaving: Scheduled<Void>?
    /// Leaving files that cannot be read.
    var givenUp: Set<String> = []
    private var copying: PacedCopy?

    /// Replayed events handed out at once: a few batches' worth, so that the wallet stays busy and memory small.
    static let replayPage = 1024
    /// How often retention and last uses are looked after.
    static let upkeepTime = TimeAmount.seconds(30)
    /// The pause between portions of upkeep when there is more than one.
    static let upkeepPause = TimeAmount.milliseconds(100)
    /// The wait after the first failed commit; it doubles up to `retryMost`.
    static let retryFirst = TimeAmount.milliseconds(50)
    /// The longest wait between tries: how late a freed disk is noticed.
    static let retryMost = TimeAmount.seconds(2)
    /// How often leaving files are looked at while their processes live.
    static let leavingTime = TimeAmount.milliseconds(500)

    /// Events of a previous run, on their way to loop 0.
    private struct Replay {
        /// The last event handed out or skipped.
        var position: Int64
        /// The last event of the previous run.
        let end: Int64
        var isRunning = false
    }

    init(
        _ options: StoreOptions, inbox: StoreInbox, thread: any EventLoop, loops: [any EventLoop],
        deliver: @escaping @Sendable (Int, [CommittedRecord]) -> Void, carrying rest: StoreRest? = nil
    ) throws(StorageError) {
        // When it cannot be removed now, the next backup tries again, and its asker is told.
        if let leftOver = options.copyPath { try? OnlineCopy.remove(leftOver) }
        store = try Store(path: options.path, fileLayer: options.fileLayer)
        if let rest, options.leaving == nil { try store.begin(after: rest.last) }
        // Before anything else is numbered: a handover that failed takes its own events back under their own numbers.
        let areAllAbsorbed = try Self.absorbAll(into: store, options)
        let (settled, last) = try store.outboxState()
        cursor = OutboxCursor(settled: settled, last: last)
        if settled < last, let oldest = try store.oldestUnsettled() { ages.add(through: last, at: oldest) }
        savedCursor = settled
        replay = Replay(position: settled, end: last)
        self.options = options
        self.inbox = inbox
        self.thread = thread
        self.loops = loops
        self.deliver = deliver
        records = rest?.records ?? []
        errors = rest?.errors ?? []
        noteState()
        startUpkeep()
        if !areAllAbsorbed { lookForLeavingFiles() }
    }

    /// Commits what waits, even when a retry was planned, and closes. Returns how many records could not be stored.
    func close() -> Int {
        retry?.cancel()
        retry = nil
        upkeep?.cancel()
        leaving?.cancel()
        copying?.stop()
        work()
        // The batch carried the cursor of before; what it settled by itself is kept too.
        if cursor.settled > savedCursor { work() }
        retry?.cancel()
        if records.isEmpty { saveAllLastUses() }
        store.close()
        return records.count
    }

    /// Closes this file and goes on in another: what is not stored yet goes along, and so do the numbers. When the other file
    /// cannot be opened, this one is opened again, and the fault is returned beside it.
    func moved(to options: StoreOptions) throws(StorageError) -> (worker: StoreWorker, fault: StorageError?) {
        _ = close()
        let rest = StoreRest(records: records, errors: errors, last: cursor.last)
        do throws(StorageError) {
            return (try opened(options, rest), nil)
        } catch {
            return (try opened(self.options, rest), error)
        }
    }

    private func opened(_ options: StoreOptions, _ rest: StoreRest) throws(StorageError) -> StoreWorker {
        try StoreWorker(options, inbox: inbox, thread: thread, loops: loops, deliver: deliver, carrying: rest)
    }
}

/// What goes from one file's worker to the next one's.
struct StoreRest {
    let records: [UsageRecord]
    let errors: [ErrorRecord]
    /// The highest event number given out.
    let last: Int64
}

// MARK: copies

extension StoreWorker {
    /// Begins a copy; one is made at a time. A process that has handed over has only its leaving file, which is no backup.
    func copy(_ order: CopyOrder) {
        guard options.copyPath != nil else {
            return order.done(.failure(CopyFailure(.draining, "the daemon has handed over")))
        }
        do throws(StorageError) {
            let copy = try OnlineCopy(of: store.database, to: order.path)
            copying = PacedCopy(order, on: thread, portion: { try copy.advance() }, abandon: copy.abandon)
            copying?.advance()
        } catch {
            order.done(.failure(CopyFailure(.unavailable, error.description)))
        }
    }
}

// MARK: batches

extension StoreWorker {
    /// Takes what waits and commits it. While a failed batch waits for its retry, what comes waits behind it.
    func work(_ wakeUp: StoreWakeUp = .none) {
        takeInbox(wakeUp)
        if retry == nil { commitAll() }
        if replay.isRunning { continueReplay() }
    }

    /// Everything appended so far is durable, or the disk refuses; then `job`'s answer.
    func answer<Answer>(_ job: (Store) throws(StorageError) -> Answer) -> Result<Answer, StoreFailure> {
        work()
        do throws(StorageError) {
            return .success(try job(store))
        } catch {
            return .failure(.storage(error))
        }
    }

    private func takeInbox(_ wakeUp: StoreWakeUp) {
        let acknowledged = inbox.take(wakeUp, records: &records, errors: &errors)
        for seq in acknowledged { cursor.settle(seq) }
    }

    private func commitAll() {
        var done = 0
        // After a failure an empty batch is tried too: only a commit that succeeds shows that the disk takes more, and no
        // record may come before that, because admission is closed.
        var isOwed = !records.isEmpty || !errors.isEmpty || cursor.settled > savedCursor || failures > 0
        while isOwed {
            do throws(StorageError) {
                done += try commit(records[done...].prefix(StoreQueue.batchMost))
            } catch {
                failed(error)
                break
            }
            isOwed = done < records.count
        }
        if done == records.count { records.removeAll(keepingCapacity: true) } else { records.removeFirst(done) }
        noteState()
    }

    /// Makes one batch durable, with the error rows and the cursor; then tells everybody. Returns how many records it had.
    private func commit(_ records: ArraySlice<UsageRecord>) throws(StorageError) -> Int {
        let batch = try UsageBatch(Array(records), firstSeq: cursor.last + 1) { key throws(StorageError) in
            if let known = tails[key] { return known }
            return try store.newestEvent(of: key)
        }
        let begun = NIODeadline.now()
        try store.append(batch, errors: errors, settled: cursor.settled)
        let micros = Int((.now() - begun).nanoseconds / 1000)
        let stored = StoredBatch(records: batch.records, errors: errors, micros: micros)
        errors.removeAll(keepingCapacity: true)
        savedCursor = cursor.settled
        cursor.extend(to: batch.lastSeq)
        if let oldest = batch.records.first { ages.add(through: batch.lastSeq, at: oldest.at) }
        tails.merge(batch.tails) { _, newer in newer }
        succeeded(batch)
        options.report(.stored(stored))
        return batch.records.count
    }

    func succeeded(_ batch: UsageBatch) {
        if failures > 0 { options.report(.recovered(afterFailures: failures)) }
        failures = 0
        inbox.note { state in
            state.isFailing = false
            state.figures.lastFailure = nil
            state.figures.committed += UInt64(batch.records.count)
            state.figures.batches += batch.records.isEmpty ? 0 : 1
        }
        handOver(batch)
        for watcher in watchers.values where !batch.records.isEmpty { watcher(batch.records) }
    }

    /// Gives each loop what it has to settle; what needs no settlement is settled.
    private func handOver(_ batch: UsageBatch) {
        var parts = [[CommittedRecord]](repeating: [], count: loops.count)
        for offset in batch.records.indices {
            if let settlement = batch.settlement(at: offset) {
                parts[Int(batch.records[offset].loop)].append(settlement)
            } else {
                cursor.settle(batch.firstSeq + Int64(offset))
            }
        }
        for (index, part) in parts.enumerated() where !part.isEmpty { send(part, to: index) }
    }

    private func send(_ part: [CommittedRecord], to index: Int) {
        loops[index].execute { [deliver] in deliver(index, part) }
    }

    func failed(_ error: StorageError) {
        failures += 1
        if failures == 1 { options.report(.failing(error)) }
        inbox.note { state in
            state.isFailing = true
            state.figures.failures += 1
            state.figures.lastFailure = error.description
        }
        guard retry == nil else { return }
        let doublings = min(failures - 1, 10)
        let wait = min(Self.retryFirst * (1 << doublings), Self.retryMost)
        let bound = NIOLoopBound(self, eventLoop: thread)
        retry = thread.scheduleTask(in: wait) {
            bound.value.retry = nil
            bound.value.work()
        }
    }

    func noteState() {
        let waiting = records.count
        ages.settle(through: cursor.settled)
        inbox.noteWaiting(waiting, backlog: cursor.backlog, since: ages.oldest)
    }
}

// MARK: replay

extension StoreWorker {
    func startReplay() {
        replay.isRunning = true
        continueReplay()
    }

    /// Hands out the next page once everything before it is settled.
    private func continueReplay() {
        do throws(StorageError) {
            while cursor.settled >= replay.position, replay.position < replay.end {
                let page = try store.outboxPage(after: replay.position, through: replay.end, limit: Self.replayPage)
                guard let last = page.last else { preconditionFailure("an unsettled event is missing from its table") }
                replay.position = last
                for seq in page.free { cursor.settle(seq) }
                if !page.unsettled.isEmpty { send(page.unsettled, to: 0) }
            }
            replay.isRunning = replay.position < replay.end
        } catch {
            failed(error)
        }
    }
}

// MARK: upkeep

extension StoreWorker {
    private func startUpkeep() {
        let bound = NIOLoopBound(self, eventLoop: thread)
        upkeep = thread.scheduleRepeatedTask(initialDelay: Self.upkeepTime, delay: Self.upkeepTime) { _ in
            bound.value.keepUp()
        }
    }

    /// One portion of retention and of last uses; comes back soon while there is more.
    private func keepUp() {
        guard failures == 0, upkeep != nil else { return }
        do throws(StorageError) {
            let cutoff = UnixMillis(options.clock() - Int64(options.eventDays) * 86_400_000)
            let hasMoreToPrune = try store.prune(before: cutoff, settled: cursor.settled)
            let hasMoreUses = try store.saveLastUses()
            guard hasMoreToPrune || hasMoreUses else { return }
        } catch {
            return failed(error)
        }
        let bound = NIOLoopBound(self, eventLoop: thread)
        thread.scheduleTask(in: Self.upkeepPause) { bound.value.keepUp() }
    }

    /// At the end: losing a last use to a failing disk loses nothing that was promised.
    private func saveAllLastUses() {
        do throws(StorageError) {
            while try store.saveLastUses(step: 1) {}
        } catch {
            options.report(.failing(error))
        }
    }
}
