// Fuzz: recorded cases, broken at random. Nothing may crash, and what holds for every input must hold.
//
// A failure prints its seed; WEIR_TEST_SEED replays it.

import JSON
import Money
import Support
import Testing
import Translation

@Suite struct FuzzTests {
    /// Enough to reach every state with every kind of damage, in about ten seconds.
    static let streamRounds = 200_000

    @Test func brokenStreamsEndLawfullyHoweverTheyAreCut() {
        let fixtures = Fixture.all(in: "streams")
        var random = SeededRandom.forTest()
        var endings: [String: Int] = [:]
        for round in 0..<Self.streamRounds {
            guard let fixture = fixtures.randomElement(using: &random) else { return }
            let input = Damage.apply(to: fixture.input, with: fixtures, &random)
            let whole = Replay(input, fixture.options)
            let cut = Replay(input, fixture.options, cuts: Replay.randomCuts(input.count, &random))
            let fault = cut == whole ? Self.fault(whole, fixture) : "depends on how it was cut"
            if let fault { Issue.record("\(fault): seed \(random.seed) round \(round) \(fixture.name)") }
            endings[String("\(whole.ending)".prefix { $0 != "(" }), default: 0] += 1
        }
        // Every ending must have been met, or the fuzz proves little.
        #expect(endings.count == 5, "seed \(random.seed): \(endings)")
    }

    /// What is wrong whatever came in; `nil` when nothing is.
    private static func fault(_ replay: Replay, _ fixture: Fixture) -> String? {
        let usage = replay.usage.usage
        if [usage.uncachedInput, usage.cacheRead, usage.cacheWrite5m, usage.cacheWrite1h, usage.output].contains(
            where: { $0 < 0 })
        {
            return "a negative count"
        }
        if let last = replay.output.last, last != UInt8(ascii: "\n"), last != UInt8(ascii: "\r") {
            return "ends inside a line"
        }
        switch replay.ending {
        case .refused, .empty: return replay.output.isEmpty ? nil : "output without an answer"
        case .truncated: return endsWithOurError(replay.output, fixture.dialect) ? nil : "cut without an error"
        case .complete, .failed: return replay.output.isEmpty ? "an answer without output" : nil
        }
    }

    private static func endsWithOurError(_ output: [UInt8], _ dialect: Dialect) -> Bool {
        guard let last = NaiveEvent.all(in: output).last, let error = last.json?["error"] else { return false }
        return dialect == .openai || (last.name == "error" && error["type"]?.string == "api_error")
    }

    @Test func brokenRequestsAreRefusedOrRewrittenExactly() throws {
        let fixtures = Fixture.all(in: "requests")
        var random = SeededRandom.forTest()
        var read = 0
        for _ in 0..<60_000 {
            guard let fixture = fixtures.randomElement(using: &random) else { return }
            let body = Damage.apply(to: fixture.input, with: fixtures, &random)
            let asks = Bool.random(using: &random)
            guard let rewritten = Self.rewritten(body, fixture.dialect, asks) else { continue }
            read += 1
            let before = body.withUnsafeBytes { try? JSONValue(parsing: $0) }
            let after = rewritten.withUnsafeBytes { try? JSONValue(parsing: $0) }
            let expected = before.map {
                NaiveRewrite.apply($0, model: "other", asks: asks && fixture.dialect == .openai)
            }
            #expect(after == expected, "seed \(random.seed): \(String(decoding: body, as: UTF8.self))")
        }
        #expect(read > 5_000, "seed \(random.seed)")
    }

    private static func rewritten(_ body: [UInt8], _ dialect: Dialect, _ asks: Bool) -> [UInt8]? {
        body.withUnsafeBytes { bytes in
            guard let summary = try? RequestSummary(reading: bytes, as: dialect) else { return nil }
            let rewrite = RequestRewrite(summary, upstreamModel: "other", asksForUsage: asks)
            var out: [UInt8] = []
            rewrite.append(bytes, to: &out)
            #expect(out.count == rewrite.byteCount(ofBody: bytes.count))
            return out
        }
    }

    @Test func brokenAnswersAreUnusableOrBecomeLawfulStreams() {
        let fixtures = Fixture.all(in: "completions")
        var random = SeededRandom.forTest()
        var streamed = 0
        for _ in 0..<60_000 {
            guard let fixture = fixtures.randomElement(using: &random) else { return }
            let body = Damage.apply(to: fixture.input, with: fixtures, &random)
            var out: [UInt8] = []
            let reading = body.withUnsafeBytes {
                StreamFromCompletion.append(
                    $0, dialect: fixture.dialect, clientModel: nil, includesUsage: true, to: &out)
            }
            guard case .completion = reading else {
                #expect(out.isEmpty, "seed \(random.seed)")
                continue
            }
            streamed += 1
            let last = NaiveEvent.all(in: out).last
            #expect(last?.data == "[DONE]" || last?.name == "message_stop", "seed \(random.seed)")
        }
        #expect(streamed > 2_000, "seed \(random.seed)")
    }
}

/// One to three injuries of a recorded input.
enum Damage {
    private static let alphabet = Array("{}[]\":,\\ue0169-.tfn \n\r:datevn".utf8) + [0, 0x80, 0xE5, 0xFF]

    static func apply(to input: [UInt8], with others: [Fixture], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            let length = min(Int.random(in: 1...120, using: &random), bytes.count - at)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes.insert(alphabet.randomElement(using: &random)!, at: at)
            case 1: bytes.removeSubrange(at..<min(at + 1, bytes.count))
            case 2: if at < bytes.count { bytes[at] = alphabet.randomElement(using: &random)! }
            case 3: bytes.removeSubrange(at..<at + length)
            case 4: bytes.insert(contentsOf: Array(bytes[at..<at + length]), at: at)
            case 5: bytes.removeSubrange(at...)
            default:
                let other = others.randomElement(using: &random)!.input
                let from = Int.random(in: 0...other.count, using: &random)
                bytes.insert(contentsOf: other[from..<min(from + length, other.count)], at: at)
            }
        }
        return bytes
    }
}

/// RequestRewrite a second time, on the tree.
enum NaiveRewrite {
    static func apply(_ body: JSONValue, model: String, asks: Bool) -> JSONValue {
        guard case .object(var members) = body else { return body }
        for index in members.indices where members[index].key == "model" { members[index].value = .string(model) }
        guard asks, body["stream"]?.boolean == true else { return .object(members) }
        let on = JSONValue.Member("include_usage", .boolean(true))
        guard let place = members.firstIndex(where: { $0.key == "stream_options" }) else {
            return .object(members + [.init("stream_options", .object([on]))])
        }
        guard case .object(var options) = members[place].value else {
            members[place].value = .object([on])
            return .object(members)
        }
        if let flag = options.firstIndex(where: { $0.key == "include_usage" }) {
            options[flag] = on
        } else {
            options.insert(on, at: 0)
        }
        members[place].value = .object(options)
        return .object(members)
    }
}
