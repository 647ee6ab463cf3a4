// Cost: exact in 128 bits, rounded up once. Cases B-18, B-19 and B-21 are prices of real requests.

import Support
import Testing

@testable import Money

@Suite struct CostTests {
    private func prices(_ texts: [String]) -> PriceList {
        let parsed = texts.map { PricePerMillion(dollars: $0)! }
        return PriceList(
            input: parsed[0], cacheRead: parsed[1], cacheWrite5m: parsed[2], cacheWrite1h: parsed[3], output: parsed[4])
    }

    @Test func B18_anthropicCacheBucketsArePricedOneByOne() {
        let usage = Usage(uncachedInput: 50, cacheRead: 100_000, cacheWrite5m: 1_000, cacheWrite1h: 2_000)
        // 50×3 + 100,000×0.3 + 1,000×3.75 + 2,000×6 = 45,900 micro-dollars
        #expect(usage.costRoundedUp(at: prices(["3", "0.3", "3.75", "6", "15"])) == Micros(45_900))
    }

    @Test func B19_openAICachedTokensAreAPartOfThePrompt() {
        let usage = Usage(uncachedInput: 20_212 - 16_298, cacheRead: 16_298)
        // 3,914×2.5 + 16,298×1.25 = 30,157.5 → up
        #expect(usage.costRoundedUp(at: prices(["2.5", "1.25", "2.5", "2.5", "10"])) == Micros(30_158))
    }

    @Test func aFractionOfAMicroDollarIsRoundedUpOnceOverTheWholeRequest() {
        let cheap = prices(["0.1", "0.1", "0.1", "0.1", "0.1"])
        #expect(Usage(uncachedInput: 1).costRoundedUp(at: cheap) == Micros(1))
        // 5 buckets of 0.1 micro-dollars each are 0.5: one round-up, not five.
        let five = Usage(uncachedInput: 1, cacheRead: 1, cacheWrite5m: 1, cacheWrite1h: 1, output: 1)
        #expect(five.costRoundedUp(at: cheap) == Micros(1))
        #expect(Usage().costRoundedUp(at: cheap) == .zero)
    }

    @Test func impossibleUsageHasNoCost() {
        let dear = prices(["1000000", "0", "0", "0", "1000000"])
        #expect(Usage(uncachedInput: -1).costRoundedUp(at: dear) == nil)
        #expect(Usage(uncachedInput: .max, output: .max).costRoundedUp(at: dear) == nil)
        #expect(Usage(uncachedInput: 9_223_372_036_854).costRoundedUp(at: dear) == Micros(9_223_372_036_854_000_000))
        #expect(Usage(uncachedInput: .max, cacheRead: .max).input == .max)
    }

    @Test func costAgreesWithScaledArithmeticOnRandomUsage() {
        var random = SeededRandom.forTest()
        for _ in 0..<10_000 {
            let tokens = (0..<5).map { _ in Int64.random(in: 0...2_000_000, using: &random) }
            let micros = (0..<5).map { _ in Int64.random(in: 0...100_000_000, using: &random) }
            let list = micros.map { PricePerMillion(micros: $0)! }
            let usage = Usage(
                uncachedInput: tokens[0], cacheRead: tokens[1], cacheWrite5m: tokens[2], cacheWrite1h: tokens[3],
                output: tokens[4])
            let exact = zip(tokens, micros).reduce(Int64(0)) { $0 + $1.0 * $1.1 }
            let up = exact / 1_000_000 + (exact % 1_000_000 == 0 ? 0 : 1)
            let cost = usage.costRoundedUp(
                at: PriceList(
                    input: list[0], cacheRead: list[1], cacheWrite5m: list[2], cacheWrite1h: list[3], output: list[4]))
            #expect(cost == Micros(up), "seed \(random.seed): tokens \(tokens) prices \(micros)")
        }
    }
}
