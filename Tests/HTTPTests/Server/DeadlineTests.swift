// DeadlineTests: slow clients meet their deadline, and only they.
//
// Deadlines are set to 100 ms here; requests are sent with the connection, so that a busy machine does not miss them.

import NIOCore
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct DeadlineTests {
        private static let short = TimeAmount.milliseconds(100)

        @Test func aHeadThatIsNotFinishedInTimeIsAnswered408() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.headTimeout = Self.short }
            try await ServerFixture.run(configuration: configuration, answer: { $0.answer("x") }) { fixture in
                let answer = try await fixture.exchange("POST /v1/messages HTTP/1.1\r\nHost: h\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 408 "))
                #expect(answer.hasSuffix("refused headTimeout at /v1/messages"))
                #expect(answer.contains("connection: close"))
            }
        }

        @Test func aByteNowAndThenDoesNotPutTheHeadsDeadlineOff() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.headTimeout = Self.short }
            try await ServerFixture.run(configuration: configuration, answer: { $0.answer("x") }) { fixture in
                let peer = try await fixture.connect(sending: "GET / HTTP/1.1\r\nHost: h\r\n")
                let drip = Task { while true { try await peer.send("x: y\r\n"); try Task.checkCancellation() } }
                let answer = try await peer.read(through: "\r\n\r\n")
                drip.cancel()
                // Fields come as fast as they can: either bound may be met first, never neither.
                #expect(answer.hasPrefix("HTTP/1.1 408 ") || answer.hasPrefix("HTTP/1.1 431 "))
            }
        }

        @Test func aConnectionThatSendsNothingIsClosedWithoutAWord() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.headTimeout = Self.short }
            try await ServerFixture.run(configuration: configuration, answer: { $0.answer("x") }) { fixture in
                let answers = [try await fixture.exchange(""), try await fixture.exchange("\r\n")]
                #expect(answers == ["", ""])
            }
        }

        @Test func anIdleKeepAliveConnectionIsClosedWithoutAWord() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.keepAliveTimeout = Self.short }
            try await ServerFixture.run(configuration: configuration, answer: { $0.answer("x") }) { fixture in
                let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(answer.components(of: "HTTP/1.1 ").count == 2)
                #expect(answer.hasSuffix("\r\n\r\nx"))
            }
        }

        @Test func aFurtherHeadHasItsOwnDeadline() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.headTimeout = Self.short }
            try await ServerFixture.run(configuration: configuration, answer: { $0.answer("x") }) { fixture in
                let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /b")
                #expect(answer.components(of: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) } == ["200", "408"])
            }
        }

        @Test func aBodyThatStopsIsToldToTheHandlerAs408() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.bodyIdleTimeout = Self.short }
            try await ServerFixture.run(configuration: configuration, answer: { $0.echo() }) { fixture in
                let answer = try await fixture.exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc")
                #expect(answer.hasPrefix("HTTP/1.1 408 "))
                #expect(answer.hasSuffix("bodyTimeout"))
            }
        }

        @Test func aBodyThatDripsMeetsTheDeadlineOfTheWhole() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.bodyTimeout = Self.short }
            try await ServerFixture.run(configuration: configuration, answer: { $0.echo(limit: 1 << 30) }) { fixture in
                let peer = try await fixture.connect(
                    sending: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
                let drip = Task { while true { try await peer.send("x"); try Task.checkCancellation() } }
                #expect(try await peer.read(through: "bodyTimeout").hasPrefix("HTTP/1.1 408 "))
                drip.cancel()
            }
        }

        @Test func aSlowHandlerIsNotTheClientsFault() async throws {
            let held = HeldExchange()
            let configuration = ServerConfiguration.forTests.with {
                $0.headTimeout = Self.short
                $0.keepAliveTimeout = Self.short
                $0.bodyIdleTimeout = Self.short
                $0.writeIdleTimeout = Self.short
            }
            try await ServerFixture.run(configuration: configuration, answer: { _ = held.hold($0) }) { fixture in
                let peer = try await fixture.connect(
                    sending: "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde")
                let exchange = try await held.get()
                // Three times any of the deadlines.
                let until = NIODeadline.now() + Self.short * 3
                try await eventually("the deadlines to pass") { NIODeadline.now() > until }
                try await exchange.run { $0.echo() }
                try await peer.read(through: "[abcde]")
            }
        }

        @Test func aClientThatReadsNothingIsCutAndTheHandlerHears() async throws {
            let configuration = ServerConfiguration.forTests.with { $0.writeIdleTimeout = .milliseconds(100) }
            let gone = Signal()
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.onClientGone = { gone.fire() }
                exchange.startStream(status: 200, headers: HeaderBlock())
                let piece = ByteBuffer(repeating: 65, count: 32 * 1024)
                // Past what the kernel takes on its own; then nothing leaves any more.
                while exchange.isWritable { exchange.write(piece) }
            }
            try await ServerFixture.run(configuration: configuration, answer: answer) { fixture in
                let peer = try await fixture.connect(sending: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", reading: false)
                try await gone.wait()
                await peer.close()
            }
        }

        @Test func aSmallAnswerThatNobodyReadsIsCutToo() async throws {
            // Less than the watermark waits in the channel: the connection is "writable", and still nobody reads.
            let configuration = ServerConfiguration.forTests.with { $0.writeIdleTimeout = .milliseconds(100) }
            let answered = Signal()
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.respond(status: 200, headers: HeaderBlock(), body: ByteBuffer(repeating: 65, count: 12 << 20))
                answered.fire()
            }
            try await ServerFixture.run(configuration: configuration, answer: answer) { fixture in
                let peer = try await fixture.connect(sending: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", reading: false)
                try await answered.wait()
                try await fixture.wait { $0 == 0 }
                await peer.close()
            }
        }
    }
}
