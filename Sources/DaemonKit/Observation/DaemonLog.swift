// DaemonLog: the swift-log backend of the daemons.
//
// For: one line a message on standard error, where systemd, a terminal and `weirctl up` all can read it.
// Refuses: to buffer. A line is written with one system call before the call returns, so a crash loses none.
// Called by: DaemonMain; everything else logs through `Logger`.

import Glibc
public import Logging
import Synchronization

/// The process's log.
public enum DaemonLog {
    private static let level = Atomic<Int>(severity(.info))

    /// Makes `Logger` write to standard error for the daemon called `name`, and returns its logger. Once per process.
    public static func start(_ name: String, _ level: Logger.Level) -> Logger {
        setLevel(level)
        LoggingSystem.bootstrap { _ in StderrLog(daemon: name) }
        return Logger(label: name)
    }

    /// Changes what is logged from now on, for every logger of the process.
    public static func setLevel(_ level: Logger.Level) { Self.level.store(severity(level), ordering: .relaxed) }

    static var currentLevel: Logger.Level { Logger.Level.allCases[level.load(ordering: .relaxed)] }

    /// Writes a line whatever the level: for what another program waits for.
    static func announce(_ daemon: String, _ message: String, _ metadata: Logger.Metadata) {
        let line = LogLine.text(
            time: WallClock.text(), level: .info, daemon: daemon, message: message, metadata: metadata)
        DescriptorText.write(line, to: STDERR_FILENO)
    }

    private static func severity(_ level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// Writes to standard error.
private struct StderrLog: LogHandler {
    let daemon: String
    var metadata: Logger.Metadata = [:]
    /// The process's level, unless a logger was given its own.
    private var ownLevel: Logger.Level?

    init(daemon: String) { self.daemon = daemon }

    var logLevel: Logger.Level {
        get { ownLevel ?? DaemonLog.currentLevel }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var facts = metadata.merging(event.metadata ?? [:]) { _, own in own }
        if let error = event.error { facts["error"] = "\(error)" }
        let line = LogLine.text(
            time: WallClock.text(), level: event.level, daemon: daemon, message: event.message.description,
            metadata: facts)
        DescriptorText.write(line, to: STDERR_FILENO)
    }
}

/// The time of day for people.
enum WallClock {
    /// RFC 3339 in UTC with milliseconds: `2026-11-21T07:33:00.123Z`.
    static func text() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return text(now)
    }

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

/// Text to a file descriptor, whole.
enum DescriptorText {
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                // Whoever should read this is gone or stuck; the daemon goes on.
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}
