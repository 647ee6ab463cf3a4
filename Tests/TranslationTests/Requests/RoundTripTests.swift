// Round trips: what an answer carries in another dialect so that it can come back, comes back.
//
// A client is played naively: it puts the deltas together as the SDKs do and sends the message with its next request.

import JSON
import Testing

@testable import Translation

@Suite struct RoundTripTests {
    /// R-14, R-15, Y-08, Y-09: Anthropic's signed and redacted thinking through an OpenAI client.
    @Test func signedThinking_throughAnOpenAIClient_comesBackByteForByte() throws {
        let blocks = [
            #"{"type":"thinking","thinking":"Hm… \"é\" \\ \n","signature":"EqQBCg/+YAh="}"#,
            #"{"type":"redacted_thinking","data":"EmwKAhgB/+=="}"#,
            #"{"type":"thinking","thinking":"","signature":"c2lnMg=="}"#,
            #"{"type":"tool_use","id":"toolu_1","name":"look","input":{"at":"x"}}"#,
        ]
        let events = [
            #"{"type":"message_start","message":{"id":"msg_1","role":"assistant","content":[],"usage":{"input_tokens":1,"#
                + #""output_tokens":1}}}"#,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm… \"é"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"\" \\ \n"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCg/+YAh="}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":"# + blocks[1] + "}",
            #"{"type":"content_block_stop","index":1}"#,
            #"{"type":"content_block_start","index":2,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            #"{"type":"content_block_delta","index":2,"delta":{"type":"signature_delta","signature":"c2lnMg=="}}"#,
            #"{"type":"content_block_stop","index":2}"#,
            #"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"toolu_1","name":"look","#
                + #""input":{}}}"#,
            #"{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"at\":\"x\"}"}}"#,
            #"{"type":"content_block_stop","index":3}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#,
            #"{"type":"message_stop"}"#,
        ]
        let deltas = Self.answer(events, from: .anthropic).compactMap { $0["choices"]?.elements?.first?["delta"] }
        let details = deltas.flatMap { $0["reasoning_details"]?.elements ?? [] }
        let calls = deltas.flatMap { $0["tool_calls"]?.elements ?? [] }
        let arguments = calls.compactMap { $0["function"]?["arguments"]?.string }.joined()
        let body = Self.text(
            Self.object([
                ("model", .string("gpt-x")), ("max_tokens", .integer(9000)), ("reasoning_effort", .string("low")),
                (
                    "messages",
                    .array([
                        Self.object([("role", .string("user")), ("content", .string("Look."))]),
                        Self.object([
                            ("role", .string("assistant")), ("content", .null), ("reasoning_details", .array(details)),
                            (
                                "tool_calls",
                                .array([
                                    Self.object([
                                        ("id", calls[0]["id"]!), ("type", .string("function")),
                                        (
                                            "function",
                                            Self.object([
                                                ("name", .string("look")), ("arguments", .string(arguments)),
                                            ])
                                        ),
                                    ])
                                ])
                            ),
                        ]),
                        Self.object([
                            ("role", .string("tool")), ("tool_call_id", calls[0]["id"]!), ("content", .string("ok")),
                        ]),
                    ])
                ),
            ]))
        let sent = try Self.sent(body, from: .openai, UpstreamTraits())
        #expect(sent.contains(#""content":["# + blocks.joined(separator: ",") + "]"), "\(sent)")
        #expect(sent.contains(#""thinking":{"type":"enabled","budget_tokens":2048}"#))
    }

    /// Gemini's thought signature through an Anthropic client, inside the id of the call.
    @Test func thoughtSignature_throughAnAnthropicClient_comesBackWithItsCall() throws {
        let traits = UpstreamTraits(keepsThoughtSignatures: true)
        let extra = #""extra_content":{"google":{"thought_signature":"Cg/+é=="}}"#
        let events = [
            #"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","#
                + #""type":"function","function":{"name":"look","arguments":"{}"},"# + extra + "}]}}]}",
            #"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
            "[DONE]",
        ]
        let blocks = Self.answer(events, from: .openai, traits).compactMap { $0["content_block"] }
        let id = try #require(blocks.first { $0["type"]?.string == "tool_use" }?["id"]?.string)
        #expect(id.hasPrefix("call_1~ts~"))
        let body =
            #"{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"Look."},{"role":"assistant","content":"#
            + #"[{"type":"tool_use","id":"\#(id)","name":"look","input":{}}]},{"role":"user","content":[{"type":"#
            + #""tool_result","tool_use_id":"\#(id)","content":"ok"}]}]}"#
        let sent = try Self.sent(body, from: .anthropic, traits)
        #expect(sent.contains(extra), "\(sent)")
        #expect(sent.contains(#""tool_call_id":"call_1""#))
    }

    /// The events a client of the other dialect gets.
    private static func answer(
        _ events: [String], from upstream: Dialect, _ traits: UpstreamTraits = UpstreamTraits()
    ) -> [JSONValue] {
        var stream = TranslatedStream(
            .init(
                client: upstream == .openai ? .anthropic : .openai, upstream: upstream, clientModel: "m",
                traits: traits))
        var out: [UInt8] = []
        for event in events {
            Array("data: \(event)\n\n".utf8).withUnsafeBytes { _ = stream.receive($0, into: &out) }
        }
        #expect(stream.receiveEnd(into: &out) == .complete)
        return NaiveEvent.all(in: out).compactMap(\.json)
    }

    private static func sent(_ body: String, from client: Dialect, _ traits: UpstreamTraits) throws -> String {
        let result = try Array(body.utf8).withUnsafeBytes { bytes in
            try RequestTranslation.translate(
                bytes, RequestSummary(reading: bytes, as: client), to: client == .openai ? .anthropic : .openai,
                upstreamModel: "up", traits: traits)
        }
        return String(decoding: result.body, as: UTF8.self)
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { JSONValue.Member($0.0, $0.1) })
    }

    private static func text(_ value: JSONValue) -> String {
        var out: [UInt8] = []
        value.append(to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
