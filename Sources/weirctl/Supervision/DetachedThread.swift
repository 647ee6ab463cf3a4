// DetachedThread: a thread for one blocking system call.
//
// For: waitpid(2) and sigwait(3), which must not hold up the supervising thread. They end with what they wait for.
// Refuses: nothing; a system without room for one more thread traps, as it would for any process.
// Called by: ChildProcess, SignalWatch.

import Glibc

enum DetachedThread {
    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a thread of its own. The thread inherits the caller's signal mask.
    static func run(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().body()
                return nil
            }, work)
        precondition(failure == 0, "a thread can be made")
        pthread_detach(thread)
    }
}
