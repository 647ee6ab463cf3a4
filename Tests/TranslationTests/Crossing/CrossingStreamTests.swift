// Every recorded stream of one dialect, translated to the other: whole and cut at every point, against what it must come to.

import JSON
import Money
import Testing

@testable import Translation

@Suite struct CrossingStreamTests {
    static let streams = Fixture.all(in: "crossing-streams")
    /// The streams of the same-dialect tests are as good for translating; only their output is not recorded.
    static let borrowed = Fixture.all(in: "streams")

    @Test func theFixturesAreFound() {
        #expect(Self.streams.count >= 130)
    }

    @Test(arguments: streams)
    func comesToWhatIsExpected(_ fixture: Fixture) {
        let replay = CrossingReplay(fixture.input, fixture.crossing)
        #expect(String(decoding: replay.output, as: UTF8.self) == String(decoding: fixture.output, as: UTF8.self))
        #expect(replay.output == fixture.output)
        #expect(replay.endingName == fixture.expected["ending"]?.string)
        #expect(replay.malformedEvents == Int(fixture.expected["malformedEvents"]?.integer ?? 0))
        #expect(replay.endedWithinFraming == fixture.expected["endedWithinFraming"]?.boolean ?? false)
        #expect(replay.hasOutput == !fixture.output.isEmpty)
        if fixture.expected["usage"] != nil { #expect(replay.usage == fixture.usage) }
    }

    @Test(arguments: streams + borrowed)
    func doesNotDependOnHowItWasCut(_ fixture: Fixture) {
        #expect(CrossingReplay.disagreement(fixture.input, fixture.crossing) == nil)
    }

    @Test(arguments: streams + borrowed)
    func obeysTheLawsOfTheClientsDialect(_ fixture: Fixture) {
        #expect(CrossingReplay(fixture.input, fixture.crossing).violations(fixture.crossing) == [])
    }

    @Test(arguments: streams + borrowed)
    func isMeteredAsIfItHadNotBeenTranslated(_ fixture: Fixture) {
        let same = Replay(
            fixture.input,
            PassthroughStream.Options(dialect: fixture.dialect, preludeLimit: fixture.crossing.preludeLimit))
        #expect(CrossingReplay(fixture.input, fixture.crossing).difference(from: same) == nil)
    }
}
