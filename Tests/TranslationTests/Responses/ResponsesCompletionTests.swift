// Every recorded whole chat completion as a response, against what it must come to and against its own stream.

import JSON
import Testing

@testable import Translation

@Suite struct ResponsesCompletionTests {
    static let all = Fixture.all(in: "responses-completions")

    @Test func theFixturesAreFound() {
        #expect(Self.all.count >= 14)
    }

    @Test(arguments: all)
    func comesToWhatIsExpected(_ fixture: Fixture) {
        var out = Array("before".utf8)
        let reading = fixture.input.withUnsafeBytes { ResponsesCompletion.append($0, fixture.responses, to: &out) }
        out.removeFirst("before".utf8.count)
        #expect(String(decoding: out, as: UTF8.self) == String(decoding: fixture.output, as: UTF8.self))
        let name = String("\(reading)".prefix { $0 != "(" })
        #expect(name == fixture.expected["reading"]?.string ?? "completion")
    }

    /// S-14: the stream of an answer ends with the response that the answer itself becomes.
    @Test(arguments: all.filter { $0.expected["reading"] == nil } + Fixture.all(in: "completions"))
    func asAStream_comesToTheSameResponse(_ fixture: Fixture) {
        var whole: [UInt8] = []
        let reading = fixture.input.withUnsafeBytes { ResponsesCompletion.append($0, fixture.responses, to: &whole) }
        guard case .completion = reading else { return }
        var stream: [UInt8] = []
        _ = fixture.input.withUnsafeBytes {
            StreamFromCompletion.append($0, dialect: .openai, clientModel: nil, includesUsage: true, to: &stream)
        }
        let replay = ResponsesReplay(stream, fixture.responses)
        guard replay.ending == .complete else { return #expect(replay.output.isEmpty, "\(replay.ending)") }
        #expect(replay.violations == [])
        let last = NaiveEvent.all(in: replay.output).last?.json?["response"]
        #expect(last == whole.withUnsafeBytes { try? JSONValue(parsing: $0) })
    }
}
