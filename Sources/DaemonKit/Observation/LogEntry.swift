// LogEntry: one message of a daemon's log, before it has a form.
//
// For: taking what a thread has to say in well under a microsecond; the form is made by the thread that writes.
// Refuses: nothing.
// Called by: DaemonLog (makes), LogWriter (keeps), LogLine and JournalFields (word it).

import Glibc
import Logging

struct LogEntry: Sendable {
    let time: timespec
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata

    init(
        _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, time: timespec = WallClock.now()
    ) {
        self.time = time
        self.level = level
        self.message = message
        self.metadata = metadata
    }
}

/// The time of day for people.
enum WallClock {
    static func now() -> timespec {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return now
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-21T07:33:00.123Z`.
    static func text(_ time: timespec) -> String {
        var seconds = time.tv_sec
        var date = tm()
        gmtime_r(&seconds, &date)
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let day =
            "\(padded(Int(date.tm_year) + 1900, 4))-\(padded(Int(date.tm_mon) + 1, 2))-\(padded(Int(date.tm_mday), 2))"
        let clock = "\(padded(Int(date.tm_hour), 2)):\(padded(Int(date.tm_min), 2)):\(padded(Int(date.tm_sec), 2))"
        return "\(day)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}
