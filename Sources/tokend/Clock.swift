// Clock: the two clocks of this machine.
//
// For: the edges that hand time to the rules; the rules themselves never read it.
// Refuses: nothing.
// Called by: RefreshLoop, Service, Main.

import Glibc
import Refresh
import Tenancy

enum Clock {
    /// The date, in milliseconds since 1970.
    static func wall() -> UnixMillis { UnixMillis(millis(CLOCK_REALTIME)) }

    /// Both clocks, read one right after the other. The second one counts on while the machine sleeps, like the first.
    static func moment() -> Moment { Moment(wall: wall(), uptime: UptimeMillis(millis(CLOCK_BOOTTIME))) }

    private static func millis(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}
