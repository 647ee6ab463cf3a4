// PassthroughStream: what its caller decides: early opening, keep-alives, breaking off; and its limits.

import JSON
import Testing
import Translation

@Suite struct PassthroughTests {
    static let start =
        #"event: message_start\#ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":3,"output_tokens":1}}}\#n\#n"#
    static let text =
        #"event: content_block_delta\#ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\#n\#n"#
    static let reason =
        #"event: message_delta\#ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\#n\#n"#
    static let stop = #"event: message_stop\#ndata: {"type":"message_stop"}\#n\#n"#
    static let chunk =
        #"data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}\#n\#n"#
    static let timeout = ErrorBody(.upstreamTimeout, "The upstream sent nothing for 60 seconds.")

    /// A stream under test and its output so far.
    struct Client {
        var stream: PassthroughStream
        var output = ""

        init(_ dialect: Dialect) { stream = PassthroughStream(.init(dialect: dialect, requestID: "req_1")) }

        @discardableResult
        mutating func receive(_ text: String) -> StreamPhase {
            take { stream, out in Array(text.utf8).withUnsafeBytes { stream.receive($0, into: &out) } }
        }

        @discardableResult
        mutating func take<Value>(_ body: (inout PassthroughStream, inout [UInt8]) -> Value) -> Value {
            var out: [UInt8] = []
            let value = body(&stream, &out)
            output += String(decoding: out, as: UTF8.self)
            return value
        }
    }

    @Test func holdsLifecycleFramesUntilContentComes() {
        var client = Client(.anthropic)
        #expect(client.receive(Self.start) == .prelude)
        #expect(client.output == "")
        #expect(client.receive(Self.text) == .committed)
        #expect(client.output == Self.start + Self.text)
        #expect(client.receive(Self.reason + Self.stop) == .finished)
        #expect(client.stream.ending == .complete)
    }

    @Test func outputsWholeEventsOnly() {
        var client = Client(.anthropic)
        client.receive(Self.start + Self.text + String(Self.text.dropLast(1)))
        #expect(client.output == Self.start + Self.text)
        client.receive("\n")
        #expect(client.output == Self.start + Self.text + Self.text)
    }

    @Test func anEarlyOpeningReleasesWhatIsHeld() {
        var client = Client(.anthropic)
        client.receive(Self.start)
        client.take { $0.commit(into: &$1) }
        #expect(client.output == Self.start)
        #expect(client.stream.phase == .committed)
        client.take { $0.commit(into: &$1) }
        #expect(client.output == Self.start)
    }

    @Test func keepsAnthropicAliveByPingsOnceTheMessageStarted() {
        var client = Client(.anthropic)
        #expect(client.stream.keepAlive.starts(with: ": ".utf8))
        client.receive(Self.start)
        #expect(client.stream.keepAlive.starts(with: ": ".utf8))
        client.take { $0.commit(into: &$1) }
        #expect(NaiveEvent.all(in: client.stream.keepAlive) == [NaiveEvent(name: "ping", data: #"{"type": "ping"}"#)])
    }

    @Test func keepsOpenAIAliveByComments() {
        var client = Client(.openai)
        client.receive(Self.chunk)
        #expect(NaiveEvent.all(in: client.stream.keepAlive) == [])
        #expect(client.stream.keepAlive.starts(with: ": ".utf8))
        #expect(client.stream.keepAlive.suffix(2).elementsEqual("\n\n".utf8))
    }

    @Test func aKeepAliveFitsAfterEveryCall() {
        let whole = Self.start + Self.text + Self.reason + Self.stop
        for ending in ["\n", "\r\n", "\r"] {
            var client = Client(.anthropic)
            for byte in whole.replacing("\n", with: ending).utf8 {
                client.take { stream, out in _ = [byte].withUnsafeBytes { stream.receive($0, into: &out) } }
                if client.stream.phase == .committed {
                    client.output += String(decoding: client.stream.keepAlive, as: UTF8.self)
                }
            }
            let events = NaiveEvent.all(in: Array(client.output.utf8))
            #expect(events.filter { $0.name != "ping" } == NaiveEvent.all(in: Array(whole.utf8)))
        }
    }

    @Test func anErrorAfterAnEarlyOpeningIsForwarded() {
        let error = #"data: {"error":{"message":"no","code":503}}\#n\#n"#
        var client = Client(.openai)
        client.take { $0.commit(into: &$1) }
        #expect(client.stream.hasOutput == false)
        #expect(client.receive(error) == .finished)
        #expect(client.output == error)
        #expect(client.stream.ending.map(Self.status) == 503)
    }

    @Test func breakingOffBeforeContentOutputsNothing() {
        var client = Client(.anthropic)
        client.receive(Self.start)
        #expect(client.take { $0.interrupt(Self.timeout, into: &$1) } == .empty(.interrupted))
        #expect(client.output == "")
        #expect(client.receive(Self.text) == .finished)
        #expect(client.output == "")
    }

    @Test func breakingOffAfterContentSaysWhy() {
        var client = Client(.openai)
        client.receive(Self.chunk + "data: {\"id\"")
        #expect(client.take { $0.interrupt(Self.timeout, into: &$1) } == .truncated(.interrupted))
        let error =
            #"{"error":{"message":"The upstream sent nothing for 60 seconds.","type":"server_error","param":null,"code":null}}"#
        #expect(client.output == Self.chunk + "data: \(error)\n\n")
        #expect(client.take { $0.receiveEnd(into: &$1) } == .truncated(.interrupted))
        #expect(OpenAIStreamChecker.violations(in: Array(client.output.utf8), usageAsked: false) == [])
    }

    @Test func aLineFeedThatComesAfterTheEndIsDropped() {
        var client = Client(.openai)
        client.receive(Self.chunk.replacing("\n", with: "\r"))
        client.take { $0.interrupt(Self.timeout, into: &$1) }
        let output = client.output
        client.receive("\n" + Self.chunk)
        #expect(client.output == output)
    }

    @Test func breakingOffAfterTheReasonCompletes() {
        var client = Client(.anthropic)
        client.receive(Self.start + Self.text + Self.reason)
        #expect(client.take { $0.interrupt(Self.timeout, into: &$1) } == .complete)
        #expect(client.output == Self.start + Self.text + Self.reason + Self.stop)
    }

    @Test func anEndlessLineEndsTheStreamInFlatMemory() {
        var client = Client(.openai)
        client.receive(Self.chunk)
        let piece = [UInt8](repeating: 0x78, count: 64 << 10)
        var fed = 0
        while client.stream.phase != .finished, fed < 64 << 20 {
            client.take { stream, out in _ = piece.withUnsafeBytes { stream.receive($0, into: &out) } }
            fed += piece.count
        }
        #expect(client.stream.ending == .truncated(.lineTooLong))
        #expect(fed <= 2 << 20)
        #expect(client.output.hasPrefix(Self.chunk + "data: {\"error\""))
    }

    @Test func anEndlessLineBeforeContentIsNoAnswer() {
        var client = Client(.openai)
        client.receive(String(repeating: "x", count: 2 << 20))
        #expect(client.stream.ending == .empty(.lineTooLong))
        #expect(client.output == "")
    }

    private static func status(_ ending: StreamEnding) -> Int {
        switch ending {
        case .failed(let error), .refused(let error): error.status
        default: 0
        }
    }
}
