// RefusalTests: what the edge refuses by itself, with the right status, the handler's words, and an orderly close.

import NIOCore
import Testing

@testable import HTTP

extension Loopback {
    @Suite struct RefusalTests {
        static let refusals: [(status: Int, input: String, target: String)] = [
            (400, "GET /a HTTP/1.1\r\n\r\n", "/a"),
            (
                400, "POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "/v1/messages"
            ),
            (400, "G@T / HTTP/1.1\r\n\r\n", "-"),
            (411, "POST /a HTTP/1.0\r\n\r\n", "/a"),
            (414, "GET /" + String(repeating: "a", count: 9000), "-"),
            (417, "GET /a HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", "/a"),
            (431, "GET /a HTTP/1.1\r\nHost: h\r\nx: " + String(repeating: "a", count: 40_000), "/a"),
            (431, "GET /a HTTP/1.1\r\nHost: h\r\n" + String(repeating: "a: b\r\n", count: 101), "/a"),
            (501, "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n", "-"),
            (501, "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "/a"),
            (505, "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", "-"),
        ]

        @Test(arguments: refusals.indices)
        func aBadHeadIsAnsweredOnceAndTheConnectionCloses(_ index: Int) async throws {
            let (status, input, target) = Self.refusals[index]
            try await ServerFixture.run(answer: { $0.answer("handled") }) { fixture in
                let answer = try await fixture.exchange(input)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
                #expect(answer.contains("\r\nconnection: close\r\n"))
                #expect(answer.contains("\r\ncontent-type: text/plain\r\n"))
                #expect(answer.hasSuffix(" at \(target)"), "\(answer)")
                #expect(!answer.contains("handled"))
            }
        }

        @Test func goodRequestsBeforeABadOneAreAnswered() async throws {
            try await ServerFixture.run(answer: { $0.answer("fine") }) { fixture in
                let answers = try await fixture.exchange(
                    "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n")
                #expect(answers.components(of: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) } == ["200", "400"])
            }
        }

        static let badBodies: [(status: Int, fields: String, body: [UInt8])] = [
            (413, "Content-Length: 101", Array(repeating: 65, count: 101)),
            (413, "Content-Length: 999999999999999999", []),
            (413, "Transfer-Encoding: chunked", Array("65\r\n\(String(repeating: "a", count: 101))\r\n0\r\n\r\n".utf8)),
            (
                413, "Content-Encoding: gzip\r\nTransfer-Encoding: chunked",
                chunked(deflated(Array(repeating: 0, count: 101)))
            ),
            (413, "Content-Encoding: gzip\r\nContent-Length: \(bomb.count)", bomb),
            (415, "Content-Encoding: br\r\nContent-Length: 1", [65]),
            (415, "Content-Encoding: gzip, gzip\r\nContent-Length: 1", [65]),
            (415, "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 1", [65]),
            (400, "Content-Encoding: gzip\r\nContent-Length: 5", [UInt8]("plain")),
            (400, "Content-Encoding: gzip\r\nContent-Length: 12", Array(deflated([UInt8]("abc")).prefix(12))),
            (400, "Transfer-Encoding: chunked", [UInt8]("zz\r\n")),
            (400, "Transfer-Encoding: chunked", [UInt8]("1\r\nab\r\n")),
            (400, "Transfer-Encoding: chunked", [UInt8]("0\r\nContent-Length: 1\r\n\r\n")),
        ]

        /// Sixty kilobytes in less than the hundred bytes that are allowed.
        private static let bomb = deflated(Array(repeating: 0, count: 60_000))

        @Test func theBombIsSmallEnoughToPassUnopened() { #expect(Self.bomb.count <= 100) }

        @Test(arguments: badBodies.indices)
        func aBadBodyGoesToTheHandlerAndItsAnswerCloses(_ index: Int) async throws {
            let (status, fields, body) = Self.badBodies[index]
            try await ServerFixture.run(answer: { $0.echo(limit: 100) }) { fixture in
                let peer = try await fixture.connect()
                try await peer.send(Array("POST /a HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n".utf8) + body)
                let answer = try await peer.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
                #expect(answer.contains("connection: close"), "\(answer)")
            }
        }

        @Test func compressedBodiesAreInflatedWhateverTheirFraming() async throws {
            let packed = deflated([UInt8]("weir"))
            try await ServerFixture.run(answer: { $0.echo(limit: 100) }) { fixture in
                for (coding, bytes) in [
                    ("gzip", packed), ("x-gzip", packed), ("DEFLATE", deflated([UInt8]("weir"), windowBits: 15)),
                ] {
                    let head = "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Encoding: \(coding)\r\n"
                    let peer = try await fixture.connect()
                    try await peer.send(Array((head + "Content-Length: \(bytes.count)\r\n\r\n").utf8) + bytes)
                    #expect(try await peer.readToEnd().hasSuffix("[weir]"), "\(coding)")
                    let other = try await fixture.connect()
                    try await other.send(Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8) + chunked(bytes))
                    #expect(try await other.readToEnd().hasSuffix("[weir]"), "\(coding)")
                }
            }
        }

        @Test func aRefusedUploadStillGetsItsAnswerWhileItIsSending() async throws {
            try await ServerFixture.run(answer: { $0.echo(limit: 100) }) { fixture in
                let peer = try await fixture.connect()
                try await peer.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n")
                // Sent without waiting for the answer: a server that closed at once would reset it away.
                async let sent: Void = peer.send(Array(repeating: 65, count: 900_000))
                #expect(try await peer.readToEnd().hasPrefix("HTTP/1.1 413 "))
                try? await sent
            }
        }

        @Test func aSmallUnreadBodyIsReadAwayAndTheConnectionLives() async throws {
            try await ServerFixture.run(answer: { $0.answer($0.head.pathText) }) { fixture in
                let peer = try await fixture.connect()
                try await peer.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
                #expect(try await peer.read(through: "/a").contains("HTTP/1.1 200") == true)
                try await peer.send("cdePOST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n")
                try await peer.read(through: "/b")
                try await peer.send("x\r\n0\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n")
                try await peer.read(through: "/c")
            }
        }

        @Test func anUnreadBodyThatGoesOnForEverIsCutOff() async throws {
            try await ServerFixture.run(answer: { $0.answer("no", status: 401) }) { fixture in
                let peer = try await fixture.connect()
                try await peer.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
                try await peer.read(through: "no")
                let piece = Array("8000\r\n".utf8) + Array(repeating: UInt8(65), count: 0x8000) + Array("\r\n".utf8)
                await #expect(throws: (any Error).self) { for _ in 0..<1000 { try await peer.send(piece) } }
            }
        }
    }
}

/// `bytes` as one chunk and the last one.
private func chunked(_ bytes: [UInt8]) -> [UInt8] {
    Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n0\r\n\r\n".utf8)
}
