// LogWriter: the thread that writes the log, and what waits for it.
//
// For: logging from event loops. A full journal, a stopped terminal or a stuck pipe holds up this thread and nobody else.
// Refuses: to let more than `waitingMost` messages wait, beside as many in the thread's hands: those beyond are dropped,
// counted, and the log says how many. A crash loses what waits, which is nothing unless the reader is slow.
// Called by: DaemonLog.

import Glibc
import Logging
import Synchronization

final class LogWriter: Sendable {
    /// Messages that may wait: about 4 MB of them, some tenths of a second of the fastest traffic with every request
    /// logged.
    static let waitingMost = 8192

    private struct State {
        var waiting: [LogEntry] = []
        /// Dropped and not yet told.
        var dropped = 0
        var droppedEver = 0
        /// The thread waits for the bell.
        var isResting = true
        /// Who waits until everything is written.
        var flushes: [Bell] = []
    }

    private let state = Mutex(State())
    private let bell = Bell()
    private let write: @Sendable (LogEntry) -> Void

    /// Starts the thread, which lives as long as the process. `write` may block.
    init(write: @escaping @Sendable (LogEntry) -> Void) {
        self.write = write
        OwnThread.run { [self] in serve() }
    }

    /// Messages that were dropped since the start.
    var droppedLines: Int { state.withLock { $0.droppedEver } }

    /// Takes a message. Never blocks.
    func put(_ entry: LogEntry) {
        let isWakeUp = state.withLock { state in
            guard state.waiting.count < Self.waitingMost else {
                state.dropped += 1
                state.droppedEver += 1
                return false
            }
            state.waiting.append(entry)
            defer { state.isResting = false }
            return state.isResting
        }
        if isWakeUp { bell.ring() }
    }

    /// Waits until everything put before is written, at most `seconds`: before the process ends.
    func flush(seconds: Int) {
        let done = Bell()
        let isWakeUp = state.withLock { state in
            state.flushes.append(done)
            defer { state.isResting = false }
            return state.isResting
        }
        if isWakeUp { bell.ring() }
        done.wait(seconds: seconds)
    }

    private func serve() -> Never {
        while true {
            let (entries, dropped, flushes) = take()
            for entry in entries { write(entry) }
            if dropped > 0 {
                write(LogEntry(.warning, "log lines dropped: too many waited", ["count": "\(dropped)"]))
            }
            for flush in flushes { flush.ring() }
            if entries.isEmpty, flushes.isEmpty { bell.wait() }
        }
    }

    private func take() -> (entries: [LogEntry], dropped: Int, flushes: [Bell]) {
        state.withLock { state in
            defer { (state.waiting, state.dropped, state.flushes) = ([], 0, []) }
            state.isResting = state.waiting.isEmpty && state.flushes.isEmpty
            return (state.waiting, state.dropped, state.flushes)
        }
    }
}

/// A semaphore of semaphores(7).
// @unchecked: sem_t is made to be used by several threads; the pointer to it never changes.
private final class Bell: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func ring() { sem_post(semaphore) }

    func wait() { while sem_wait(semaphore) != 0, errno == EINTR {} }

    func wait(seconds: Int) {
        var end = WallClock.now()
        end.tv_sec += seconds
        while sem_timedwait(semaphore, &end) != 0, errno == EINTR {}
    }
}

/// A thread that ends with the process.
private enum OwnThread {
    private final class Work {
        let body: @Sendable () -> Never
        init(_ body: @escaping @Sendable () -> Never) { self.body = body }
    }

    /// Runs `body` on a thread of its own, which inherits the caller's signal mask.
    static func run(_ body: @escaping @Sendable () -> Never) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
            }, work)
        precondition(failure == 0, "a thread can be made")
        pthread_detach(thread)
    }
}
