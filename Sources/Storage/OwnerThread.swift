// OwnerThread: the rule "one connection, one owner" in a type that checks itself.
//
// For: stopping a connection from being used by a thread that does not own it, at the first wrong call.
// Refuses: nothing; it traps, because two threads inside one connection would be silent corruption.
// Called by: Database, Statement.

internal import Glibc

/// The thread that made this value. SQLite connections are opened without SQLite's own locks, so this check is what keeps
/// them on one thread; it costs about a nanosecond.
struct OwnerThread {
    private let thread = pthread_self()

    /// Traps unless the calling thread is the owner.
    @inline(__always)
    func check() {
        precondition(
            pthread_equal(thread, pthread_self()) != 0,
            "a database connection belongs to the thread that opened it, and another thread used it")
    }
}
