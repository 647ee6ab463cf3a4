// AnswerTests: answers of every framing, and upstreams that die at each phase.

import NIOCore
import Synchronization
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct AnswerTests {
        /// One call against one answer, sent in `pieces`, after which the upstream closes if `closes`.
        private func outcome(
            _ method: StaticString = "POST", of pieces: [String], closes: Bool = false
        ) async throws -> (CallOutcome, PoolCounts) {
            let result = Mutex<(CallOutcome, PoolCounts)?>(nil)
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(method, port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.read(through: "\r\n\r\n")
                for piece in pieces { try await peer.send(piece) }
                if closes { await peer.close() }
                let outcome = try await call.outcome()
                let counts = try await fixture.counts()
                result.withLock { $0 = (outcome, counts) }
            }
            return try #require(result.withLock { $0 })
        }

        @Test func chunksComeWithoutTheirFramingHoweverTheyAreSent() async throws {
            let answer =
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nt: v\r\n\r\n"
            for pieces in [[answer], answer.map { String($0) }] {
                let (outcome, counts) = try await outcome(of: pieces)
                #expect(outcome.body == "abcdefg" && outcome.failure == nil && outcome.bodyLength == nil)
                #expect(counts == PoolCounts(idle: 1))
            }
        }

        @Test func manySmallChunksOfOneReadAreOnePiece() async throws {
            let pieces = Mutex<[String]>([])
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port) { bytes in
                    let text = String(buffer: bytes)
                    pieces.withLock { $0.append(text) }
                }
                let peer = try await upstream.accept()
                let chunks = (0..<64).map { "5\r\ne\($0 + 1000)\r\n" }.joined()
                try await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\n\r\n")
                #expect(try await call.outcome().failure == nil)
            }
            let seen = pieces.withLock { $0 }
            #expect(seen.joined() == (0..<64).map { "e\($0 + 1000)" }.joined())
            #expect(seen.count <= 2)
        }

        @Test func largeChunksKeepTheirOrderAndContent() async throws {
            let received = Mutex<[UInt8]>([])
            let parts = (0..<40).map { patterned($0 * 997 % 40_000 + 1) }
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port) { bytes in
                    let bytes = Array(buffer: bytes)
                    received.withLock { $0 += bytes }
                }
                let peer = try await upstream.accept()
                var answer = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
                for part in parts {
                    answer += Array("\(String(part.count, radix: 16))\r\n".utf8) + part + Array("\r\n".utf8)
                }
                try await peer.send(answer + Array("0\r\n\r\n".utf8))
                #expect(try await call.outcome().failure == nil)
            }
            #expect(received.withLock { $0 } == Array(parts.joined()))
        }

        @Test func interimAnswersAreSkipped() async throws {
            let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
            let (outcome, counts) = try await outcome(of: [
                interim, "HTTP/1.1 200 OK\r\nx: y\r\nContent-Length: 2\r\n\r\nok",
            ])
            #expect(outcome.status == 200 && outcome.body == "ok" && outcome.fields == ["x: y", "Content-Length: 2"])
            #expect(counts == PoolCounts(idle: 1))
        }

        @Test func endlessInterimAnswersAreRefused() async throws {
            let (outcome, _) = try await outcome(of: [String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 6)])
            #expect(
                outcome.failure == UpstreamFailure(cause: .malformed(.tooManyInterimResponses), retry: .bytesReceived))
        }

        @Test func answersThatCannotHaveABodyEndWithTheirHead() async throws {
            let cases: [(StaticString, String)] = [
                ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
                ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
                ("POST", "HTTP/1.1 204 No Content\r\n\r\n"),
                ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"),
            ]
            for (method, answer) in cases {
                let (outcome, counts) = try await outcome(method, of: [answer])
                #expect(outcome.failure == nil && outcome.body == "" && outcome.bodyLength == 0)
                #expect(counts == PoolCounts(idle: 1), "\(answer)")
            }
        }

        @Test func aBodyUntilCloseEndsWithTheConnection() async throws {
            let (outcome, counts) = try await outcome(of: ["HTTP/1.1 200 OK\r\n\r\nall ", "of it"], closes: true)
            #expect(outcome.body == "all of it" && outcome.failure == nil && outcome.bodyLength == nil)
            #expect(counts == PoolCounts())
        }

        static let deaths:
            [(name: String, pieces: [String], cause: UpstreamFailure.Cause, retry: UpstreamFailure.RetryVerdict)] = [
                ("before a byte", [], .closed, .noByteBack),
                ("in the head", ["HTTP/1.1 200 OK\r\nConte"], .closed, .bytesReceived),
                ("after an interim answer", ["HTTP/1.1 100 Continue\r\n\r\n"], .closed, .bytesReceived),
                ("behind the head", ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"], .bodyTruncated, .bytesReceived),
                (
                    "in a body of known length", ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcd"], .bodyTruncated,
                    .bytesReceived
                ),
                (
                    "in a chunk", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"], .bodyTruncated,
                    .bytesReceived
                ),
                (
                    "before the last chunk", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"],
                    .bodyTruncated, .bytesReceived
                ),
                (
                    "in the last chunk", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"], .bodyTruncated,
                    .bytesReceived
                ),
            ]

        @Test(arguments: deaths.indices)
        func anUpstreamThatDiesSaysHowFarItGot(_ index: Int) async throws {
            let (name, pieces, cause, retry) = Self.deaths[index]
            let (outcome, counts) = try await outcome(of: pieces, closes: true)
            #expect(outcome.failure == UpstreamFailure(cause: cause, retry: retry), "\(name)")
            #expect(counts == PoolCounts(), "\(name)")
        }

        @Test(arguments: [
            "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\nx: y\n\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ])
        func anAnswerThatIsNotHTTPClosesTheConnection(_ answer: String) async throws {
            let (outcome, counts) = try await outcome(of: [answer])
            guard case .malformed? = outcome.failure?.cause else { Issue.record("\(outcome)"); return }
            #expect(outcome.failure?.retry == .bytesReceived)
            #expect(counts == PoolCounts())
        }

        @Test func aReusedConnectionThatDiesWithoutAByteIsToldApart() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let first = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                _ = try await first.outcome()
                let second = try await fixture.start(body: "again", port: upstream.port)
                try await peer.read(through: "again")
                await peer.close()
                #expect(
                    try await second.outcome().failure
                        == UpstreamFailure(cause: .closed, retry: .noByteOnReusedConnection))
            }
        }

        @Test func aResetInABodyUntilCloseIsNotItsEnd() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.send("HTTP/1.1 200 OK\r\n\r\npart")
                _ = try await call.head.get()
                try await peer.reset()
                #expect(
                    try await call.outcome().failure == UpstreamFailure(cause: .bodyTruncated, retry: .bytesReceived))
            }
        }

        static let stalls: [(pieces: [String], cause: UpstreamFailure.Cause, retry: UpstreamFailure.RetryVerdict)] = [
            ([], .firstByteTimeout, .noByteBack),
            (["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"], .firstByteTimeout, .bytesReceived),
            (["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"], .idleTimeout, .bytesReceived),
        ]

        @Test(arguments: stalls.indices)
        func anUpstreamThatStallsMeetsItsDeadlineAndIsClosed(_ index: Int) async throws {
            let (pieces, cause, retry) = Self.stalls[index]
            var timeouts = UpstreamTimeouts()
            timeouts.firstByte = .milliseconds(100)
            timeouts.idle = .milliseconds(100)
            try await PoolFixture.run { [timeouts] fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port, timeouts: timeouts)
                let peer = try await upstream.accept()
                // A machine too busy to send the pieces in time meets the first deadline; both are right.
                for piece in pieces { try? await peer.send(piece) }
                let failure = try await call.outcome().failure
                #expect(failure == UpstreamFailure(cause: cause, retry: retry) || failure?.cause == .firstByteTimeout)
                _ = try await peer.readToEnd()
            }
        }

        @Test func anAnswerThatDripsMeetsTheTotal() async throws {
            var timeouts = UpstreamTimeouts()
            timeouts.total = .milliseconds(100)
            try await PoolFixture.run { [timeouts] fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port, timeouts: timeouts)
                let peer = try await upstream.accept()
                let drip = Task {
                    try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
                    while true { try await peer.send("x"); try Task.checkCancellation() }
                }
                #expect(try await call.outcome().failure?.cause == .totalTimeout)
                drip.cancel()
            }
        }

        @Test func cancellingClosesTheConnectionAndIsSilent() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")
                _ = try await call.head.get()
                try await call.cancel()
                _ = try await peer.readToEnd()
                try await fixture.wait { $0 == PoolCounts() }
                // The receiver went without a word: its promise is failed by its deinit, not by a callback.
                await #expect(throws: ChannelError.eof) { try await call.outcome() }
            }
        }

        @Test func anAnswerBeforeALargeRequestIsWrittenCostsTheConnection() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let body = String(repeating: "x", count: 24 << 20)
                let call = try await fixture.start(body: body, port: upstream.port)
                let peer = try await upstream.accept()
                try await peer.setReading(false)
                try await peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
                #expect(try await call.outcome().status == 413)
                try await fixture.wait { $0 == PoolCounts() }
                await peer.close()
            }
        }

        @Test func aLargeRequestArrivesWhole() async throws {
            try await PoolFixture.run { fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let body = String(decoding: patterned(3_000_001), as: UTF8.self)
                let call = try await fixture.start(body: body, port: upstream.port)
                let peer = try await upstream.accept()
                let request = try await peer.read(bytes: body.utf8.count + 60)
                #expect(request.hasSuffix(body))
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                #expect(try await call.outcome().failure == nil)
            }
        }

        @Test func aPausedCallStopsTheUpstreamAndResumesWhereItWas() async throws {
            let total = 48 << 20
            let received = Mutex(0)
            var timeouts = UpstreamTimeouts()
            // The idle deadline must not run while the reading is paused by us.
            timeouts.idle = .milliseconds(200)
            try await PoolFixture.run { [timeouts] fixture in
                let upstream = try await RawServer.start(on: fixture.group)
                let call = try await fixture.start(port: upstream.port, timeouts: timeouts) { bytes in
                    received.withLock { $0 += bytes.readableBytes }
                }
                let peer = try await upstream.accept()
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
                _ = try await call.head.get()
                try await fixture.eventLoop.submit { call.call.value.pauseReading() }.get()
                let before = received.withLock { $0 }
                async let sent: Void = peer.send(Array(repeating: 65, count: total))
                // Longer than the idle deadline, and until nothing moves any more.
                _ = try await settled(for: timeouts.idle * 2) { received.withLock { $0 } }
                #expect(received.withLock { $0 } - before <= 4 * 65536)
                try await fixture.eventLoop.submit { call.call.value.resumeReading() }.get()
                #expect(try await call.outcome().failure == nil)
                try await sent
                #expect(received.withLock { $0 } == total)
            }
        }
    }
}
