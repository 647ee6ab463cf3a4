// Inbox: what other threads have to tell the supervising thread.
//
// For: signals, ends of children and answers of daemons, all in one place that poll(2) can wait for.
// Refuses: nothing. Its content is bounded by its senders: one end per child, one answer per question, signals as
// typed.
// Called by: SupervisorLoop (takes); SignalWatch, ChildProcess and the readiness questions (post).

import Glibc
import Synchronization

/// A queue with a descriptor that is readable while something is in it.
final class Inbox: Sendable {
    enum Event: Equatable, Sendable {
        /// SIGINT, SIGTERM or SIGHUP.
        case stopSignal
        /// The child of this position ended and waits to be reaped.
        case childEnded(Int)
        /// The `start`-th process of this position answered.
        case childReady(Int, start: Int)
    }

    private let events = Mutex<[Event]>([])
    /// To be polled for reading.
    let descriptor: Int32
    private let bell: Int32

    init() throws(Complaint) {
        let pipe = try Pipe.open()
        descriptor = pipe.read
        bell = pipe.write
    }

    deinit {
        close(descriptor)
        close(bell)
    }

    /// Adds an event and wakes the reader. From any thread.
    func post(_ event: Event) {
        let wasEmpty = events.withLock { events in
            defer { events.append(event) }
            return events.isEmpty
        }
        // One byte at most is in the pipe, so this cannot block.
        if wasEmpty { _ = withUnsafeBytes(of: UInt8(1)) { write(bell, $0.baseAddress, 1) } }
    }

    /// Everything posted since the last time. From the supervising thread, after `descriptor` became readable.
    func take() -> [Event] {
        var byte: UInt8 = 0
        _ = read(descriptor, &byte, 1)
        return events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

/// A pipe whose ends are not inherited.
enum Pipe {
    static func open() throws(Complaint) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw Complaint(
                "cannot make a pipe: \(String(cString: strerror(errno)))", next: "raise the limit of open files")
        }
        // Not atomic with pipe(2), which is enough here: only the supervising thread starts processes.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
