// TranslatedStream: what its caller decides (early opening, keep-alives, breaking off), and its limits.

import JSON
import Testing

@testable import Translation

@Suite struct CrossingStateTests {
    static let role =
        #"data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\#n\#n"#
    static func text(_ text: String) -> String {
        #"data: {"id":"c","choices":[{"index":0,"delta":{"content":"\#(text)"},"finish_reason":null}]}\#n\#n"#
    }
    static func call(_ index: Int, _ arguments: String) -> String {
        let function = #"{"index":\#(index),"id":"c\#(index)","function":{"name":"f","arguments":"\#(arguments)"}}"#
        return #"data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[\#(function)]}}]}\#n\#n"#
    }
    static let finish = #"data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\#n\#n"#
    static let start =
        #"event: message_start\#ndata: {"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":3,"output_tokens":1}}}\#n\#n"#
    static let delta =
        #"event: content_block_delta\#ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\#n\#n"#
    static let reason =
        #"event: message_delta\#ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\#n\#n"#
    static let timeout = ErrorBody(.upstreamTimeout, "The upstream sent nothing for 60 seconds.")

    /// A stream under test and its output so far.
    struct Client {
        var stream: TranslatedStream
        var output = ""

        init(_ client: Dialect, includesUsage: Bool = false) {
            stream = TranslatedStream(
                .init(
                    client: client, upstream: client == .openai ? .anthropic : .openai, requestID: "req_1",
                    clientModel: "m", includesUsage: includesUsage, estimatedInput: 7))
        }

        @discardableResult
        mutating func receive(_ text: String) -> StreamPhase {
            take { stream, out in Array(text.utf8).withUnsafeBytes { stream.receive($0, into: &out) } }
        }

        @discardableResult
        mutating func take<Value>(_ body: (inout TranslatedStream, inout [UInt8]) -> Value) -> Value {
            var out: [UInt8] = []
            let value = body(&stream, &out)
            output += String(decoding: out, as: UTF8.self)
            return value
        }

        var events: [NaiveEvent] { NaiveEvent.all(in: Array(output.utf8)) }
    }

    @Test func holdsBackUntilContentComes() {
        for (dialect, opening, content) in [
            (Dialect.anthropic, Self.role, Self.text("Hi")), (.openai, Self.start, Self.delta),
        ] {
            var client = Client(dialect)
            #expect(client.receive(opening) == .prelude)
            #expect(client.output == "" && !client.stream.hasOutput)
            #expect(client.receive(content) == .committed)
            #expect(client.stream.hasOutput && client.output.contains("Hi"))
        }
    }

    @Test func outputsWholeEventsOnly() {
        var client = Client(.anthropic)
        client.receive(Self.role + Self.text("a") + String(Self.text("b").dropLast(1)))
        let before = client.output
        #expect(before.hasSuffix("\n\n"))
        client.receive("\n")
        #expect(client.output.hasSuffix("\n\n") && client.output.count > before.count)
    }

    @Test func anEarlyOpeningSendsTheOpeningFrame() {
        var client = Client(.anthropic)
        client.receive(Self.role)
        client.take { $0.commit(into: &$1) }
        #expect(client.events.map(\.name) == ["message_start"])
        #expect(client.stream.phase == .committed)
        client.take { $0.commit(into: &$1) }
        client.receive(Self.text("Hi"))
        #expect(client.events.map(\.name) == ["message_start", "content_block_start", "content_block_delta"])
    }

    @Test func anEarlyOpeningBeforeAnythingCameSendsNothingYet() {
        var client = Client(.openai)
        client.take { $0.commit(into: &$1) }
        #expect(client.output == "" && !client.stream.hasOutput)
        client.receive(Self.start)
        #expect(client.events.count == 1)
        #expect(client.events[0].json?["choices"]?.elements?[0]["delta"]?["role"]?.string == "assistant")
    }

    @Test func anErrorAfterAnEarlyOpeningIsTold() {
        var client = Client(.anthropic)
        client.take { $0.commit(into: &$1) }
        #expect(client.receive(#"data: {"error":{"message":"no","code":503}}\#n\#n"#) == .finished)
        #expect(client.events.map(\.name) == ["error"])
    }

    @Test func keepsAnthropicAliveByPingsOnceTheMessageStarted() {
        var client = Client(.anthropic)
        #expect(client.stream.keepAlive.starts(with: ": ".utf8))
        client.receive(Self.role)
        #expect(client.stream.keepAlive.starts(with: ": ".utf8))
        client.take { $0.commit(into: &$1) }
        #expect(NaiveEvent.all(in: client.stream.keepAlive) == [NaiveEvent(name: "ping", data: #"{"type": "ping"}"#)])
    }

    @Test func keepsOpenAIAliveByComments() {
        var client = Client(.openai)
        client.receive(Self.start + Self.delta)
        #expect(NaiveEvent.all(in: client.stream.keepAlive) == [])
        #expect(client.stream.keepAlive.suffix(2).elementsEqual("\n\n".utf8))
    }

    @Test func aKeepAliveFitsAfterEveryCall() {
        let whole = Self.role + Self.text("a") + Self.call(0, "{}") + Self.finish + "data: [DONE]\n\n"
        var plain = Client(.anthropic)
        plain.receive(whole)
        for ending in ["\n", "\r\n", "\r"] {
            var client = Client(.anthropic)
            for byte in whole.replacing("\n", with: ending).utf8 {
                client.take { stream, out in _ = [byte].withUnsafeBytes { stream.receive($0, into: &out) } }
                if client.stream.phase == .committed {
                    client.output += String(decoding: client.stream.keepAlive, as: UTF8.self)
                }
            }
            #expect(client.events.filter { $0.name != "ping" } == plain.events)
        }
    }

    @Test func breakingOffBeforeContentOutputsNothing() {
        var client = Client(.openai)
        client.receive(Self.start)
        #expect(client.take { $0.interrupt(Self.timeout, into: &$1) } == .empty(.interrupted))
        #expect(client.receive(Self.delta) == .finished)
        #expect(client.output == "")
    }

    @Test func breakingOffAfterContentSaysWhyInTheClientsDialect() {
        var client = Client(.anthropic)
        client.receive(Self.role + Self.text("Hi") + "data: {\"id\"")
        #expect(client.take { $0.interrupt(Self.timeout, into: &$1) } == .truncated(.interrupted))
        #expect(client.events.last?.name == "error")
        #expect(client.events.last?.json?["error"]?["message"]?.string == Self.timeout.message)
        #expect(client.take { $0.receiveEnd(into: &$1) } == .truncated(.interrupted))
        #expect(AnthropicStreamChecker.violations(in: Array(client.output.utf8)) == [])
    }

    @Test func breakingOffAfterTheReasonCompletes() {
        var client = Client(.openai, includesUsage: true)
        client.receive(Self.start + Self.delta + Self.reason)
        #expect(client.take { $0.interrupt(Self.timeout, into: &$1) } == .complete)
        #expect(client.output.hasSuffix("data: [DONE]\n\n"))
        #expect(client.output.contains(#""prompt_tokens":3,"completion_tokens":2"#))
    }

    @Test func anEndlessLineEndsTheStream() {
        var client = Client(.anthropic)
        client.receive(Self.role + Self.text("Hi"))
        let piece = String(repeating: "x", count: 64 << 10)
        var fed = 0
        while client.stream.phase != .finished, fed < 64 << 20 {
            client.receive(piece)
            fed += piece.utf8.count
        }
        #expect(client.stream.ending == .truncated(.lineTooLong))
        #expect(fed <= 2 << 20)
    }

    @Test func moreWaitingArgumentsThanTheLimitEndTheStream() {
        var client = Client(.anthropic)
        client.receive(Self.call(0, #"{\"a\":"#))
        let piece = Self.call(1, String(repeating: "1", count: 64 << 10))
        var fed = 0
        while client.stream.phase != .finished, fed < 64 {
            client.receive(piece)
            fed += 1
        }
        #expect(client.stream.ending == .truncated(.queueTooLong))
        #expect(fed == 17)
        #expect(AnthropicStreamChecker.violations(in: Array(client.output.utf8)) == [])
        #expect(client.events.last?.name == "error")
    }

    @Test func aCallOfAnySizeStreamsWhileNothingWaits() {
        var client = Client(.anthropic)
        client.receive(Self.call(0, #"{\"a\":\""#))
        for _ in 0..<64 {
            client.receive(Self.call(0, String(repeating: "x", count: 64 << 10)))
            client.output = ""
        }
        #expect(client.stream.phase == .committed)
    }

    @Test func whatHasWaitedAndGoneOutCountsNoMore() {
        let long = String(repeating: "x", count: 64 << 10)
        var client = Client(.anthropic)
        for round in 0..<20 {
            client.receive(Self.call(2 * round, #"{\"a\":"#))
            client.receive(Self.call(2 * round + 1, #"{\"b\":\"\#(long)\"}"#) + Self.text(long))
            client.output = ""
            client.receive(Self.call(2 * round, "1}"))
            #expect(client.events.map(\.name).filter { $0 == "content_block_start" }.count == 2)
        }
        #expect(client.stream.phase == .committed)
    }

    @Test func inputsOfStoppedBlocksCountNoMore() {
        let long = String(repeating: "x", count: 64 << 10)
        var client = Client(.openai)
        for _ in 0..<20 {
            let block = #"{"type":"tool_use","id":"t","name":"f","input":{"a":"\#(long)"}}"#
            client.receive(#"data: {"type":"content_block_start","index":0,"content_block":\#(block)}\#n\#n"#)
            client.receive(#"data: {"type":"content_block_stop","index":0}\#n\#n"#)
        }
        #expect(client.stream.phase == .committed)
    }

    @Test func moreCallsThanTheLimitEndTheStream() {
        var client = Client(.anthropic)
        for index in 0..<TranslatedStream.callLimit { client.receive(Self.call(index, "{}")) }
        #expect(client.stream.phase == .committed)
        client.receive(Self.call(TranslatedStream.callLimit, "{}"))
        #expect(client.stream.ending == .truncated(.queueTooLong))
    }

    @Test func blocksThatAreNeverStoppedEndTheStreamAtTheLimit() {
        var client = Client(.openai)
        client.receive(Self.start)
        for index in 0...TranslatedStream.callLimit {
            client.receive(
                #"data: {"type":"content_block_start","index":\#(index),"content_block":{"type":"x"}}\#n\#n"#)
        }
        #expect(client.stream.ending == .truncated(.queueTooLong))
        #expect(OpenAIStreamChecker.violations(in: Array(client.output.utf8), usageAsked: false) == [])
    }

    @Test func theEstimateOpensAStreamUntilTheUpstreamCounts() {
        var client = Client(.anthropic)
        client.receive(Self.text("Hi"))
        #expect(client.events.first?.json?["message"]?["usage"]?["input_tokens"]?.integer == 7)
        var early = Client(.anthropic)
        early.receive(#"data: {"choices":[],"usage":{"prompt_tokens":30}}\#n\#n"# + Self.text("Hi"))
        #expect(early.events.first?.json?["message"]?["usage"]?["input_tokens"]?.integer == 30)
    }
}
