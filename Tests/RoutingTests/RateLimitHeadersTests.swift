// RateLimitHeaders: the vendors' words, byte for byte.

import Routing
import Tenancy
import Testing

@Suite struct RateLimitHeadersTests {
    private func headers(_ manner: RateLimitManner, _ standing: RateStanding, at millis: Int64) -> [String] {
        var fields: [String] = []
        RateLimitHeaders.forEach(manner, standing, now: UnixMillis(millis)) { name, value in
            fields.append("\(name): \(String(decoding: value, as: UTF8.self))")
        }
        return fields
    }

    /// The standing after `count` requests at once.
    private func standing(_ rate: Int, burst: Int, after count: Int) throws -> RateStanding {
        let limit = try #require(RateLimit(requestsPerMinute: rate, burst: burst))
        var bucket = RateBucket()
        var last: RateStanding?
        for _ in 0..<count {
            switch bucket.decide(limit, now: 1000) {
            case .allowed(let next, let standing): (bucket, last) = (next, standing)
            case .limited(let standing): last = standing
            }
        }
        return try #require(last)
    }

    @Test func anthropic_whenLetThrough() throws {
        #expect(
            headers(.anthropic, try standing(60, burst: 50, after: 8), at: 1_795_246_380_000) == [
                "anthropic-ratelimit-requests-limit: 60", "anthropic-ratelimit-requests-remaining: 42",
                "anthropic-ratelimit-requests-reset: 2026-11-21T07:33:08Z",
            ])
    }

    @Test func anthropic_whenRefused_saysWhenToRetry() throws {
        #expect(
            headers(.anthropic, try standing(40, burst: 1, after: 2), at: 1_795_246_380_001) == [
                "anthropic-ratelimit-requests-limit: 40", "anthropic-ratelimit-requests-remaining: 0",
                "anthropic-ratelimit-requests-reset: 2026-11-21T07:33:02Z", "retry-after: 2",
            ])
    }

    @Test func openai_whenLetThrough() throws {
        #expect(
            headers(.openai, try standing(60, burst: 60, after: 1), at: 0) == [
                "x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 59",
                "x-ratelimit-reset-requests: 1s",
            ])
    }

    @Test(arguments: [
        (6_000_000, 1, "1ms"), (3000, 1, "20ms"), (60, 1, "1s"), (60, 59, "59s"), (60, 60, "1m0s"), (60, 360, "6m0s"),
        (40, 1, "2s"),
        (1, 600, "600m0s"),
    ])
    func openai_reset_isWrittenAsTheVendorDoes(rate: Int, used: Int, reset: String) throws {
        let fields = headers(.openai, try standing(rate, burst: 1000, after: used), at: 0)
        #expect(fields.last == "x-ratelimit-reset-requests: \(reset)")
    }

    @Test func largestValues_fitTheBuffer() throws {
        let limit = try #require(RateLimit(requestsPerMinute: 1, burst: 6_000_000))
        guard case .limited(let standing) = RateBucket(word: 6_000_000 * 60_000_000_000).decide(limit, now: 0) else {
            Issue.record("an emptied bucket refuses")
            return
        }
        #expect(headers(.openai, standing, at: 0)[2] == "x-ratelimit-reset-requests: 6000000m0s")
        #expect(headers(.anthropic, standing, at: 1_795_246_380_000)[2].hasSuffix("Z"))
    }
}
