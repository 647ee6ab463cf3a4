// DaemonLog: the swift-log backend of the daemons.
//
// For: one message in the journal, or one line on standard error where a terminal and `weirctl up` read it.
// Refuses: to hold up whoever logs: another thread writes (see LogWriter).
// Called by: DaemonMain; everything else logs through `Logger`.

import Glibc
public import Logging
import Synchronization

/// The process's log.
public enum DaemonLog {
    private static let level = Atomic<Int>(severity(.info))
    private static let writer = Mutex<LogWriter?>(nil)
    /// How long the end of the process waits for a log that nobody reads.
    private static let flushSeconds = 1

    /// Makes `Logger` write the log of the daemon called `name`, and returns its logger. Once per process.
    public static func start(_ name: String, _ level: Logger.Level) -> Logger {
        setLevel(level)
        let outlet = LogOutlet.ofProcess
        let made = LogWriter { outlet.write($0, daemon: name) }
        writer.withLock { $0 = made }
        LoggingSystem.bootstrap { _ in QueuedLog(writer: made) }
        return Logger(label: name)
    }

    /// Changes what is logged from now on, for every logger of the process.
    public static func setLevel(_ level: Logger.Level) { Self.level.store(severity(level), ordering: .relaxed) }

    /// Waits until what was logged is written, at most a second. Before the process ends.
    public static func flush() { writer.withLock { $0 }?.flush(seconds: flushSeconds) }

    static var currentLevel: Logger.Level { Logger.Level.allCases[level.load(ordering: .relaxed)] }

    /// Lines that were dropped because nobody read fast enough.
    static var droppedLines: Int { writer.withLock { $0 }?.droppedLines ?? 0 }

    /// Writes a line whatever the level: for what another program waits for.
    static func announce(_ message: String, _ metadata: Logger.Metadata) {
        writer.withLock { $0 }?.put(LogEntry(.info, message, metadata))
    }

    private static func severity(_ level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// Hands messages to the thread that writes them.
private struct QueuedLog: LogHandler {
    let writer: LogWriter
    var metadata: Logger.Metadata = [:]
    /// The process's level, unless a logger was given its own.
    private var ownLevel: Logger.Level?

    init(writer: LogWriter) { self.writer = writer }

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
        writer.put(LogEntry(event.level, event.message.description, facts))
    }
}
