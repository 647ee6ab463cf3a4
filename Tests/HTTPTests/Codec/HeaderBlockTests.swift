// HeaderBlockTests: written headers are exactly what was appended, and nothing can be smuggled into them.

import NIOCore
import Testing

@testable import HTTP

@Suite struct HeaderBlockTests {
    @Test func fieldsOfAllKindsAreWrittenInOrder() {
        var block = HeaderBlock(capacity: 0)
        let taken = [
            block.append("content-type", "application/json"), block.append("x-id", String("req_1")),
            block.append("retry-after", 0), block.append("x-min", Int.min), block.append("x-max", Int.max),
            block.append("x-empty", ""),
        ]
        #expect(taken == Array(repeating: true, count: 6))
        #expect(
            String(buffer: block.bytes)
                == "content-type: application/json\r\nx-id: req_1\r\nretry-after: 0\r\nx-min: -9223372036854775808\r\n"
                + "x-max: 9223372036854775807\r\nx-empty: \r\n")
    }

    @Test(arguments: ["a\r\nSet-Cookie: x", "a\nb", "a\rb", "a\0b", "\u{7f}", "a\u{1b}[0m", "0123456\r", "01234567\n"])
    func aValueWithControlBytesIsRefusedAndLeavesNothing(_ value: String) {
        var block = HeaderBlock()
        block.append("a", "b")
        let taken = block.append("x", value)
        #expect(!taken)
        #expect(String(buffer: block.bytes) == "a: b\r\n")
    }

    @Test(arguments: ["", "a b", "a:", "a\r\nb", "gr\u{fc}n", "content-length", "Transfer-Encoding", "CONNECTION"])
    func aNameThatIsNoTokenOrFramesTheMessageIsRefused(_ name: String) {
        var block = HeaderBlock()
        let taken = Array(name.utf8).withUnsafeBytes { name in
            [UInt8]("v").withUnsafeBytes { block.append(name: name, value: $0) }
        }
        #expect(!taken)
        #expect(block.isEmpty)
    }

    @Test func hexadecimalSizesAreMinimal() {
        func hex(_ value: Int) -> String {
            var out = ByteBuffer()
            ResponseWriter.writeChunkHead(value, to: &out)
            return String(buffer: out)
        }
        #expect(hex(1) == "1\r\n")
        #expect(hex(15) == "f\r\n")
        #expect(hex(16) == "10\r\n")
        #expect(hex(0xABCDEF) == "abcdef\r\n")
        #expect(hex(Int.max) == "7fffffffffffffff\r\n")
    }

    @Test func upstreamHeadsCarryMethodTargetHostAndLength() {
        var builder = UpstreamHeadBuilder(method: "POST", target: "/v1/messages?beta=true", host: "api.example:8443")
        builder.headers.append("x-api-key", "k")
        #expect(
            String(buffer: builder.finish(contentLength: 12))
                == "POST /v1/messages?beta=true HTTP/1.1\r\nhost: api.example:8443\r\nx-api-key: k\r\ncontent-length: 12\r\n\r\n"
        )
        let get = UpstreamHeadBuilder(method: "GET", target: "/", host: "h").finish(contentLength: nil)
        #expect(String(buffer: get) == "GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    }

    @Test func statusesWithoutALineOfTheirOwnAreStillWritten() {
        for (status, line) in [(200, "HTTP/1.1 200 OK\r\n"), (418, "HTTP/1.1 418 \r\n")] {
            var out = ByteBuffer()
            ResponseWriter.writeStatusLine(status, to: &out)
            #expect(String(buffer: out) == line)
        }
    }

    /// Vectors: RFC 9110 §5.6.7 and `date -u -d @n` of GNU coreutils.
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
    ])
    func datesAreIMFFixdate(_ second: Int, _ text: String) {
        #expect(String(decoding: HTTPDate.text(unixSeconds: second), as: UTF8.self) == text)
    }
}
