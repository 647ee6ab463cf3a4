// SignalWatch: signals as events.
//
// For: SIGINT, SIGTERM and SIGHUP of `weirctl up`. Blocked in every thread and fetched by one with sigwait(3), so that
// nothing runs in a signal handler.
// Refuses: nothing.
// Called by: UpCommand, first of all, before any other thread exists to inherit another mask.

import Glibc

enum SignalWatch {
    /// Blocks the stop signals in this thread (and those it will make) and posts each that arrives.
    static func begin(posting inbox: Inbox) {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // A terminal or pipe that went away must not end us before the children are stopped.
        signal(SIGPIPE, SIG_IGN)
        let watched = signals
        DetachedThread.run {
            var watched = watched
            var number: Int32 = 0
            while sigwait(&watched, &number) == 0 { inbox.post(.stopSignal) }
        }
    }
}
