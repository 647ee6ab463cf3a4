// Admission: refusals in their order, and estimates that bound every settlement.

import Money
import Routing
import Support
import Testing

@Suite struct AdmissionRefusalTests {
    @Test func refusals_areNumberedInTheirOrderWithoutGaps() {
        #expect(AdmissionRefusal.allCases.map(\.rawValue) == Array(1...UInt8(AdmissionRefusal.allCases.count)))
    }

    @Test(arguments: [
        (AdmissionRefusal.draining, 503, "draining"), (.keyMissing, 401, "key_missing"),
        (.keyUnknown, 401, "key_unknown"), (.keyExpired, 401, "key_expired"),
        (.tenantSuspended, 403, "tenant_suspended"), (.scopeMissing, 403, "scope_missing"),
        (.rateLimited, 429, "rate_limited"),
        (.bodyTooLarge, 413, "body_too_large"), (.bodyMalformed, 400, "body_malformed"),
        (.modelUnknown, 404, "model_unknown"),
        (.modelPaused, 429, "model_paused"),
        (.outputOutOfRange, 400, "output_out_of_range"), (.walletUnavailable, 503, "wallet_unavailable"),
        (.walletMissing, 402, "wallet_missing"), (.keyCapExceeded, 402, "key_cap_exceeded"),
        (.insufficientFunds, 402, "insufficient_funds"),
    ])
    func refusal_hasItsStatusAndWord(refusal: AdmissionRefusal, status: Int, code: String) {
        #expect(refusal.status == status)
        #expect(refusal.code == code)
    }
}

@Suite struct EstimateTests {
    private let exact = EstimateTuning(
        textBytesPerTokenTenths: 20, attachmentBytesPerTokenTenths: 100, tokensPerAttachment: 30, tokensPerRequest: 5)

    private func plan(_ lists: [PriceList], window: Int64 = 100_000, longest: Int64 = 8000) throws -> AttemptPlan {
        var offer = try draft([("m", lists.indices.map { "a\($0)" })])
        offer.models[0].contextWindow = window
        offer.models[0].maxOutputTokens = longest
        for (index, list) in lists.enumerated() { offer.models[0].hosts[index].prices = list }
        let catalog = try Catalog(offer)
        var cooldowns = CooldownTable(catalog)
        return try AttemptPlan(catalog.models[0], .anthropic, &cooldowns, now: 0)
    }

    private func size(
        text: Int = 0, attachments: Int = 0, bytes: Int = 0, output: Int64? = nil, choices: Int = 1
    ) -> RequestSize {
        RequestSize(
            textBytes: text, attachments: attachments, attachmentBytes: bytes, requestedOutput: output, choices: choices
        )
    }

    @Test(
        arguments: [
            (0, 0, 0, 5), (1, 0, 0, 6), (2, 0, 0, 6), (3, 0, 0, 7), (2000, 0, 0, 1005), (0, 2, 0, 65), (0, 1, 101, 46),
            (1_000_000, 0, 0, 100_000),
            (Int.max, Int.max, Int.max, 100_000), (-5, -5, -5, 5),
        ] as [(Int, Int, Int, Int64)])
    func input_isCountedUpToTheContextWindow(text: Int, attachments: Int, bytes: Int, tokens: Int64) throws {
        let estimate = Estimate(
            size(text: text, attachments: attachments, bytes: bytes), try plan([prices("1", "1")]), exact)
        #expect(estimate?.inputTokens == tokens)
    }

    @Test(
        arguments: [
            (nil, 1, 8000), (100, 1, 100), (8001, 1, 8000), (Int64.max, 1, 8000), (100, 16, 1600), (1, 1, 1),
            (0, 1, nil), (-1, 1, nil),
            (100, 0, nil), (100, 17, nil), (100, -1, nil),
        ] as [(Int64?, Int, Int64?)])
    func output_isTheMaximumTimesTheChoices(asked: Int64?, choices: Int, tokens: Int64?) throws {
        let estimate = Estimate(size(output: asked, choices: choices), try plan([prices("1", "1")]), exact)
        #expect(estimate?.outputTokens == tokens)
    }

    /// B-02: dearest tier, dearest host: 1,005 input tokens at the 1-hour price of 6 and 1,000 output tokens at 15.
    @Test func amount_isAtTheDearestHostAndTier() throws {
        let plan = try plan([prices("1", "2"), prices("3", "15", write1h: "6"), prices("4", "14")])
        #expect(Estimate(size(text: 2000, output: 1000), plan, exact)?.amount == Micros(1005 * 6 + 1000 * 15))
    }

    @Test func amount_ofAFreeModel_isNothing() throws {
        #expect(Estimate(size(text: 2000), try plan([prices("0", "0")]), exact)?.amount == .zero)
    }

    @Test func amount_beyondSixtyFourBits_isRefused() throws {
        let plan = try plan([prices("1000000", "1000000")], window: Int64.max, longest: Int64.max / 16)
        #expect(Estimate(size(text: .max, output: nil, choices: 16), plan, exact) == nil)
    }

    /// No settlement of what was estimated exceeds the hold, however the tokens fall into buckets, at whichever host.
    @Test func settlement_ofWhatWasEstimated_neverExceedsTheHold() throws {
        var random = SeededRandom.forTest()
        func list() throws -> PriceList {
            func any() throws -> PricePerMillion {
                try #require(PricePerMillion(micros: Int64(random.next() % 100_000_000)))
            }
            return try PriceList(
                input: any(), cacheRead: any(), cacheWrite5m: any(), cacheWrite1h: any(), output: any())
        }
        for _ in 0..<2000 {
            let plan = try plan([list(), list(), list()])
            let request = size(
                text: Int(random.next() % 100_000), output: 1 + Int64(random.next() % 9000),
                choices: 1 + Int(random.next() % 4))
            let estimate = try #require(Estimate(request, plan, .standard))
            var left = estimate.inputTokens
            func part() -> Int64 {
                let part = left == 0 ? 0 : Int64(random.next() % UInt64(left + 1))
                left -= part
                return part
            }
            let usage = Usage(
                uncachedInput: part(), cacheRead: part(), cacheWrite5m: part(), cacheWrite1h: left,
                output: Int64(random.next() % UInt64(estimate.outputTokens + 1)))
            for attempt in plan.attempts {
                let cost = try #require(usage.costRoundedUp(at: attempt.prices))
                #expect(cost <= estimate.amount, "seed \(random.seed)")
            }
        }
    }
}
