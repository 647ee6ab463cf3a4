// The checkers themselves: each law, broken once, is noticed.

import Testing

@Suite struct CheckerTests {
    private static func anthropic(_ data: String...) -> [UInt8] {
        let events = data.map { json in
            let type = json.split(separator: "\"").dropFirst(3).first ?? ""
            return "event: \(type)\ndata: \(json)\n\n"
        }
        return Array(events.joined().utf8)
    }

    private static let start = #"{"type":"message_start","message":{}}"#
    private static let open0 = #"{"type":"content_block_start","index":0}"#
    private static let open1 = #"{"type":"content_block_start","index":1}"#
    private static let delta0 = #"{"type":"content_block_delta","index":0}"#
    private static let stop0 = #"{"type":"content_block_stop","index":0}"#
    private static let reason = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#
    private static let end = #"{"type":"message_stop"}"#
    private static let error = #"{"type":"error","error":{}}"#

    @Test func aLawfulAnthropicStreamHasNoViolations() {
        let whole = Self.anthropic(Self.start, Self.open0, Self.delta0, Self.stop0, Self.reason, Self.end)
        #expect(AnthropicStreamChecker.violations(in: whole) == [])
        let broken = Self.anthropic(Self.start, Self.open0, Self.delta0, Self.error)
        #expect(AnthropicStreamChecker.violations(in: broken) == [])
    }

    @Test func everyBrokenAnthropicLawIsNoticed() {
        let (start, open0, open1, delta0) = (Self.start, Self.open0, Self.open1, Self.delta0)
        let (stop0, reason, end, error) = (Self.stop0, Self.reason, Self.end, Self.error)
        let broken: [[UInt8]] = [
            Self.anthropic(open0, stop0, reason, end), Self.anthropic(start, start, reason, end),
            Self.anthropic(start, open1, reason, end), Self.anthropic(start, open0, open1, reason, end),
            Self.anthropic(start, delta0, reason, end), Self.anthropic(start, open0, stop0, delta0, reason, end),
            Self.anthropic(start, open0, stop0, stop0, reason, end), Self.anthropic(start, open0, reason, end),
            Self.anthropic(start, end), Self.anthropic(start, reason), Self.anthropic(start, reason, end, end),
            Self.anthropic(start, error, reason, end), Self.anthropic(start, reason, end, error),
            Self.anthropic(start, reason, open0, stop0, end), Array("event: x\ndata: \(start)\n\n".utf8), [],
            Self.anthropic(start, reason, end) + Array("data: [DONE]\n\n".utf8),
        ]
        for stream in broken {
            #expect(
                !AnthropicStreamChecker.violations(in: stream).isEmpty, "\(String(decoding: stream, as: UTF8.self))")
        }
    }

    private static func openAI(_ data: String...) -> [UInt8] { Array(data.map { "data: \($0)\n\n" }.joined().utf8) }

    private static let role =
        #"{"id":"a","model":"m","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}"#
    private static let text =
        #"{"id":"a","model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}"#
    private static let finish = #"{"id":"a","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#
    private static let usage = #"{"id":"a","model":"m","choices":[],"usage":{}}"#
    private static let failure = #"{"error":{}}"#
    private static func tool(_ index: Int, _ id: String?) -> String {
        let identity = id.map { #","id":"\#($0)","function":{"name":"f"}"# } ?? ""
        return
            #"{"id":"a","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":\#(index)\#(identity)}]}}]}"#
    }

    @Test func aLawfulOpenAIStreamHasNoViolations() {
        let whole = Self.openAI(
            Self.role, Self.text, Self.tool(0, "a"), Self.tool(0, nil), Self.finish, Self.usage, "[DONE]")
        #expect(OpenAIStreamChecker.violations(in: whole, usageAsked: true) == [])
        #expect(OpenAIStreamChecker.violations(in: Self.openAI(Self.role, Self.failure), usageAsked: false) == [])
    }

    @Test func everyBrokenOpenAILawIsNoticed() {
        let (role, text, finish, usage, failure) = (Self.role, Self.text, Self.finish, Self.usage, Self.failure)
        let broken: [[UInt8]] = [
            Self.openAI(text, finish, "[DONE]"), Self.openAI(role, "[DONE]"),
            Self.openAI(role, finish, finish, "[DONE]"),
            Self.openAI(role, finish), Self.openAI(role, finish, "[DONE]", "[DONE]"),
            Self.openAI(role, failure, "[DONE]"),
            Self.openAI(role, finish, "[DONE]", text), Self.openAI(role, finish, usage, "[DONE]"),
            Self.openAI(role, finish.replacing("\"a\"", with: "\"b\""), "[DONE]"),
            Self.openAI(role, "{", finish, "[DONE]"),
            Self.openAI(role, finish.replacing("\"m\"", with: "\"n\""), "[DONE]"), [],
            Self.openAI(Self.tool(1, "a"), finish, "[DONE]"),
            Self.openAI(Self.tool(0, "a"), Self.tool(0, "a"), finish, "[DONE]"),
            Self.openAI(Self.tool(0, nil), finish, "[DONE]"),
        ]
        for stream in broken {
            let violations = OpenAIStreamChecker.violations(in: stream, usageAsked: false)
            #expect(!violations.isEmpty, "\(String(decoding: stream, as: UTF8.self))")
        }
    }
}
