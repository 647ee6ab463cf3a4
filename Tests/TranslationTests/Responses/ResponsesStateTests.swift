// The Responses stream as a state machine: what it does early, late, and when there is too much.

import JSON
import Testing

@testable import Translation

@Suite struct ResponsesStateTests {
    private static func options(_ request: String = #"{"model":"m","input":"hi"}"#) throws -> ResponsesStream.Options {
        let chat = try Array(request.utf8).withUnsafeBytes { try ResponsesRequest.chatBody($0) }
        return ResponsesStream.Options(
            context: chat.context, requestID: "req_test", clientModel: "the-model", preludeLimit: 4096)
    }

    private static func chunk(_ delta: String, _ reason: String = "null") -> [UInt8] {
        Array(#"data: {"choices":[{"index":0,"delta":{\#(delta)},"finish_reason":\#(reason)}]}"#.utf8) + [0x0A, 0x0A]
    }

    private static let role = chunk(#""role":"assistant","content":"""#)
    private static let text = chunk(#""content":"a""#)
    private static let stop = chunk("", #""stop""#)
    private static let done = Array("data: [DONE]\n\n".utf8)

    /// A stream and what it has output.
    private struct Run {
        var stream: ResponsesStream
        var out: [UInt8] = []

        init(_ request: String? = nil) throws {
            stream = ResponsesStream(try request.map { try ResponsesStateTests.options($0) } ?? options())
        }

        mutating func feed(_ bytes: [UInt8]...) {
            for bytes in bytes { bytes.withUnsafeBytes { _ = stream.receive($0, into: &out) } }
        }

        var types: [String] { NaiveEvent.all(in: out).map { String($0.name.dropFirst("response.".count)) } }
        var last: JSONValue? { NaiveEvent.all(in: out).last?.json?["response"] }
    }

    @Test func beforeContent_nothingGoesOut() throws {
        var run = try Run()
        run.feed(Self.role)
        #expect(run.stream.phase == .prelude)
        #expect(run.out.isEmpty)
        #expect(run.stream.interrupt(.upstreamEnded, into: &run.out) == .empty(.interrupted))
        #expect(run.out.isEmpty && !run.stream.hasOutput)
    }

    @Test func committedBeforeTheUpstreamBegan_opensWithItsFirstChunk() throws {
        var run = try Run()
        run.stream.commit(into: &run.out)
        #expect(run.stream.phase == .committed)
        #expect(run.out.isEmpty && !run.stream.hasOutput)
        #expect(run.stream.keepAlive.first == UInt8(ascii: ":"))
        run.feed(Self.role)
        #expect(run.types == ["created", "in_progress"])
        run.feed(Self.text, Self.stop, Self.done)
        #expect(run.stream.ending == .complete)
        #expect(ResponsesStreamChecker.violations(in: run.out) == [])
    }

    @Test func committedEarlyAndLeftAlone_fails() throws {
        var run = try Run()
        run.stream.commit(into: &run.out)
        #expect(run.stream.receiveEnd(into: &run.out) == .truncated(.endOfInput))
        #expect(run.types == ["created", "in_progress", "failed"])
        #expect(ResponsesStreamChecker.violations(in: run.out) == [])
    }

    @Test func preludeBeyondItsLimit_commits() throws {
        var run = try Run()
        for _ in 0..<100 { run.feed(Self.role) }
        #expect(run.stream.phase == .committed)
        #expect(run.types == ["created", "in_progress"])
    }

    @Test func interruptedAfterContent_failsWithTheError() throws {
        var run = try Run()
        run.feed(Self.role, Self.text)
        let error = ErrorBody(.upstreamTimeout, "The upstream stopped sending.")
        #expect(run.stream.interrupt(error, into: &run.out) == .truncated(.interrupted))
        #expect(run.last?["error"]?["message"]?.string == "The upstream stopped sending.")
        #expect(run.last?["error"]?["code"]?.string == "server_error")
        #expect(ResponsesStreamChecker.violations(in: run.out) == [])
    }

    @Test func interruptedAfterTheReason_isWhole() throws {
        var run = try Run()
        run.feed(Self.role, Self.text, Self.stop)
        #expect(run.types.last == "output_item.done")
        #expect(run.stream.interrupt(.upstreamEnded, into: &run.out) == .complete)
        #expect(run.types.last == "completed")
    }

    @Test func afterTheEnd_nothingFollows() throws {
        var run = try Run()
        run.feed(Self.role, Self.text, Self.stop, Self.done)
        let count = run.out.count
        run.feed(Self.text, Self.done)
        #expect(run.stream.receiveEnd(into: &run.out) == .complete)
        #expect(run.stream.interrupt(.upstreamEnded, into: &run.out) == .complete)
        run.stream.commit(into: &run.out)
        #expect(run.out.count == count)
    }

    /// INV-M: what is kept has a limit, and passing it is told.
    @Test func textBeyondItsLimit_endsWithAnError() throws {
        var run = try Run()
        let long = Self.chunk(#""content":"\#(String(repeating: "x", count: 1 << 19))""#)
        for _ in 0..<9 { run.feed(long) }
        #expect(run.stream.ending == .truncated(.queueTooLong))
        #expect(run.types.last == "failed")
        #expect(ResponsesStreamChecker.violations(in: run.out) == [])
        #expect(run.out.count < 6 * (ResponsesStream.textLimit + (1 << 19)))
    }

    @Test func itemsBeyondTheirLimit_endWithAnError() throws {
        var run = try Run()
        for _ in 0..<ResponsesStream.itemLimit { run.feed(Self.text, Self.chunk(#""reasoning_content":"r""#)) }
        #expect(run.stream.ending == .truncated(.queueTooLong))
        #expect(ResponsesStreamChecker.violations(in: run.out) == [])
    }

    @Test func callsBeyondTheirLimit_endWithAnError() throws {
        var run = try Run()
        for index in 0...TranslatedStream.callLimit {
            let function = #"{"name":"f","arguments":"{}"}"#
            run.feed(Self.chunk(#""tool_calls":[{"index":\#(index),"id":"c\#(index)","function":\#(function)}]"#))
        }
        #expect(run.stream.ending == .truncated(.queueTooLong))
        #expect(ResponsesStreamChecker.violations(in: run.out) == [])
    }

    /// X-04: a call is done as soon as its arguments are whole and another waits.
    @Test func aWholeCall_isDoneWhenTheNextBegins() throws {
        var run = try Run()
        let call = { (index: Int, arguments: String) in
            Self.chunk(
                #""tool_calls":[{"index":\#(index),"id":"c\#(index)","#
                    + #""function":{"name":"f","arguments":"\#(arguments)"}}]"#)
        }
        run.feed(Self.role, call(0, "{}"))
        #expect(run.types.last == "function_call_arguments.delta")
        run.feed(call(1, "{"))
        #expect(run.types.suffix(3) == ["output_item.done", "output_item.added", "function_call_arguments.delta"])
    }

    /// INV-M: instructions and tools of megabytes are not kept for every stream.
    @Test func aLongRequest_isNotRepeated() throws {
        let long = String(repeating: "x", count: ResponsesContext.longestEcho)
        var run = try Run(#"{"model":"m","input":"hi","instructions":"\#(long)","user":"u"}"#)
        run.feed(Self.text, Self.stop, Self.done)
        #expect(run.last?["instructions"] == .null)
        #expect(run.last?["user"]?.string == "u")
        #expect(run.out.count < 4096)
    }

    @Test func anIDThatWasChanged_comesBackAsTheClientWroteIt() throws {
        let long = "call_" + String(repeating: "y", count: 70)
        let changed = String(decoding: WireName.legal(Array(long.utf8), longest: 64), as: UTF8.self)
        let item = #"{"type":"function_call","call_id":"\#(long)","name":"f","arguments":"{}"}"#
        var run = try Run(#"{"model":"m","input":[\#(item)]}"#)
        let function = #"{"name":"f","arguments":"{}"}"#
        run.feed(Self.chunk(#""tool_calls":[{"index":0,"id":"\#(changed)","function":\#(function)}]"#), Self.stop)
        #expect(run.stream.receiveEnd(into: &run.out) == .complete)
        #expect(run.last?["output"]?.elements?.first?["call_id"]?.string == long)
    }

    /// As gatewayd joins them: the attempt's own stream writes for a chat client, this one for the real one.
    @Test func behindAnotherStream_endsAsThatDoes() throws {
        for (input, ending) in [
            (Self.role + Self.text + Self.stop + Self.done, "completed"), (Self.role + Self.text, "failed"),
        ] {
            var inner = PassthroughStream(PassthroughStream.Options(dialect: .openai, requestID: "req_test"))
            var run = try Run()
            var chat: [UInt8] = []
            input.withUnsafeBytes { _ = inner.receive($0, into: &chat) }
            inner.receiveEnd(into: &chat)
            run.feed(chat)
            run.stream.receiveEnd(into: &run.out)
            #expect(run.types.last == ending)
            #expect(ResponsesStreamChecker.violations(in: run.out) == [])
        }
    }
}
