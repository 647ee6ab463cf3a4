// SystemClock: the wall clock, read in one place.
//
// For: the time a movement is recorded under, spans that count from now, references made here.
// Refuses: nothing.
// Called by: Parse, the commands.

import Glibc
import Tenancy

enum SystemClock {
    static var now: UnixMillis {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixMillis(Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
