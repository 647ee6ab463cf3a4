// Log lines that cannot be forged, and metrics that add up.

import Glibc
import Logging
import Metrics
import Synchronization
import Testing

@testable import DaemonKit

@Suite struct LogLineTests {
    private func line(_ message: String, _ metadata: Logger.Metadata = [:]) -> String {
        let entry = LogEntry(.warning, message, metadata, time: timespec(tv_sec: 1_795_246_380, tv_nsec: 123_999_999))
        let text = LogLine.text(entry, daemon: "gatewayd")
        #expect(text.hasPrefix("2026-11-21T07:33:00.123Z "))
        return "T " + text.dropFirst(25)
    }

    @Test func message_withFacts_isOneLine() {
        #expect(
            line("hold refused", ["tenant": "acme", "free": "1.00"])
                == "T WARNING gatewayd: hold refused free=1.00 tenant=acme\n")
    }

    @Test func values_withSpacesQuotesOrNothing_areQuoted() {
        #expect(line("x", ["a": "two words"]) == "T WARNING gatewayd: x a=\"two words\"\n")
        #expect(line("x", ["a": "say \"hi\\\""]) == "T WARNING gatewayd: x a=\"say \\\"hi\\\\\\\"\"\n")
        #expect(line("x", ["a": ""]) == "T WARNING gatewayd: x a=\"\"\n")
        #expect(line("x", ["a": "k=v"]) == "T WARNING gatewayd: x a=\"k=v\"\n")
    }

    @Test func everyControlCharacter_inMessageKeyOrValue_isEscaped() {
        for value in Array(UInt32(0)..<0x20) + Array(0x7F...0x9F) + [0x2028, 0x2029, 0x202E, 0x2066] {
            let scalar = String(Character(Unicode.Scalar(value)!))
            let text = line("a\(scalar)b", ["k\(scalar)": "v\(scalar)w"])
            #expect(!text.dropLast().unicodeScalars.contains { $0.value == value }, "U+\(String(value, radix: 16))")
            #expect(text.utf8.count { $0 == 0x0A } == 1)
        }
    }

    @Test func forgedLine_inAMessage_staysInside() {
        #expect(line("x\nT INFO walletd: credited") == "T WARNING gatewayd: x\\nT INFO walletd: credited\n")
    }

    @Test(arguments: [(0, 0, "1970-01-01T00:00:00.000Z"), (1_795_246_380, 123_999_999, "2026-11-21T07:33:00.123Z")])
    func time_isRFC3339(seconds: Int, nanos: Int, text: String) {
        #expect(WallClock.text(timespec(tv_sec: seconds, tv_nsec: nanos)) == text)
    }
}

private enum TestMetric: Int, MetricKey {
    case requests, endings, time, live

    var family: MetricFamily {
        switch self {
        case .requests: .counter("requests_total", "For a test.")
        case .endings: .counter("endings_total", "For a test.", labels: ["how"])
        case .time: .histogram("time_seconds", "For a test.", decimals: 3, bounds: [10, 100])
        case .live: .gauge("live", "For a test.")
        }
    }

    var series: [[String]] { self == .endings ? [["well"], ["ill"]] : [[]] }
}

@Suite struct MetricBoardTests {
    @Test func lanes_countedSeparately_addUp() {
        let board = MetricBoard<TestMetric>()
        let (left, right) = (board.makeLane(), board.makeLane())
        left.add(.requests, 2)
        right.add(.requests)
        left.set(.live, to: 5)
        right.add(.live, -1)
        right.add(.endings, at: 1)
        left.observe(.time, 10)
        right.observe(.time, 11)
        right.observe(.time, 5000)
        let readings = board.snapshot()
        #expect(readings.map(\.family.name) == ["requests_total", "endings_total", "time_seconds", "live"])
        #expect(readings[0].samples == [MetricSample(3)])
        #expect(readings[1].samples == [MetricSample(0, labels: ["well"]), MetricSample(1, labels: ["ill"])])
        #expect(readings[2].samples == [MetricSample(5021, buckets: [1, 1, 1])])
        #expect(readings[3].samples == [MetricSample(4)])
        #expect(board.total(.endings) == 1)
    }

    @Test func lane_countedByItsThread_losesNothingWhileOthersRead() {
        let board = MetricBoard<TestMetric>()
        let lane = board.makeLane()
        let rounds = 100_000
        OneThread.run {
            for _ in 0..<rounds { lane.add(.requests) }
        }
        #expect(board.total(.requests) == rounds)
    }
}

@Suite struct ProcessReadingsTests {
    @Test func process_isToldAsTheKernelSeesIt() throws {
        let readings = ProcessReadings.now("gatewayd", startMillis: 1_795_246_380_123)
        #expect(readings.map(\.family) == ProcessReadings.families)
        let page = Exposition.text(readings)
        #expect(page.contains("weir_build_info{daemon=\"gatewayd\",version=\"\(WeirVersion.text)\"} 1\n"))
        #expect(page.contains("process_start_time_seconds{daemon=\"gatewayd\"} 1795246380.123\n"))
        func value(_ name: String) throws -> Int {
            try #require(readings.first { $0.family.name == name }).samples[0].value
        }
        #expect(try value("process_resident_memory_bytes") > 1 << 20)
        #expect(try value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"))
        #expect(try value("process_cpu_seconds_total") > 0)
        #expect(try value("process_max_fds") >= value("process_open_fds"))
    }

    @Test func descriptors_areCountedWithoutTheOneThatCounts() throws {
        func open() throws -> Int {
            let readings = ProcessReadings.now("gatewayd", startMillis: 0)
            return try #require(readings.first { $0.family.name == "process_open_fds" }).samples[0].value
        }
        // Other tests of this process open and close files; some difference of 40 is this test's own.
        let before = try open()
        let own = (0..<40).map { _ in Glibc.open("/dev/null", O_RDONLY) }
        defer { own.forEach { close($0) } }
        #expect(try open() >= before + 20)
    }
}
