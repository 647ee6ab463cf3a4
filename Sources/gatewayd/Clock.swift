// Clock: the two readings of time this daemon takes.
//
// For: the edges that hand time to the rules; the rules themselves never read it.
// Refuses: nothing.
// Called by: Gateway, MeteredRequest, WalletLink.

import Glibc
import Tenancy

enum Clock {
    /// Nanoseconds of a clock that never jumps; says nothing about the date.
    static func monotonicNanos() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// The date, in milliseconds since 1970.
    static func unixMillis() -> UnixMillis {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixMillis(Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000)
    }
}
