// Every recorded chat stream as a Responses stream: whole and cut at every point, against what it must come to.

import JSON
import Testing

@testable import Translation

@Suite struct ResponsesStreamTests {
    static let streams = Fixture.all(in: "responses-streams")
    /// The chat streams of the other tests are as good; only their output is not recorded.
    static let borrowed = Fixture.all(in: "streams").filter { $0.dialect == .openai }

    @Test func theFixturesAreFound() {
        #expect(Self.streams.count >= 50)
        #expect(Self.borrowed.count >= 50)
    }

    @Test(arguments: streams)
    func comesToWhatIsExpected(_ fixture: Fixture) {
        let replay = ResponsesReplay(fixture.input, fixture.responses)
        #expect(String(decoding: replay.output, as: UTF8.self) == String(decoding: fixture.output, as: UTF8.self))
        #expect(replay.output == fixture.output)
        #expect(replay.endingName == fixture.expected["ending"]?.string)
        #expect(replay.malformedEvents == Int(fixture.expected["malformedEvents"]?.integer ?? 0))
        #expect(replay.hasOutput == !fixture.output.isEmpty)
        if let usage = fixture.expected["usage"] { #expect(replay.usage.usage == Fixture.usage(usage)) }
    }

    @Test(arguments: streams + borrowed)
    func doesNotDependOnHowItWasCut(_ fixture: Fixture) {
        #expect(ResponsesReplay.disagreement(fixture.input, fixture.responses) == nil)
    }

    @Test(arguments: streams + borrowed)
    func obeysTheLawsOfTheSurface(_ fixture: Fixture) {
        #expect(ResponsesReplay(fixture.input, fixture.responses).violations == [])
    }

    /// What another vendor's stream comes to for a chat client is what this surface reads.
    @Test(arguments: Fixture.all(in: "crossing-streams").filter { $0.dialect == .anthropic })
    func readsWhatTheTranslationWrites(_ fixture: Fixture) {
        var options = fixture.crossing
        options.includesUsage = true
        let chat = CrossingReplay(fixture.input, options)
        let replay = ResponsesReplay(chat.output, fixture.responses)
        #expect(replay.violations == [])
        #expect(replay.output.isEmpty == chat.output.isEmpty)
        #expect((replay.ending == .complete) == (chat.ending == .complete))
    }
}
