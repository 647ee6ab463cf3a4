// JSON-RPC messages: what is read, what is refused, and what an answer looks like.

import AgentTools
import JSON
import Support
import Testing

@Suite struct RPCMessageTests {
    @Test func request_isReadWithItsIDAsItIs() throws {
        let text = try Ask.post(#"{"jsonrpc":"2.0","id":"x","method":"ping"}"#)
        #expect(text.messages == [.success(.request(.text("x"), method: "ping", params: nil))])
        let number = try Ask.post(#"{"params":{},"id":-3,"method":"ping","jsonrpc":"2.0"}"#)
        #expect(number.messages == [.success(.request(.integer(-3), method: "ping", params: .object([])))])
    }

    @Test func messageWithoutID_isANotification_andAnAnswerIsPassedOver() throws {
        let note = try Ask.post(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        #expect(note.messages == [.success(.notification(method: "notifications/initialized"))])
        #expect(try Ask.post(#"{"jsonrpc":"2.0","id":1,"result":{}}"#).messages == [.success(.answer)])
        #expect(note.body(of: []) == nil)
    }

    @Test(arguments: [
        ("", -32700), ("{", -32700), ("\u{FEFF}{}", -32700), ("{} {}", -32700), ("7", -32600), ("\"a\"", -32600),
        ("{}", -32600), ("[]", -32600), (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
        (#"{"id":1,"method":"ping"}"#, -32600), (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":[],"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"a"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, -32600), (#"{"jsonrpc":"2.0","id":1}"#, -32600),
    ])
    func whatIsNoMessage_isRefusedWithTheCodeOfTheSpecification(text: String, code: Int) {
        for revision in ToolRevision.allCases {
            #expect(throws: RPCError.self) { try Ask.post(text, revision) }
            do { _ = try Ask.post(text, revision) } catch { #expect(error.code == code, "\(text)") }
        }
    }

    @Test func batch_isTakenByTheOneRevisionThatHasThem() throws {
        let text = #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0"},1]"#
        let post = try Ask.post(text, .march2025)
        #expect(post.isBatch)
        #expect(post.messages.count == 4)
        #expect(post.messages[0] == .success(.request(.integer(1), method: "ping", params: nil)))
        #expect(post.messages[1] == .success(.notification(method: "x")))
        #expect(throws: RPCError.self) { try post.messages[2].get() }
        #expect(throws: RPCError.self) { try post.messages[3].get() }
        for revision in [ToolRevision.june2025, .november2025] {
            #expect(throws: RPCError.self) { try Ask.post(text, revision) }
        }
    }

    @Test func batch_hasABound() throws {
        let one = #"{"jsonrpc":"2.0","method":"x"}"#
        let most = "[" + Array(repeating: one, count: RPCPost.most).joined(separator: ",") + "]"
        #expect(try Ask.post(most, .march2025).messages.count == RPCPost.most)
        let more = "[" + Array(repeating: one, count: RPCPost.most + 1).joined(separator: ",") + "]"
        #expect(throws: RPCError.self) { try Ask.post(more, .march2025) }
    }

    @Test func answersGoBackAsTheyCame() throws {
        let single = try Ask.post(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
        #expect(single.body(of: [Array("{}".utf8)]) == Array("{}".utf8))
        let batch = try Ask.post(#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, .march2025)
        #expect(batch.body(of: [Array("{}".utf8)]) == Array("[{}]".utf8))
        #expect(batch.body(of: [Array("1".utf8), Array("2".utf8)]) == Array("[1,2]".utf8))
    }

    @Test func errorWithoutARequest_hasANullID() throws {
        let answer = RPCError(code: -32000, "no \"key\"").answer(to: nil)
        #expect(
            String(decoding: answer, as: UTF8.self)
                == #"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no \"key\""}}"#)
    }

    /// Every message cut at every place, and with one byte damaged, is a message or is refused; every answer is JSON.
    @Test func damagedMessages_areReadOrRefused_andEveryAnswerIsJSON() throws {
        let texts = [
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#,
            #"{"jsonrpc":"2.0","id":"é","method":"tools/call","params":{"name":"batch","arguments":"#
                + #"{"rationale":"r","calls":[{"domain":"acme","path":"/a"},{"domain":"acme","action":"b"}]}}}"#,
            #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"discover","arguments":"#
                + #"{"rationale":"why","query":"acme"}}}"#,
            #"[{"jsonrpc":"2.0","method":"notifications/cancelled"},{"jsonrpc":"2.0","id":9,"method":"tools/list"}]"#,
        ]
        var random = SeededRandom.forTest()
        var answers = 0
        for text in texts.map({ Array($0.utf8) }) {
            for end in text.indices { answers += try act(on: Array(text[..<end])) }
            for place in text.indices {
                var damaged = text
                damaged[place] = UInt8.random(in: 0...255, using: &random)
                answers += try act(on: damaged)
            }
            answers += try act(on: text)
        }
        #expect(answers > 50, "seed \(random.seed)")
    }

    /// How many answers the body had, each of which is JSON.
    private func act(on body: [UInt8]) throws -> Int {
        guard let post = try? Ask.bytes(body, .march2025) else { return 0 }
        var answers = 0
        for message in post.messages {
            switch Ask.server.step(message) {
            case .answer(let bytes): _ = try Ask.json(bytes)
            case .tool(let id, .done(let result, _)): _ = try Ask.json(result.answer(to: id))
            case .tool(_, .calls(let calls, _, let rationale)):
                #expect((1...ToolName.mostCalls).contains(calls.count) && !rationale.isEmpty)
                for call in calls { _ = try Ask.json(call.body) }
            case .silence: continue
            }
            answers += 1
        }
        return answers
    }
}
