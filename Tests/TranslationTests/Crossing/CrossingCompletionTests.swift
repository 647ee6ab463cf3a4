// Every recorded whole answer, translated; and whole answers against the streams they would have been.

import JSON
import Support
import Testing

@testable import Translation

@Suite struct CrossingCompletionTests {
    static let all = Fixture.all(in: "crossing-completions")

    @Test func theFixturesAreFound() {
        #expect(Self.all.count >= 40)
    }

    @Test(arguments: all)
    func comesToWhatIsExpected(_ fixture: Fixture) {
        var out = Array("before".utf8)
        var notes = CompletionNotes()
        let reading = fixture.input.withUnsafeBytes {
            TranslatedCompletion.append($0, fixture.crossing, to: &out, noting: &notes)
        }
        out.removeFirst("before".utf8.count)
        #expect(notes.dropped.headerValue == fixture.expected["dropped"]?.string ?? "")
        #expect(String(decoding: out, as: UTF8.self) == String(decoding: fixture.output, as: UTF8.self))
        #expect(Self.name(reading) == fixture.expected["reading"]?.string ?? "completion")
        #expect(reading == fixture.input.withUnsafeBytes { CompletionMeter.read($0, dialect: fixture.dialect) })
    }

    /// S-14: an upstream that answers whole although it was asked to stream.
    @Test(arguments: all.filter { $0.expected["reading"] == nil })
    func asAStream_saysTheSame(_ fixture: Fixture) {
        var stream: [UInt8] = []
        let reading = fixture.input.withUnsafeBytes {
            StreamFromCompletion.append(
                $0, dialect: fixture.dialect, clientModel: nil, includesUsage: true, to: &stream)
        }
        guard case .completion = reading else { return }
        let replay = CrossingReplay(stream, fixture.crossing)
        guard replay.ending == .complete else { return #expect(replay.output.isEmpty, "\(replay.ending)") }
        #expect(replay.violations(fixture.crossing) == [])
        #expect(Self.reason(inStream: replay.output) == Self.reason(inAnswer: fixture.output))
    }

    @Test func brokenAnswersAreUnusableOrBecomeJSON() {
        var random = SeededRandom.forTest()
        let mutator = StreamMutator(others: Self.all.map(\.input), reach: .bytes)
        var translated = 0
        for round in 0..<30_000 {
            guard let fixture = Self.all.randomElement(using: &random) else { return }
            let body = mutator.mutate(fixture.input, &random)
            var out: [UInt8] = []
            var notes = CompletionNotes()
            let reading = body.withUnsafeBytes {
                TranslatedCompletion.append($0, fixture.crossing, to: &out, noting: &notes)
            }
            guard case .completion = reading else {
                #expect(out.isEmpty, "seed \(random.seed) round \(round)")
                continue
            }
            translated += 1
            #expect(Self.isJSON(out), "seed \(random.seed) round \(round): \(String(decoding: out, as: UTF8.self))")
        }
        #expect(translated > 1_000, "seed \(random.seed)")
    }

    private static func isJSON(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return (try? scanner.skip()) != nil && (try? scanner.finish()) != nil
        }
    }

    private static func reason(inAnswer bytes: [UInt8]) -> String? {
        let json = bytes.withUnsafeBytes { try? JSONValue(parsing: $0) }
        return json?["stop_reason"]?.string ?? json?["choices"]?.elements?.first?["finish_reason"]?.string
    }

    private static func reason(inStream bytes: [UInt8]) -> String? {
        NaiveEvent.all(in: bytes).compactMap { event in
            event.json?["delta"]?["stop_reason"]?.string
                ?? event.json?["choices"]?.elements?.first?["finish_reason"]?.string
        }.last
    }

    private static func name(_ reading: CompletionReading) -> String {
        switch reading {
        case .completion: "completion"
        case .refused(let error): "refused.\(error.status)"
        case .unusable(let why): "unusable.\(why)"
        }
    }
}
