// The way of a log message: fields for the journal, and a thread that writes so that nobody else waits.

import Glibc
import Logging
import Synchronization
import Testing

@testable import DaemonKit

@Suite struct JournalFieldsTests {
    private func fields(_ message: String, _ metadata: Logger.Metadata = [:], _ level: Logger.Level = .info) -> [String]
    {
        JournalFields.of(LogEntry(level, message, metadata), daemon: "gatewayd").map { "\($0.name)=\($0.value)" }
    }

    @Test func message_hasItsFactsInWordsAndAsFields() {
        #expect(
            fields("request", ["tenant": "acme", "request_id": "req_1", "duration_ms": "12"]) == [
                "MESSAGE=request duration_ms=12 request_id=req_1 tenant=acme", "PRIORITY=6",
                "SYSLOG_IDENTIFIER=gatewayd", "DURATION_MS=12", "REQUEST_ID=req_1", "TENANT=acme",
            ])
    }

    @Test(arguments: [
        ("request_id", "REQUEST_ID"), ("requestID", "REQUESTID"), ("key-id", "KEY_ID"), ("message", "WEIR_MESSAGE"),
        ("priority", "WEIR_PRIORITY"), ("unit", "WEIR_UNIT"), ("errno", "WEIR_ERRNO"), ("_pid", "WEIR__PID"),
        ("2nd", "WEIR_2ND"), ("", "WEIR_"), ("grün", "GR_N"),
        (String(repeating: "x", count: 70), String(repeating: "X", count: 64)),
    ])
    func key_becomesANameThatTheJournalTakes(key: String, name: String) {
        #expect(JournalFields.name(of: key) == name)
    }

    @Test(arguments: zip(Logger.Level.allCases, [7, 7, 6, 5, 4, 3, 2]))
    func level_isAPriorityOfSyslog(level: Logger.Level, priority: Int) {
        #expect(JournalFields.priority(of: level) == priority)
    }

    @Test func forgedField_inAMessageOrValue_staysInside() {
        let texts = fields("x\nPRIORITY=0", ["tenant": "a\nMESSAGE=b"])
        #expect(texts.allSatisfy { !$0.contains("\n") })
        #expect(texts.contains("TENANT=a\\nMESSAGE=b"))
    }
}

@Suite struct JournalStreamTests {
    @Test(arguments: [
        ("8:1234", true), ("8:1235", false), ("9:1234", false), ("", false), ("8", false), ("8:1234:1", false),
        ("8:x", false), (":", false),
    ])
    func variable_meansStandardErrorOnlyWhenBothNumbersAreIts(variable: String, isIt: Bool) {
        #expect(JournalStream.names(variable, device: 8, inode: 1234) == isIt)
    }
}

/// A reader that is stuck until it is let go.
private final class StuckReader: Sendable {
    private let lines = Mutex<[String]>([])
    private let gate: Gate
    private let called = Gate()

    init(isOpen: Bool = false) {
        gate = Gate()
        if isOpen { gate.open() }
    }

    func write(_ entry: LogEntry) {
        called.open()
        gate.pass()
        lines.withLock { $0.append(LogLine.words(entry)) }
    }

    func letGo() { gate.open() }

    /// Waits until a message is in its hands.
    func waitUntilCalled() { called.pass() }

    var read: [String] { lines.withLock { $0 } }
}

/// Closed until it is opened, for ever.
// @unchecked: sem_t is made to be used by several threads; the pointer to it never changes.
private final class Gate: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    func open() { sem_post(semaphore) }

    func pass() {
        sem_wait(semaphore)
        sem_post(semaphore)
    }
}

@Suite struct LogWriterTests {
    @Test func messages_areWrittenInOrderBeforeTheFlushReturns() {
        let reader = StuckReader(isOpen: true)
        let writer = LogWriter { reader.write($0) }
        for number in 0..<1000 { writer.put(LogEntry(.info, "\(number)", [:])) }
        writer.flush(seconds: 30)
        #expect(reader.read == (0..<1000).map(String.init))
    }

    @Test func reader_thatIsStuck_holdsUpNobodyAndHearsHowManyItMissed() {
        let reader = StuckReader()
        let writer = LogWriter { reader.write($0) }
        writer.put(LogEntry(.info, "first", [:]))
        reader.waitUntilCalled()
        // One message is in the reader's hands; so many wait, and the rest is dropped.
        let put = LogWriter.waitingMost + 100
        for number in 0..<put { writer.put(LogEntry(.info, "\(number)", [:])) }
        let dropped = writer.droppedLines
        #expect(dropped == 100)
        #expect(reader.read.isEmpty)
        reader.letGo()
        writer.flush(seconds: 30)
        writer.flush(seconds: 30)
        #expect(reader.read.count == 1 + put - dropped + 1)
        #expect(reader.read.contains("log lines dropped: too many waited count=\(dropped)"))
    }

    @Test func flush_toAStuckReader_givesUp() {
        let reader = StuckReader()
        let writer = LogWriter { reader.write($0) }
        writer.put(LogEntry(.info, "x", [:]))
        let begun = ContinuousClock.now
        writer.flush(seconds: 1)
        let waited = ContinuousClock.now - begun
        #expect(waited < .seconds(10))
        reader.letGo()
    }
}

@Suite struct LogOutletTests {
    @Test func line_goesToTheDescriptor() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        LogOutlet.lines(ends[1]).write(LogEntry(.error, "no", ["a": "b"]), daemon: "walletd")
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = read(ends[0], &bytes, bytes.count)
        #expect(String(decoding: bytes[..<max(0, count)], as: UTF8.self).hasSuffix("ERROR walletd: no a=b\n"))
    }
}
