// Log lines that cannot be forged, and metrics that add up.

import Glibc
import Logging
import Synchronization
import Testing

@testable import DaemonKit

@Suite struct LogLineTests {
    private func line(_ message: String, _ metadata: Logger.Metadata = [:]) -> String {
        LogLine.text(time: "T", level: .warning, daemon: "gatewayd", message: message, metadata: metadata)
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
    case requests, live
    var name: String { self == .requests ? "requests_total" : "live" }
    var meaning: String { "For a test." }
    var kind: MetricKind { self == .requests ? .counter : .gauge }
}

@Suite struct MetricsTests {
    @Test func lanes_countedSeparately_addUp() {
        let board = MetricBoard<TestMetric>()
        let (left, right) = (board.makeLane(), board.makeLane())
        left.add(.requests, 2)
        right.add(.requests)
        left.set(.live, to: 5)
        right.add(.live, -1)
        #expect(board.snapshot().map(\.value) == [3, 4])
        #expect(board.snapshot().map(\.name) == ["requests_total", "live"])
    }

    @Test func lane_countedByItsThread_losesNothingWhileOthersRead() {
        let board = MetricBoard<TestMetric>()
        let lane = board.makeLane()
        let rounds = 100_000
        OneThread.run {
            for _ in 0..<rounds { lane.add(.requests) }
        }
        #expect(board.snapshot()[0].value == rounds)
    }
}
