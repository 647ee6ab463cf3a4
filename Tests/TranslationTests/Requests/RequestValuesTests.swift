// The values beside a translated request: names of what was left out, lists of betas, ids, estimates.

import JSON
import Testing

@testable import Translation

@Suite struct RequestValuesTests {
    @Test func droppedFields_repeated_areNamedOnce() {
        var dropped = DroppedFields()
        #expect(dropped.isEmpty)
        for name in ["seed", "tools.strict", "seed"] { dropped.note(name) }
        #expect(dropped.headerValue == "seed, tools.strict")
    }

    @Test func droppedFields_ofAHostileClient_stayShortAndSafe() {
        var dropped = DroppedFields()
        dropped.note("a\r\nx-injected: 1, b")
        for number in 0..<1000 { dropped.note(String(repeating: "é", count: 100) + "\(number)") }
        for number in 0..<1000 { dropped.note("\(number)" + String(repeating: "n", count: 100)) }
        #expect(dropped.headerValue.hasPrefix("a__x-injected__1__b, ______"))
        #expect(dropped.headerValue.hasSuffix(", and-more"))
        #expect(dropped.headerValue.utf8.count <= 1300)
        #expect(dropped.headerValue.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    }

    /// The client's lines, the gateway's own, and what is sent.
    static let betas: [([String], [String], String?)] = [
        ([], [], nil), (["a,b"], ["c"], "a,b,c"), (["a, b\t", " c"], ["b", "d"], "a,b,c,d"), ([",,"], [], nil),
        ([], ["own"], "own"), (["B,b"], ["b"], "B,b"),
    ]

    @Test(arguments: betas)
    func betas_areMergedInOrderAndOnce(client: [String], own: [String], merged: String?) {
        #expect(BetaList.merged(client: client, own: own) == merged)
    }

    @Test func ids_thatAreLegal_stay() {
        for id in ["toolu_01A", "call-1", "x", String(repeating: "a", count: 40)] {
            #expect(Self.id(id, .openai).id == id)
            #expect(Self.id(id, .anthropic).id == id)
        }
    }

    @Test func ids_thatAreNot_becomeLegalAndStayDifferent() {
        let ids = [
            "", "a.b", "a:b", "a b", "é", String(repeating: "a", count: 200), String(repeating: "a", count: 201),
        ]
        for upstream in Dialect.allCases {
            let sent = ids.map { Self.id($0, upstream).id }
            #expect(Set(sent).count == ids.count)
            #expect(sent.allSatisfy { (9...(upstream == .openai ? 40 : 64)).contains($0.utf8.count) })
            #expect(sent.allSatisfy { $0.utf8.allSatisfy(WireName.isLegal) })
        }
    }

    private static func id(_ text: String, _ upstream: Dialect) -> ToolCallID {
        Array("\"\(text)\"".utf8).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            guard let text = try? scanner.text() else { preconditionFailure("a test's id is a JSON string") }
            return ToolCallID(text, for: upstream)
        }
    }

    /// Bodies and their estimates by the rule: text ÷ 3.5, messages, tools, attachments.
    static let estimates: [(String, Int64)] = [
        (#"{"model":"m","messages":[]}"#, 1),
        (#"{"model":"m","messages":[{"role":"user","content":"1234567"}]}"#, 2 + 4),
        (#"{"model":"m","messages":[{"role":"user","content":"12345678"}],"tools":[{"name":"look"}]}"#, 8 + 4 + 346),
        (
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"image","source":"#
                + #"{"type":"base64","data":"AAAA"}}]}]}"#, 1600 + 1 + 4
        ),
    ]

    @Test(arguments: estimates)
    func estimate_isTheStatedRule(body: String, tokens: Int64) throws {
        let summary = try Array(body.utf8).withUnsafeBytes { try RequestSummary(reading: $0, as: .anthropic) }
        #expect(TokenEstimate.inputTokens(of: summary) == tokens)
    }

    @Test func translation_withinOneDialect_traps() async {
        await #expect(processExitsWith: .failure) {
            let body = Array(#"{"model":"m","max_tokens":1,"messages":[]}"#.utf8)
            try body.withUnsafeBytes { bytes in
                let summary = try RequestSummary(reading: bytes, as: .anthropic)
                _ = try RequestTranslation.translate(
                    bytes, summary, to: .anthropic, upstreamModel: "m", traits: UpstreamTraits())
            }
        }
    }
}
