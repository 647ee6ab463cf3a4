// Every recorded stream, whole and cut at every point, against what it must come to.

import JSON
import Testing
import Translation

@Suite struct StreamFixtureTests {
    static let streams = Fixture.all(in: "streams")

    @Test func theFixturesAreFound() {
        #expect(Self.streams.count >= 103)
    }

    @Test(arguments: streams)
    func comesToWhatIsExpected(_ fixture: Fixture) {
        let replay = Replay(fixture.input, fixture.options)
        #expect(String(decoding: replay.output, as: UTF8.self) == String(decoding: fixture.output, as: UTF8.self))
        #expect(replay.output == fixture.output)
        #expect(Self.name(replay.ending) == fixture.expected["ending"]?.string)
        #expect(replay.usage == fixture.usage)
        #expect(replay.malformedEvents == Int(fixture.expected["malformedEvents"]?.integer ?? 0))
        #expect(replay.endedWithinFraming == fixture.expected["endedWithinFraming"]?.boolean ?? false)
        #expect(replay.hasOutput == !fixture.output.isEmpty)
    }

    @Test(arguments: streams)
    func doesNotDependOnHowItWasCut(_ fixture: Fixture) {
        #expect(Replay.disagreement(fixture.input, fixture.options) == nil)
    }

    @Test(arguments: streams)
    func obeysTheLawsOfItsDialect(_ fixture: Fixture) {
        guard !fixture.output.isEmpty, fixture.expected["invariants"] == nil else { return }
        switch fixture.dialect {
        case .anthropic: #expect(AnthropicStreamChecker.violations(in: fixture.output) == [])
        case .openai:
            let asked = !fixture.options.dropsUsageChunk
            #expect(OpenAIStreamChecker.violations(in: fixture.output, usageAsked: asked) == [])
        }
    }

    @Test(arguments: streams.filter { $0.expected["settled"] != nil })
    func isBilledAsExpected(_ fixture: Fixture) {
        let replay = Replay(fixture.input, fixture.options)
        let settled = replay.usage.settled(estimatedInput: 1000, complete: replay.ending == .complete)
        #expect(settled.usage == Fixture.usage(fixture.expected["settled"]))
        #expect(settled.isEstimated == fixture.expected["estimated"]?.boolean)
    }

    /// `complete`, `truncated.fault`, `empty.fault`, `failed.status`, `refused.status`.
    private static func name(_ ending: StreamEnding) -> String {
        switch ending {
        case .complete: "complete"
        case .truncated(let fault): "truncated.\(fault)"
        case .empty(let fault): "empty.\(fault)"
        case .failed(let error): "failed.\(error.status)"
        case .refused(let error): "refused.\(error.status)"
        }
    }
}
