// Fuzz: recorded requests broken at random, and random lawful conversations. What goes out is always JSON, and what came in
// lawful goes out lawful.
//
// A failure prints its seed; WEIR_TEST_SEED replays it.

import JSON
import Support
import Testing

@testable import Translation

@Suite struct RequestTranslationFuzzTests {
    @Test func brokenRequestsAreRefusedOrBecomeWholeOnes() {
        let fixtures = Fixture.all(in: "translations")
        var random = SeededRandom.forTest()
        var translated = 0
        for _ in 0..<60_000 {
            guard let fixture = fixtures.randomElement(using: &random) else { return }
            let body = Damage.apply(to: fixture.input, with: fixtures, &random)
            guard let result = Self.translated(body, fixture.dialect) else { continue }
            translated += 1
            let isWhole = result.body.withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                return (try? scanner.skip()) != nil && (try? scanner.finish()) != nil
            }
            #expect(isWhole, "seed \(random.seed): \(String(decoding: body, as: UTF8.self))")
            // A request a few bytes long must not become a long one.
            #expect(result.body.count <= 6 * body.count + 512, "seed \(random.seed)")
        }
        #expect(translated > 2_000, "seed \(random.seed)")
    }

    @Test(arguments: Dialect.allCases)
    func lawfulConversationsStayLawful(_ client: Dialect) {
        var random = SeededRandom.forTest()
        let upstream: Dialect = client == .anthropic ? .openai : .anthropic
        for round in 0..<5_000 {
            let body = RandomConversation.body(client, &random)
            guard let result = Self.translated(body, client) else {
                Issue.record("seed \(random.seed) round \(round): \(String(decoding: body, as: UTF8.self))")
                return
            }
            let faults = RequestChecker.faults(in: result.body, upstream)
            let text = String(decoding: body, as: UTF8.self)
            #expect(faults == [], "seed \(random.seed) round \(round): \(text)")
            if !faults.isEmpty { return }
        }
    }

    /// There and back again: what was said, called and answered is the same, in the same order.
    @Test func conversationsComeBackAsTheyWere() {
        var random = SeededRandom.forTest()
        for round in 0..<5_000 {
            let body = RandomConversation.body(.anthropic, &random)
            let there = Self.translated(body, .anthropic)
            let back = there.flatMap { Self.translated($0.body, .openai) }
            let said = RandomConversation.said(in: body)
            #expect(back.map { RandomConversation.said(in: $0.body) } == said, "seed \(random.seed) round \(round)")
        }
    }

    private static func translated(_ body: [UInt8], _ client: Dialect) -> TranslatedRequest? {
        body.withUnsafeBytes { bytes in
            guard let summary = try? RequestSummary(reading: bytes, as: client) else { return nil }
            return try? RequestTranslation.translate(
                bytes, summary, to: client == .anthropic ? .openai : .anthropic, upstreamModel: "up",
                traits: UpstreamTraits())
        }
    }
}
