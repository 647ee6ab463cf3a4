// Usage: what is billed when the vendor said everything, something, or nothing.

import Money
import Testing
import Translation

@Suite struct UsageTests {
    private func reading(_ usage: Usage, input: Bool, output: Bool, content: Int) -> UsageReading {
        UsageReading(usage: usage, inputReported: input, outputReported: output, isOdd: false, contentBytes: content)
    }

    @Test func reportedUsageOfAWholeAnswerIsBilledAsItIs() {
        let usage = Usage(uncachedInput: 10, cacheRead: 20, output: 30)
        let settled = reading(usage, input: true, output: true, content: 4000).settled(
            estimatedInput: 99, complete: true)
        #expect(settled.usage == usage)
        #expect(!settled.isEstimated)
    }

    @Test func anExplicitZeroIsNotMissing() {
        let settled = reading(Usage(), input: true, output: true, content: 4000).settled(
            estimatedInput: 99, complete: true)
        #expect(settled.usage == Usage())
        #expect(!settled.isEstimated)
    }

    @Test func aMissingInputIsTheEstimate() {
        let settled = reading(Usage(output: 5), input: false, output: true, content: 9).settled(
            estimatedInput: 99, complete: true)
        #expect(settled.usage == Usage(uncachedInput: 99, output: 5))
        #expect(settled.isEstimated)
    }

    @Test func theOutputOfABrokenAnswerIsTheGreaterCount() {
        let counted = reading(Usage(uncachedInput: 1, output: 3), input: true, output: true, content: 41)
        #expect(counted.settled(estimatedInput: 0, complete: false).usage.output == 11)
        let reported = reading(Usage(uncachedInput: 1, output: 30), input: true, output: true, content: 41)
        #expect(reported.settled(estimatedInput: 0, complete: false).usage.output == 30)
        #expect(reported.settled(estimatedInput: 0, complete: false).isEstimated)
    }

    @Test func aNegativeEstimateIsNone() {
        let settled = reading(Usage(), input: false, output: false, content: 0).settled(
            estimatedInput: -5, complete: false)
        #expect(settled.usage == Usage())
    }

    @Test func cachedTokensArePricedOnceAtTheirOwnPrice() throws {
        let prices = PriceList(
            input: try #require(PricePerMillion(dollars: "2")),
            cacheRead: try #require(PricePerMillion(dollars: "0.2")),
            cacheWrite5m: try #require(PricePerMillion(dollars: "2.5")),
            cacheWrite1h: try #require(PricePerMillion(dollars: "4")),
            output: .free)
        let body = Array(
            #"{"choices":[],"usage":{"prompt_tokens":20212,"completion_tokens":0,"prompt_tokens_details":{"cached_tokens":16298}}}"#
                .utf8)
        let reading = body.withUnsafeBytes { CompletionMeter.read($0, dialect: .openai) }
        guard case .completion(let completion) = reading else { return #expect(Bool(false), "\(reading)") }
        // 3,914 at 2 and 16,298 at 0.2 dollars a million, rounded up once (B-19).
        #expect(completion.usage.usage.costRoundedUp(at: prices) == Micros(7_828 + 3_260))
    }
}
