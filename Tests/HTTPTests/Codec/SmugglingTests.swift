// SmugglingTests: the table of malformed and ambiguous requests, each with the verdict it must get.
//
// Every row is fed whole, byte by byte and cut at every point: the verdict may not depend on it.

import Testing

@testable import HTTP

@Suite struct SmugglingTests {
    struct Row: CustomStringConvertible, Sendable {
        let name: String
        let input: [UInt8]
        let verdict: RequestProblem
        var description: String { name }

        init(_ name: String, _ input: StaticString, _ verdict: RequestProblem) {
            self.name = name
            self.input = [UInt8](input)
            self.verdict = verdict
        }

        init(_ name: String, _ input: StaticString, _ malformation: Malformation) {
            self.init(name, input, .malformed(malformation))
        }

        /// A request with `fields` behind a good request line and Host.
        init(fields name: String, _ fields: String, _ malformation: Malformation) {
            self.name = name
            input = Array("POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\nabcde".utf8)
            verdict = .malformed(malformation)
        }

        /// A request with a chunked `body`.
        init(chunks name: String, _ body: String, _ malformation: Malformation) {
            self.name = name
            input = Array("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(body)".utf8)
            verdict = .malformed(malformation)
        }
    }

    static let startLines: [Row] = [
        Row("HTTP/0.9", "GET /\r\n\r\n", .badRequestLine),
        Row("empty method", " / HTTP/1.1\r\nHost: h\r\n\r\n", .badMethod),
        Row("method with a colon", "GE:T / HTTP/1.1\r\nHost: h\r\n\r\n", .badMethod),
        Row("method without end", "AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDDD / HTTP/1.1\r\n\r\n", .badMethod),
        Row("TLS hello", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", .badMethod),
        Row("tab after method", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", .badMethod),
        Row("two spaces after method", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("two spaces after target", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("space in target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("tab in target", "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("fragment in target", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("NUL in target", "GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("raw UTF-8 in target", "GET /grün HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("target without slash", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("asterisk without OPTIONS", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("asterisk and more", "OPTIONS *x HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("other scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("absolute without host", "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("user name in authority", "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", .badTarget),
        Row("absolute form against Host", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", .hostDisagreesWithTarget),
        Row("lower-case version", "GET / http/1.1\r\nHost: h\r\n\r\n", .badVersion),
        Row("version with a letter", "GET / HTTP/1.x\r\nHost: h\r\n\r\n", .badVersion),
        Row("long version", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", .badRequestLine),
        Row("space after version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", .badRequestLine),
        Row("CR inside request line", "GET / HTTP/1.1\rX\r\nHost: h\r\n\r\n", .badRequestLine),
        Row("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        Row("HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", .unsupportedVersion),
        Row("CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", .unsupportedMethod),
        Row("three empty lines first", "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .badRequestLine),
        Row("bare LF first", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .bareLineFeed),
        Row("bare LF after request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", .bareLineFeed),
    ]

    static let fieldLines: [Row] = [
        Row("bare LF after a field", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", .bareLineFeed),
        Row("bare LF as the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\nX", .bareLineFeed),
        Row(fields: "folded field", "A: b\r\n c: d", .foldedLine),
        Row("folded first line", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", .foldedLine),
        Row(fields: "folded with tab", "A: b\r\n\tc", .foldedLine),
        Row(fields: "space before colon", "Content-Length : 5", .spaceBeforeColon),
        Row(fields: "tab before colon", "Transfer-Encoding\t: chunked", .spaceBeforeColon),
        Row(fields: "no colon", "Content-Length 5", .spaceBeforeColon),
        Row(fields: "name alone", "ContentLength", .missingColon),
        Row(fields: "empty name", ": 5", .emptyFieldName),
        Row(fields: "name with a slash", "a/b: c", .badFieldName),
        Row(fields: "name above ASCII", "gr\u{fc}n: c", .badFieldName),
        Row(fields: "NUL in name", "a\0b: c", .badFieldName),
        Row(fields: "CR in name", "a\rb: c", .badFieldName),
        Row(fields: "NUL in value", "A: b\0c", .controlCharacter),
        Row(fields: "escape in value", "A: b\u{1b}c", .controlCharacter),
        Row(fields: "DEL in value", "A: bcdefghijklm\u{7f}c", .controlCharacter),
        Row(fields: "bare CR in value", "A: b\rContent-Length: 5", .bareCarriageReturn),
        Row(fields: "CR CR LF", "A: b\r", .bareCarriageReturn),
        Row("no Host on 1.1", "GET / HTTP/1.1\r\nX: y\r\n\r\n", .missingHost),
        Row(fields: "two Hosts", "Host: h", .repeatedHost),
        Row("host with a comma", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", .badHost),
        Row("host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
        Row("host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .badHost),
        Row("host with an @", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", .badHost),
        Row("host with a long port", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n", .badHost),
        Row("host with a port of letters", "GET / HTTP/1.1\r\nHost: a:80x\r\n\r\n", .badHost),
        Row("host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .badHost),
        Row("unknown expectation", "GET / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n", .expectationFailed),
    ]

    static let framings: [Row] = [
        Row(fields: "two lengths that differ", "Content-Length: 5\r\nContent-Length: 6", .repeatedContentLength),
        Row(fields: "two equal lengths", "Content-Length: 5\r\nContent-Length: 5", .repeatedContentLength),
        Row(fields: "list of lengths", "Content-Length: 5, 5", .badContentLength),
        Row(fields: "signed length", "Content-Length: +5", .badContentLength),
        Row(fields: "negative length", "Content-Length: -5", .badContentLength),
        Row(fields: "hexadecimal length", "Content-Length: 0x5", .badContentLength),
        Row(fields: "length with a space", "Content-Length: 5 5", .badContentLength),
        Row(fields: "empty length", "Content-Length:", .badContentLength),
        Row(fields: "fraction", "Content-Length: 5.0", .badContentLength),
        Row(fields: "length of 19 digits", "Content-Length: 9223372036854775808", .badContentLength),
        Row(
            fields: "length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked", .lengthAndTransferEncoding),
        Row(
            fields: "chunked and length", "Transfer-Encoding: chunked\r\nContent-Length: 5", .lengthAndTransferEncoding),
        Row(
            fields: "chunked and zero length", "Transfer-Encoding: chunked\r\nContent-Length: 0",
            .lengthAndTransferEncoding),
        Row(
            fields: "chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            .repeatedTransferEncoding),
        Row(fields: "chunked twice in a list", "Transfer-Encoding: chunked, chunked", .chunkedNotLast),
        Row(fields: "chunked then gzip", "Transfer-Encoding: chunked, gzip", .chunkedNotLast),
        Row(fields: "gzip alone", "Transfer-Encoding: gzip", .chunkedNotLast),
        Row(fields: "identity", "Transfer-Encoding: identity", .chunkedNotLast),
        Row(fields: "empty coding", "Transfer-Encoding:", .chunkedNotLast),
        Row(fields: "xchunked", "Transfer-Encoding: xchunked", .chunkedNotLast),
        Row(fields: "chunked with a parameter", "Transfer-Encoding: chunked;q=1", .chunkedNotLast),
        Row(fields: "quoted chunked", "Transfer-Encoding: \"chunked\"", .chunkedNotLast),
        Row(fields: "vertical tab before chunked", "Transfer-Encoding: \u{b}chunked", .controlCharacter),
        Row(
            "chunked on 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .transferEncodingOnHTTP10),
        Row(
            "gzip then chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            RequestProblem.unsupportedTransferCoding),
        Row("POST without length on 1.0", "POST / HTTP/1.0\r\n\r\n", .lengthRequired),
    ]

    static let chunks: [Row] = [
        Row(chunks: "empty size", "\r\n", .badChunkSize),
        Row(chunks: "size with a letter", "5g\r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "hexadecimal prefix", "0x5\r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "negative size", "-5\r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "signed size", "+5\r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "space before size", " 5\r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "space after size", "5 \r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "space before extension", "5 ;a\r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "byte above ASCII in extension", "5;gr\u{fc}n\r\nhello\r\n0\r\n\r\n", .badChunkExtension),
        Row(chunks: "underscore in size", "1_0\r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "size of 16 digits", "0000000000000005\r\nhello\r\n0\r\n\r\n", .chunkTooLarge),
        Row(chunks: "size that wraps", "fffffffffffffffff\r\n", .chunkTooLarge),
        Row(chunks: "bare LF after size", "5\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "CR without LF after size", "5\rXhello\r\n0\r\n\r\n", .badChunkSize),
        Row(chunks: "bare LF in extension", "5;a\nhello\r\n0\r\n\r\n", .badChunkExtension),
        Row(chunks: "NUL in extension", "5;a\0\r\nhello\r\n0\r\n\r\n", .badChunkExtension),
        Row(chunks: "empty extension", "5;\r\nhello\r\n0\r\n\r\n", .badChunkExtension),
        Row(chunks: "extension with two equals signs", "5;a==b\r\nhello\r\n0\r\n\r\n", .badChunkExtension),
        Row(chunks: "line end inside quotes", "5;a=\"b\r\nhello\r\n0\r\n\r\n", .badChunkExtension),
        Row(chunks: "escaped CR inside quotes", "5;a=\"b\\\r\nhello\r\n0\r\n\r\n", .badChunkExtension),
        Row(chunks: "text behind quotes", "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n", .badChunkExtension),
        Row(chunks: "CR inside extension", "5;a\rb\r\nhello\r\n0\r\n\r\n", .badChunkSize),
        Row(
            chunks: "extension without end", "5;" + String(repeating: "x", count: 1024) + "\r\n",
            .chunkExtensionsTooLong),
        Row(
            chunks: "many extensions",
            String(repeating: "1;" + String(repeating: "x", count: 99) + "\r\na\r\n", count: 11),
            .chunkExtensionsTooLong),
        Row(chunks: "data longer than its size", "5\r\nhelloX\r\n0\r\n\r\n", .badChunkEnd),
        Row(chunks: "bare LF after data", "5\r\nhello\n0\r\n\r\n", .badChunkEnd),
        Row(chunks: "data shorter than its size", "6\r\nhello\r\n0\r\n\r\n", .badChunkEnd),
        Row(chunks: "trailer without colon", "0\r\nabc\r\n\r\n", .badTrailer),
        Row(chunks: "folded trailer", "0\r\na: b\r\n c\r\n\r\n", .badTrailer),
        Row(chunks: "space before colon in trailer", "0\r\na : b\r\n\r\n", .badTrailer),
        Row(chunks: "bare LF in trailer", "0\r\na: b\n\r\n", .badTrailer),
        Row(chunks: "bare LF as last line", "0\r\n\n", .badTrailer),
        Row(chunks: "NUL in trailer", "0\r\na: \0\r\n\r\n", .badTrailer),
        Row(chunks: "length as trailer", "0\r\nContent-Length: 5\r\n\r\n", .forbiddenTrailer),
        Row(chunks: "coding as trailer", "0\r\nTRANSFER-ENCODING: chunked\r\n\r\n", .forbiddenTrailer),
        Row(chunks: "host as trailer", "0\r\nhost: x\r\n\r\n", .forbiddenTrailer),
        Row(chunks: "trailers without end", "0\r\n" + String(repeating: "a: b\r\n", count: 1400), .trailersTooLong),
    ]

    @Test(arguments: startLines + fieldLines + framings + chunks)
    func isRefusedWithTheSameVerdictHoweverItIsCut(_ row: Row) {
        // Cutting a kilobyte of filler at each point adds time and no case: long rows are cut at every 97th.
        let cuts =
            row.input.count < 300
            ? everyCut(of: row.input) : [.whole, .bytes, .pieces(Array(repeating: 97, count: 200))]
        for cut in cuts {
            let seen = RequestFeeder.read(row.input, cut)
            #expect(seen.problem == row.verdict, "\(row.name), \(cut)")
            #expect(seen.completed == 0, "\(row.name), \(cut)")
        }
    }

    @Test func theTableIsAsLongAsPromised() {
        #expect((Self.startLines + Self.fieldLines + Self.framings + Self.chunks).count >= 100)
    }

    @Test func everyMalformationARequestCanHaveIsInTheTable() {
        let responsesOnly: Set<Malformation> = [
            .badStatusLine, .headTooLarge, .tooManyFields, .unsupportedTransferCoding, .unexpectedUpgrade,
            .tooManyInterimResponses, .bytesWithoutRequest,
        ]
        var covered = Set<Malformation>()
        for row in Self.startLines + Self.fieldLines + Self.framings + Self.chunks {
            if case .malformed(let malformation) = row.verdict { covered.insert(malformation) }
        }
        #expect(Set(Malformation.allCases).subtracting(responsesOnly).subtracting(covered).isEmpty)
    }
}
