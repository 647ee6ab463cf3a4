// RequestCodecTests: what the request side of the codec accepts, and that cutting the input never matters.

import NIOCore
import Testing

@testable import HTTP

@Suite struct RequestCodecTests {
    static let accepted: [(name: String, input: String, starts: [String], bodies: [String])] = [
        ("plain GET", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", ["GET /a http11"], [""]),
        (
            "body by length", "POST /v1/messages?beta=true HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
            ["POST /v1/messages?beta=true http11"], ["hello"]
        ),
        ("zero length", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", ["POST /a http11"], [""]),
        ("no length on 1.1 is no body", "POST /a HTTP/1.1\r\nHost: h\r\n\r\n", ["POST /a http11"], [""]),
        (
            "chunks",
            "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
            ["POST /a http11"], ["abc0123456789"]
        ),
        (
            "chunk sizes in either case, leading zeros, extensions",
            "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n00a;x=\"y;\\\"=\";z;w=v\r\n0123456789\r\nB;q\r\n0123456789a\r\n000;e\r\n\r\n",
            ["POST /a http11"], ["01234567890123456789a"]
        ),
        (
            "trailers are read and dropped",
            "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 7\r\nx-empty:\r\n\r\n",
            ["POST /a http11"], ["a"]
        ),
        (
            "three in a row",
            "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nokGET /3 HTTP/1.1\r\nHost: h\r\n\r\n",
            ["GET /1 http11", "POST /2 http11", "GET /3 http11"], ["", "ok", ""]
        ),
        ("empty lines before the request line", "\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", ["GET /a http11"], [""]),
        ("HTTP/1.0 without Host", "GET /a HTTP/1.0\r\n\r\n", ["GET /a http10"], [""]),
        ("HTTP/1.0 with a length", "POST /a HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", ["POST /a http10"], ["x"]),
        ("absolute form", "GET http://h/a?b HTTP/1.1\r\nHost: H\r\n\r\n", ["GET http://h/a?b http11"], [""]),
        ("asterisk form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", ["OPTIONS * http11"], [""]),
        ("unknown method", "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", ["BREW /pot http11"], [""]),
        ("lower-case method is another method", "get /a HTTP/1.1\r\nHost: h\r\n\r\n", ["get /a http11"], [""]),
        ("empty Host", "GET /a HTTP/1.1\r\nHost:\r\n\r\n", ["GET /a http11"], [""]),
        ("address with port", "GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", ["GET /a http11"], [""]),
        ("bytes above 0x7F in a value", "GET /a HTTP/1.1\r\nHost: h\r\nX: gr\u{fc}n\r\n\r\n", ["GET /a http11"], [""]),
        (
            "100-continue", "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
            ["POST /a http11"], ["x"]
        ),
        ("GET with a body", "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", ["GET /a http11"], ["x"]),
    ]

    @Test(arguments: accepted.indices)
    func isAcceptedTheSameHoweverItIsCut(_ index: Int) {
        let (name, text, starts, bodies) = Self.accepted[index]
        let input = Array(text.utf8)
        for cut in everyCut(of: input) {
            let seen = RequestFeeder.read(input, cut)
            #expect(seen.problem == nil, "\(name), \(cut)")
            #expect(seen.messages.map(\.start) == starts, "\(name), \(cut)")
            #expect(seen.messages.map { String(decoding: $0.body, as: UTF8.self) } == bodies, "\(name), \(cut)")
            #expect(seen.completed == starts.count, "\(name), \(cut)")
        }
    }

    @Test func everyProperPrefixOfARequestIsIncompleteAndNotRefused() {
        let input = Array(
            "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;e\r\nabc\r\n0\r\nt: v\r\n\r\n".utf8)
        for length in 0..<input.count {
            let seen = RequestFeeder.read(Array(input[..<length]))
            #expect(seen.problem == nil, "\(length)")
            #expect(seen.completed == 0, "\(length)")
        }
    }

    @Test func fieldsKeepOrderAndLoseOuterBlanks() {
        let seen = RequestFeeder.read(
            [UInt8]("GET / HTTP/1.1\r\nHost:h\r\nB: \t two words \t\r\na:\r\nB: again\r\n\r\n"))
        #expect(seen.messages.first?.fields == ["Host: h", "B: two words", "a: ", "B: again"])
    }

    @Test func targetsAreSplitIntoPathAndQuery() {
        func parts(_ target: String) -> (String, String?, String) {
            let head = parsedHead("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
            return (head.pathText, head.queryText, head.withTarget { String(decoding: $0, as: UTF8.self) })
        }
        #expect(parts("/a/b?c=d?e") == ("/a/b", "c=d?e", "/a/b?c=d?e"))
        #expect(parts("/") == ("/", nil, "/"))
        #expect(parts("/?") == ("/", "", "/?"))
        #expect(parts("http://h") == ("/", nil, "/"))
        #expect(parts("http://h/x") == ("/x", nil, "/x"))
        #expect(parts("HTTPS://h/x?y") == ("/x", "y", "/x?y"))
    }

    @Test func lookUpsCompareNamesWithoutCase() {
        let head = parsedHead(
            "GET /v1/models HTTP/1.1\r\nHOST: h\r\nX-Api-Key: K1\r\nx-api-key: K2\r\nAccept: Text/HTML\r\n\r\n")
        #expect(head.fields.text(of: "x-api-key") == "K1")
        #expect(head.fields.texts(of: "x-api-key") == ["K1", "K2"])
        #expect(head.fields.contains("host"))
        #expect(!head.fields.contains("hos"))
        #expect(head.fields.value(of: "accept", equals: "text/html"))
        let absent = head.fields.withValue(of: "authorization") { $0.count }
        #expect(absent == nil)
        #expect(head.pathEquals("/v1/models"))
        #expect(!head.pathEquals("/v1/model"))
        #expect(head.pathHasPrefix("/v1/"))
        #expect(!head.pathHasPrefix("/v1/models/x"))
    }

    @Test func limitsAreMetExactly() {
        var limits = HeadLimits()
        limits.targetBytesMax = 20
        limits.fieldsMax = 3
        limits.headBytesMax = 200
        func problem(_ text: String) -> RequestProblem? {
            let whole = RequestFeeder.read(Array(text.utf8), .whole, limits: limits)
            #expect(RequestFeeder.read(Array(text.utf8), .bytes, limits: limits) == whole)
            return whole.problem
        }
        let path = "/" + String(repeating: "a", count: 19)
        #expect(problem("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n") == nil)
        #expect(problem("GET \(path)a HTTP/1.1\r\nHost: h\r\n\r\n") == .targetTooLong)
        #expect(problem("GET /\(String(repeating: "a", count: 500))") == .targetTooLong)
        #expect(problem("GET / HTTP/1.1\r\nHost: h\r\na: 1\r\nb: 2\r\n\r\n") == nil)
        #expect(problem("GET / HTTP/1.1\r\nHost: h\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n") == .tooManyFields)
        let fixed = "GET / HTTP/1.1\r\nHost: h\r\na: \r\n\r\n".utf8.count
        let filled = String(repeating: "x", count: 200 - fixed)
        #expect(problem("GET / HTTP/1.1\r\nHost: h\r\na: \(filled)\r\n\r\n") == nil)
        #expect(problem("GET / HTTP/1.1\r\nHost: h\r\na: \(filled)x\r\n\r\n") == .headTooLarge)
    }
}

/// The head of `text`, which is a whole acceptable request head.
func parsedHead(_ text: String) -> RequestHead {
    var parser = RequestHeadParser(limits: HeadLimits())
    var head = RequestHead()
    let bytes = Array(text.utf8)
    guard case .complete(let length) = bytes.withUnsafeBytes({ parser.parse($0, into: &head) }) else {
        Issue.record("not a request head: \(text)")
        return head
    }
    head.fields.bytes = ByteBuffer(bytes: bytes[..<length])
    return head
}
