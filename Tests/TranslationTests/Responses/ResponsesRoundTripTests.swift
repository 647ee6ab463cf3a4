// What was answered is sent back, as clients do that keep their own conversation: it is accepted, nothing of it is lost, and it
// reaches both vendors.

import JSON
import Testing

@testable import Translation

@Suite struct ResponsesRoundTripTests {
    private static let answered = (ResponsesStreamTests.streams + ResponsesStreamTests.borrowed).filter {
        ResponsesReplay($0.input, $0.responses).ending == .complete
    }

    @Test(arguments: answered)
    func whatWasAnswered_canBeSentBack(_ fixture: Fixture) throws {
        let replay = ResponsesReplay(fixture.input, fixture.responses)
        let response = try #require(NaiveEvent.all(in: replay.output).last?.json?["response"])
        let items = response["output"]?.elements ?? []
        let calls = items.filter { $0["call_id"] != nil }
        let body = Self.request(items, calls)
        let chat = try body.withUnsafeBytes { try ResponsesRequest.chatBody($0) }
        let messages = chat.body.withUnsafeBytes { try? JSONValue(parsing: $0) }?["messages"]?.elements ?? []
        let assistant = messages.first { $0["role"]?.string == "assistant" }
        #expect(assistant?["tool_calls"]?.elements?.count ?? 0 == calls.count)
        #expect(messages.count { $0["role"]?.string == "tool" } == calls.count)
        let texts = items.flatMap { $0["content"]?.elements ?? [] }.compactMap { $0["text"]?.string }
        #expect(assistant?["content"]?.string ?? "" == texts.joined(separator: "\n\n"))
        #expect(chat.dropped.isEmpty)
        try chat.body.withUnsafeBytes { body in
            let summary = try RequestSummary(reading: body, as: .openai)
            let sent = try RequestTranslation.translate(
                body, summary, to: .anthropic, upstreamModel: "up", traits: UpstreamTraits())
            #expect(RequestChecker.faults(in: sent.body, .anthropic) == [])
        }
    }

    /// The question, the answer, a result for each call, and the next question.
    private static func request(_ items: [JSONValue], _ calls: [JSONValue]) -> [UInt8] {
        let results = calls.map { call in
            JSONValue.object([
                .init("type", .string((call["type"]?.string ?? "") + "_output")),
                .init("call_id", call["call_id"] ?? .null), .init("output", .string("done")),
            ])
        }
        let said = { (text: String) in
            JSONValue.object([.init("role", .string("user")), .init("content", .string(text))])
        }
        let input = [said("hi")] + items + results + [said("go on")]
        var body: [UInt8] = []
        JSONValue.object([.init("model", .string("m")), .init("input", .array(input))]).append(to: &body)
        return body
    }
}
