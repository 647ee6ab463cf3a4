// ExchangeTests: requests and answers over loopback: keep-alive, pipelining, HEAD, 100-continue, chunks, HTTP/1.0.

import NIOCore
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct ExchangeTests {
        @Test func oneConnectionServesRequestAfterRequest() async throws {
            try await ServerFixture.run(answer: { $0.echo() }) { fixture in
                let peer = try await fixture.connect()
                for number in 0..<20 {
                    try await peer.send("POST /\(number) HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
                    let answer = try await peer.read(through: "[abc]")
                    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
                    #expect(answer.contains("\r\ncontent-length: \(13 + (number > 9 ? 1 : 0))\r\n"))
                    #expect(answer.contains("\r\ndate: "))
                    #expect(!answer.contains("connection:"))
                    #expect(answer.hasSuffix("\r\n\r\nPOST /\(number) [abc]"))
                }
            }
        }

        @Test func aRequestInSinglePacketsOfOneByteIsTheSameRequest() async throws {
            try await ServerFixture.run(answer: { $0.echo() }) { fixture in
                let peer = try await fixture.connect()
                for byte in Array(
                    "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nt: v\r\n\r\n"
                        .utf8)
                {
                    try await peer.send([byte])
                }
                #expect(try await peer.read(through: "]").hasSuffix("POST /a [abc]"))
            }
        }

        @Test func pipelinedRequestsAreAnsweredInOrderThoughTheHandlerIsLate() async throws {
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.collectBody(limit: 100) { _ in
                    // The earlier a request, the later it would be answered if the next were begun before.
                    let turns = exchange.head.pathEquals("/0") ? 50 : 1
                    exchange.later(turns: turns) { exchange.answer(exchange.head.pathText) }
                }
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let requests = (0..<30).map { "POST /\($0) HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx" }.joined()
                let answers = try await fixture.exchange(
                    requests + "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                let bodies = answers.components(of: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != "H" } }
                #expect(bodies.map(String.init) == (0..<30).map { "/\($0)" } + ["/last"])
            }
        }

        @Test func pipelinedRequestsAnsweredAtOnceDoNotDeepenTheStack() async throws {
            try await ServerFixture.run(answer: { $0.answer("x") }) { fixture in
                let peer = try await fixture.connect()
                let count = 20_000
                let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
                async let sent: Void = peer.send(String(repeating: request, count: count) + "GET / HTTP/1.0\r\n\r\n")
                let answers = try await peer.readToEnd()
                try await sent
                #expect(answers.components(of: "HTTP/1.1 200 OK").count == count + 2)
            }
        }

        @Test func requestsBehindAnUnansweredOneAreBounded() async throws {
            let held = HeldExchange()
            let configuration = ServerConfiguration.forTests
            let answer: @Sendable (HTTPExchange) -> Void = { if !held.hold($0) { $0.answer("late") } }
            try await ServerFixture.run(configuration: configuration, answer: answer) { fixture in
                let peer = try await fixture.connect()
                let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
                let count = 400_000
                async let sent: Void = peer.send(String(repeating: request, count: count) + "GET / HTTP/1.0\r\n\r\n")
                let exchange = try await held.get()
                // The client has 11 MB to send; once nothing moves any more the server holds no more than its bound and a read.
                let buffered = try await settled(for: .milliseconds(100)) {
                    try await exchange.run { $0.connection?.input.readableBytes ?? 0 }
                }
                #expect(buffered > configuration.pipelinedBytesMax)
                #expect(buffered <= configuration.pipelinedBytesMax + 4 * 65536)
                try await exchange.run { $0.answer("first") }
                #expect(try await peer.countToEnd() > count * 40)
                try await sent
            }
        }

        @Test func headIsAnsweredWithTheLengthButWithoutTheBody() async throws {
            try await ServerFixture.run(answer: { $0.answer("hello") }) { fixture in
                let answers = try await fixture.exchange(
                    "HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                let parts = answers.components(of: "\r\n\r\n")
                #expect(parts.count == 3)
                #expect(parts[0].contains("content-length: 5"))
                #expect(parts[1].hasPrefix("HTTP/1.1 200 OK"))
                #expect(parts[2] == "hello")
            }
        }

        @Test(arguments: [204, 304])
        func bodylessStatusesHaveNeitherBodyNorLength(_ status: Int) async throws {
            try await ServerFixture.run(answer: { $0.answer("ignored", status: status) }) { fixture in
                let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                #expect(!answer.contains("content-length"))
                #expect(answer.hasSuffix("connection: close\r\n\r\n"))
            }
        }

        @Test func continueIsSentWhenTheBodyIsAskedForAndNotBefore() async throws {
            let held = HeldExchange()
            try await ServerFixture.run(answer: { _ = held.hold($0) }) { fixture in
                let peer = try await fixture.connect()
                try await peer.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
                let exchange = try await held.get()
                try await exchange.run { $0.echo() }
                #expect(try await peer.read(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
                try await peer.send("abc")
                #expect(try await peer.read(through: "]").hasSuffix("POST /a [abc]"))
            }
        }

        @Test func continueIsNotSentWhenTheBodyIsAlreadyThere() async throws {
            try await ServerFixture.run(answer: { $0.echo() }) { fixture in
                let answer = try await fixture.exchange(
                    "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
                )
                #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            }
        }

        @Test func aRefusalBeforeContinueClosesBecauseNobodyKnowsWhetherTheBodyComes() async throws {
            try await ServerFixture.run(answer: { $0.answer("no", status: 401) }) { fixture in
                let answer = try await fixture.exchange(
                    "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 401 "))
                #expect(answer.contains("connection: close"))
                #expect(!answer.contains("100 Continue"))
            }
        }

        @Test func http10ClosesUnlessKeepAliveIsAsked() async throws {
            try await ServerFixture.run(answer: { $0.echo() }) { fixture in
                #expect(try await fixture.exchange("GET /a HTTP/1.0\r\n\r\n").contains("connection: close"))
                let peer = try await fixture.connect()
                try await peer.send("POST /a HTTP/1.0\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx")
                #expect(try await peer.read(through: "[x]").contains("connection: keep-alive"))
                try await peer.send("GET /b HTTP/1.0\r\n\r\n")
                #expect(try await peer.readToEnd().hasSuffix("GET /b []"))
            }
        }

        @Test func streamsAreChunkedAndOneTurnIsOneWrite() async throws {
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.startStream(status: 200, headers: HeaderBlock())
                [UInt8]("one").withUnsafeBytes { exchange.write($0) }
                [UInt8]().withUnsafeBytes { exchange.write($0) }
                exchange.write(ByteBuffer())
                exchange.write(ByteBuffer(string: String(repeating: "2", count: 16)))
                exchange.later(turns: 2) { exchange.finish() }
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let peer = try await fixture.connect()
                try await peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                let stream = try await peer.read(through: "0\r\n\r\n")
                #expect(stream.contains("transfer-encoding: chunked\r\n"))
                #expect(!stream.contains("content-length"))
                #expect(stream.hasSuffix("\r\n\r\n3\r\none\r\n10\r\n2222222222222222\r\n0\r\n\r\n"))
                try await peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                #expect(try await peer.readToEnd().hasSuffix("0\r\n\r\n"))
            }
        }

        @Test func streamsToHTTP10AreDelimitedByTheEnd() async throws {
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.startStream(status: 200, headers: HeaderBlock())
                exchange.write(ByteBuffer(string: "one"))
                exchange.later(turns: 2) {
                    [UInt8]("two").withUnsafeBytes { exchange.write($0) }
                    exchange.finish()
                }
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let stream = try await fixture.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(!stream.contains("chunked"))
                #expect(stream.contains("connection: close"))
                #expect(stream.hasSuffix("\r\n\r\nonetwo"))
            }
        }

        @Test func anAbortedStreamIsSeenAsCut() async throws {
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.startStream(status: 200, headers: HeaderBlock())
                exchange.write(ByteBuffer(string: "part"))
                exchange.abort()
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let chunked = try await fixture.exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(chunked.hasSuffix("4\r\npart\r\n"))
                let peer = try await fixture.connect()
                try await peer.send("GET / HTTP/1.0\r\n\r\n")
                #expect(try await peer.endedWithError())
            }
        }

        @Test func bodiesOfAnySizeArriveWhole() async throws {
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                exchange.collectBody(limit: 8 << 20) { result in
                    guard case .success(let body) = result else { return exchange.answer("failed", status: 500) }
                    exchange.respond(status: 200, headers: HeaderBlock(), body: body)
                }
            }
            try await ServerFixture.run(answer: answer) { fixture in
                for size in [0, 1, 2047, 2048, 16_384, 16_385, 65_536, 1_000_003, 5_000_000] {
                    let body = patterned(size)
                    let peer = try await fixture.connect()
                    let head = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: \(size)\r\n\r\n"
                    async let sent: Void = peer.send(Array(head.utf8) + body)
                    let answer = try await peer.readToEnd()
                    try await sent
                    #expect(Array(answer.utf8.suffix(size)) == body, "\(size)")
                    #expect(answer.contains("content-length: \(size)\r\n"), "\(size)")
                }
            }
        }

        @Test func anExchangeKeptAfterItsAnswerCannotDisturbTheNext() async throws {
            let held = HeldExchange()
            let answer: @Sendable (HTTPExchange) -> Void = { exchange in
                if held.hold(exchange) { return exchange.answer("first") }
                held.exchange?.answer("intruder")
                held.exchange?.onClientGone?()
                exchange.answer("second")
            }
            try await ServerFixture.run(answer: answer) { fixture in
                let answers = try await fixture.exchange(
                    "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                #expect(answers.contains("first") && answers.hasSuffix("second"))
                #expect(!answers.contains("intruder"))
            }
        }
    }
}
