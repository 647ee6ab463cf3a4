// The crossing laws themselves: each, broken once in a lawful stream, is noticed.

import Testing

@testable import Translation

@Suite struct CrossingLawTests {
    /// A lawful output, and its options.
    private static func output(_ name: String) -> (String, TranslatedStream.Options) {
        guard let fixture = CrossingStreamTests.streams.first(where: { $0.name == name }) else {
            preconditionFailure("\(name) is recorded")
        }
        return (String(decoding: fixture.output, as: UTF8.self), fixture.crossing)
    }

    @Test(arguments: [
        ("\"model\":\"the-model\"", "\"model\":\"gpt\""), ("\"id\":\"msg_", "\"id\":\""),
        ("\"content\":[]", "\"content\":[1]"),
        ("\"role\":\"assistant\",", ""), ("\"type\":\"text\"", "\"type\":\"image\""),
        ("\"text_delta\"", "\"thinking_delta\""), ("\"text\":\"ok\"", "\"text\":\"\""),
        ("\"id\":\"call_a\"", "\"id\":\"\""),
        ("\"name\":\"get_weather\",", ""), ("\"input\":{}", "\"input\":{\"a\":1}"),
        ("\"tool_use\",\"stop_", "\"end_turn\",\"stop_"),
        ("\"tool_use\",\"stop_", "\"xyz\",\"stop_"),
        ("\"stop_sequence\":null},\"usage", "\"stop_sequence\":\"x\"},\"usage"),
        ("\"output_tokens\":15", "\"output_tokens\":-1"),
    ])
    func everyBrokenAnthropicLawIsNoticed(_ law: String, _ broken: String) {
        let (text, options) = Self.output("X-03.openai-text-then-call")
        #expect(AnthropicCrossingLaws.violations(in: Array(text.utf8), options) == [])
        let changed = text.replacing(law, with: broken)
        #expect(changed != text)
        #expect(AnthropicCrossingLaws.violations(in: Array(changed.utf8), options) != [])
    }

    @Test(arguments: [
        ("\"model\":\"the-model\"", "\"model\":\"claude\""), ("chat.completion.chunk", "chat.completion"),
        ("\"created\":1700000000", "\"created\":1"), ("\"id\":\"chatcmpl-", "\"id\":\""),
        ("\"index\":0,\"delta", "\"index\":1,\"delta"),
        ("\"type\":\"function\",", ""), ("\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"stop\""),
        ("\"finish_reason\":\"tool_calls\"", "\"finish_reason\":\"tool_use\""),
        ("\"arguments\":\"{}\"", "\"arguments\":\"\""),
        ("\"finish_reason\":null}]", "\"finish_reason\":null}],\"usage\":null"),
    ])
    func everyBrokenOpenAILawIsNoticed(_ law: String, _ broken: String) {
        let (text, options) = Self.output("X-02.anthropic-call-first")
        #expect(OpenAICrossingLaws.violations(in: Array(text.utf8), options) == [])
        let changed = text.replacing(law, with: broken)
        #expect(changed != text)
        #expect(OpenAICrossingLaws.violations(in: Array(changed.utf8), options) != [])
    }

    @Test func usageWhereItDoesNotBelongIsNoticed() {
        let (text, options) = Self.output("Y-01.anthropic-usage-asked")
        #expect(OpenAICrossingLaws.violations(in: Array(text.utf8), options) == [])
        for changed in [
            text.replacing(",\"usage\":null", with: ""), text.replacing("\"total_tokens\"", with: "\"total\""),
            text.replacing("\"choices\":[],", with: "\"choices\":[{\"index\":0}],"),
        ] {
            #expect(OpenAICrossingLaws.violations(in: Array(changed.utf8), options) != [])
        }
    }
}
