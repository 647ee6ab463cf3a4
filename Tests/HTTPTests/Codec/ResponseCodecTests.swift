// ResponseCodecTests: what the response side accepts and refuses, independent of how the input is cut.

import Testing

@testable import HTTP

@Suite struct ResponseCodecTests {
    static let accepted: [(name: String, input: String, starts: [String], bodies: [String])] = [
        ("by length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ["http11 200"], ["ok"]),
        (
            "chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", ["http11 200"],
            ["ok"]
        ),
        ("until close", "HTTP/1.1 200 OK\r\n\r\nall of this", ["http11 200"], ["all of this"]),
        ("until close on 1.0", "HTTP/1.0 200 OK\r\n\r\nall", ["http10 200"], ["all"]),
        ("no reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", ["http11 200"], [""]),
        ("no space after status", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ["http11 200"], [""]),
        ("reason above ASCII", "HTTP/1.1 404 Nicht gefunden \u{fc}\r\nContent-Length: 0\r\n\r\n", ["http11 404"], [""]),
        ("204 has no body whatever it says", "HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n", ["http11 204"], [""]),
        (
            "304 has no body whatever it says", "HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\n\r\n", ["http11 304"],
            [""]
        ),
        (
            "interim answers come first",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
            ["http11 100", "http11 103", "http11 200"], ["", "", "a"]
        ),
    ]

    @Test(arguments: accepted.indices)
    func isAcceptedTheSameHoweverItIsCut(_ index: Int) {
        let (name, text, starts, bodies) = Self.accepted[index]
        let input = Array(text.utf8)
        for cut in everyCut(of: input) {
            let seen = ResponseFeeder.read(input, cut)
            #expect(seen.problem == nil, "\(name), \(cut)")
            #expect(seen.messages.map(\.start) == starts, "\(name), \(cut)")
            #expect(seen.messages.map { String(decoding: $0.body, as: UTF8.self) } == bodies, "\(name), \(cut)")
            #expect(seen.completed == starts.count, "\(name), \(cut)")
        }
    }

    static let refused: [(name: String, input: String, problem: Malformation)] = [
        ("garbage", "SSH-2.0-OpenSSH_9.2\r\n\r\n", .badStatusLine),
        ("HTTP/0.9", "<html>\r\n\r\n", .badStatusLine),
        ("HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", .badVersion),
        ("lower case", "http/1.1 200 OK\r\n\r\n", .badVersion),
        ("two-digit status", "HTTP/1.1 20 OK\r\n\r\n", .badStatusLine),
        ("four-digit status", "HTTP/1.1 2000 OK\r\n\r\n", .badStatusLine),
        ("status 99", "HTTP/1.1 099 OK\r\n\r\n", .badStatusLine),
        ("status 600", "HTTP/1.1 600 OK\r\n\r\n", .badStatusLine),
        ("tab for space", "HTTP/1.1\t200 OK\r\n\r\n", .badStatusLine),
        ("NUL in reason", "HTTP/1.1 200 O\0K\r\n\r\n", .badStatusLine),
        ("bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", .bareLineFeed),
        ("empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", .badStatusLine),
        ("folded field", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n", .foldedLine),
        (
            "lengths that differ", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
            .repeatedContentLength
        ),
        (
            "lengths that agree", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
            .repeatedContentLength
        ),
        (
            "length and chunked", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
            .lengthAndTransferEncoding
        ),
        ("chunked on 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingOnHTTP10),
        (
            "gzip then chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            .unsupportedTransferCoding
        ),
        ("switching protocols", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", .unexpectedUpgrade),
        ("bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", .badChunkSize),
        ("endless head", "HTTP/1.1 200 OK\r\na: " + String(repeating: "x", count: 40_000), .headTooLarge),
        (
            "hundred and one fields", "HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 101) + "\r\n",
            .tooManyFields
        ),
    ]

    @Test(arguments: refused.indices)
    func isRefusedTheSameHoweverItIsCut(_ index: Int) {
        let (name, text, problem) = Self.refused[index]
        let input = Array(text.utf8)
        let cuts = input.count < 300 ? everyCut(of: input) : [.whole, .pieces(Array(repeating: 997, count: 100))]
        for cut in cuts { #expect(ResponseFeeder.read(input, cut).problem == problem, "\(name), \(cut)") }
    }

    @Test func answersToHeadHaveNoBody() {
        let input = [UInt8](
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        let seen = ResponseFeeder.read(input, toHead: true)
        #expect(seen.problem == nil)
        #expect(seen.completed == 2)
        #expect(seen.messages.allSatisfy { $0.body.isEmpty } == true)
    }

    @Test func aCutBodyIsNotComplete() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfour",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\n",
        ] {
            #expect(ResponseFeeder.read(Array(text.utf8)).completed == 0)
        }
    }
}
