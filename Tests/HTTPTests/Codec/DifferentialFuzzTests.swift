// DifferentialFuzzTests: our codec against NIOHTTP1's parser (llhttp) on the same mutated bytes.
//
// The rule: whatever we accept, the oracle accepts with the same meaning (method, target, fields, body). Where we refuse
// what it accepts we are stricter, and the refusal must be one of the reasons listed in `strictRequest`/`strictResponse`,
// each with why. So a refusal for any other reason is a finding, and so is every acceptance the oracle does not share, but
// for three: llhttp knows a closed list of methods, RFC 9110 §9.1 any token; llhttp refuses a tab behind the digits of a
// Content-Length, RFC 9110 §5.5 takes it off; llhttp
// stops at an interim answer that says `Connection: close`, which means nothing there.

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Support
import Testing

@testable import HTTP

@Suite struct DifferentialFuzzTests {
    /// Bounded so that the suite stays within seconds; WEIR_TEST_SEED replays a failure.
    static let rounds = 40_000

    /// Reasons to refuse what llhttp takes.
    static let strictRequest: [RequestProblem: String] = [
        .malformed(.badMethod): "llhttp skips blanks and CRs before a method",
        .malformed(.badTarget): "llhttp takes bytes above 0x7F, fragments, other schemes and user names in a target",
        .malformed(.missingHost): "llhttp does not ask for Host",
        .malformed(.repeatedHost): "llhttp does not count Host",
        .malformed(.badHost): "llhttp does not look into Host",
        .malformed(.hostDisagreesWithTarget): "llhttp does not compare the authority with Host",
        .malformed(.bareLineFeed): "llhttp takes a bare LF as the end of some lines",
        .malformed(.chunkedNotLast): "llhttp takes codings it does not know",
        .malformed(.repeatedTransferEncoding): "llhttp joins repeated Transfer-Encoding fields",
        .malformed(.transferEncodingOnHTTP10): "llhttp takes chunks on HTTP/1.0",
        .malformed(.badChunkExtension): "llhttp takes empty extension values",
        .malformed(.forbiddenTrailer): "llhttp passes any trailer on",
        .unsupportedTransferCoding: "llhttp leaves codings before chunked to its caller",
        .expectationFailed: "llhttp leaves Expect to its caller",
        .lengthRequired: "llhttp takes an HTTP/1.0 POST without a length as one without a body",
    ]

    static let strictResponse: [Malformation: String] = [
        .badStatusLine: "llhttp skips empty lines before a status line and takes control bytes in a reason",
        .bareLineFeed: "llhttp takes a bare LF as the end of some lines",
        .unexpectedUpgrade: "nobody here asks for an upgrade",
        .chunkedNotLast: "llhttp takes codings it does not know",
        .unsupportedTransferCoding: "llhttp leaves codings before chunked to its caller",
        .repeatedTransferEncoding: "llhttp joins repeated Transfer-Encoding fields",
        .transferEncodingOnHTTP10: "llhttp takes chunks on HTTP/1.0",
        .badChunkExtension: "llhttp takes empty extension values",
        .forbiddenTrailer: "llhttp passes any trailer on",
    ]

    @Test func requestsWeAcceptMeanTheSameToTheOracle() {
        var random = SeededRandom.forTest()
        var agreed = 0
        for _ in 0..<Self.rounds {
            let input = mutated(RequestSeeds.all.randomElement(using: &random)!, RequestSeeds.fragments, &random)
            let ours = RequestFeeder.read(input)
            let cut = Cut.pieces((0..<8).map { _ in Int.random(in: 1...40, using: &random) })
            #expect(RequestFeeder.read(input, cut) == ours, "\(cut) of \(shown(input)), seed \(random.seed)")
            let theirs = OracleRequests.read(input)
            let verdict = input.hasTabBeforeLineEnd ? nil : compare(ours, theirs)
            if let verdict {
                Issue.record("\(verdict) on \(shown(input)), seed \(random.seed)\nours \(ours)\ntheirs \(theirs)")
            }
            if ours.problem == nil, !theirs.hasFailed, ours.completed > 0 { agreed += 1 }
        }
        // A fuzzer that only makes garbage compares nothing.
        #expect(agreed > Self.rounds / 20, "seed \(random.seed)")
    }

    private func compare(_ ours: SeenRequests, _ theirs: OracleMessages) -> String? {
        let completed = ours.messages.filter(\.isComplete)
        for (index, message) in completed.enumerated() {
            if !isMethodKnownToOracle(message) { return nil }
            guard index < theirs.messages.count else { return "we accept message \(index), the oracle does not" }
            guard message == theirs.messages[index] else { return "message \(index) means something else" }
        }
        guard theirs.messages.count(where: \.isComplete) > completed.count, let problem = ours.problem else {
            return nil
        }
        return Self.strictRequest[problem] == nil ? "stricter for an unlisted reason \(problem)" : nil
    }

    private func isMethodKnownToOracle(_ message: SeenMessage) -> Bool {
        let method = message.start.prefix { $0 != " " }
        return ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"].contains(method)
    }

    @Test func responsesWeAcceptMeanTheSameToTheOracle() {
        var random = SeededRandom.forTest()
        var agreed = 0
        for _ in 0..<Self.rounds {
            let input = mutated(ResponseSeeds.all.randomElement(using: &random)!, ResponseSeeds.fragments, &random)
            let ours = ResponseFeeder.read(input)
            let cut = Cut.pieces((0..<8).map { _ in Int.random(in: 1...40, using: &random) })
            #expect(ResponseFeeder.read(input, cut) == ours, "\(cut) of \(shown(input)), seed \(random.seed)")
            let theirs = OracleResponses.read(input, requests: ours.messages.count + 4)
            let verdict = input.hasTabBeforeLineEnd ? nil : compare(ours, theirs)
            if let verdict {
                Issue.record("\(verdict) on \(shown(input)), seed \(random.seed)\nours \(ours)\ntheirs \(theirs)")
            }
            if ours.problem == nil, !theirs.hasFailed, ours.completed > 0 { agreed += 1 }
        }
        #expect(agreed > Self.rounds / 20, "seed \(random.seed)")
    }

    private func compare(_ ours: SeenResponses, _ theirs: OracleMessages) -> String? {
        let completed = ours.messages.filter(\.isComplete)
        for (index, message) in completed.enumerated() {
            if message.isInterimThatCloses { return nil }
            guard index < theirs.messages.count else { return "we accept message \(index), the oracle does not" }
            guard message == theirs.messages[index] else { return "message \(index) means something else" }
        }
        guard theirs.messages.count(where: \.isComplete) > completed.count, let problem = ours.problem else {
            return nil
        }
        return Self.strictResponse[problem] == nil ? "stricter for an unlisted reason \(problem)" : nil
    }
}

private func shown(_ input: [UInt8]) -> String { String(decoding: input, as: UTF8.self).debugDescription }

/// A few edits: bytes replaced, removed, doubled; fragments that matter inserted; two inputs joined.
private func mutated(_ seed: [UInt8], _ fragments: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
    var input = seed
    for _ in 0..<Int.random(in: 0...3, using: &random) {
        let offset = Int.random(in: 0...input.count, using: &random)
        switch Int.random(in: 0...5, using: &random) {
        case 0 where offset < input.count: input[offset] = UInt8.random(in: 0...255, using: &random)
        case 1 where offset < input.count: input.remove(at: offset)
        case 2 where offset < input.count: input.insert(input[offset], at: offset)
        case 3: input.insert(interestingBytes.randomElement(using: &random)!, at: offset)
        case 4:
            input.insert(contentsOf: fragments.randomElement(using: &random)!, at: lineStart(in: input, before: offset))
        default: input.insert(contentsOf: fragments.randomElement(using: &random)!, at: offset)
        }
    }
    if Int.random(in: 0...9, using: &random) == 0 { input += seed }
    return input
}

extension SeenMessage {
    /// An interim answer is followed by another one whatever it says of the connection (RFC 9110 §15.2). The oracle reads
    /// nothing after one that closes it, in words or by its version. Checked on a message before the one that differs, so
    /// that the exception covers what follows it only.
    fileprivate var isInterimThatCloses: Bool {
        let isInterim = start.contains(" 1")
        return isInterim && (start.hasPrefix("http10 ") || connection.contains("close"))
    }

    private var connection: String {
        fields.map { $0.lowercased() }.filter { $0.hasPrefix("connection:") }.joined(separator: ",")
    }
}

extension [UInt8] {
    fileprivate var hasTabBeforeLineEnd: Bool { zip(self, dropFirst()).contains { $0 == 0x09 && $1 == 0x0D } }
}

private let interestingBytes: [UInt8] = Array("\r\n \t:;,0\0/?#*xX\u{7f}".utf8) + [0x0B, 0x80, 0xFF]

private func lineStart(in input: [UInt8], before offset: Int) -> Int {
    (input[..<offset].lastIndex(of: 0x0A) ?? -1) + 1
}
