// Every recorded Responses request: the chat request it becomes, and what is refused.

import JSON
import Testing

@testable import Translation

@Suite struct ResponsesRequestTests {
    static let all = Fixture.all(in: "responses-requests")
    static let accepted = all.filter { $0.expected["refusal"] == nil }

    @Test func theFixturesAreFound() {
        #expect(Self.all.count >= 85)
    }

    @Test(arguments: accepted)
    func asksWhatTheClientAsked(_ fixture: Fixture) throws {
        let result = try fixture.chat()
        #expect(
            Self.value(result.body) == Self.value(fixture.output), "\(String(decoding: result.body, as: UTF8.self))")
        #expect(result.dropped.headerValue == fixture.expected["dropped"]?.string ?? "")
        var callIDs = ToolNameMap()
        if case .object(let members) = fixture.expected["callIDs"] ?? .null {
            for member in members { callIDs.note(Array(member.key.utf8), for: Array(member.value.string!.utf8)) }
        }
        #expect(result.context.callIDs == callIDs)
        let custom = (fixture.expected["custom"]?.elements ?? []).map { Array($0.string!.utf8) }
        #expect(result.context.customTools == Set(custom))
    }

    /// What comes out is a chat request that can be admitted, and translated to the other vendor.
    @Test(arguments: accepted)
    func makesAChatRequest(_ fixture: Fixture) throws {
        let result = try fixture.chat()
        try result.body.withUnsafeBytes { body in
            let summary = try RequestSummary(reading: body, as: .openai)
            #expect(summary.model == "m")
            let isStream = Self.value(fixture.input)?["stream"]?.boolean == true
            #expect(summary.isStream == isStream)
            if fixture.expected["traits"] == nil { #expect(summary.includesUsage == isStream) }
            guard !fixture.name.hasPrefix("R-09.sound") else { return }
            _ = try RequestTranslation.translate(
                body, summary, to: .anthropic, upstreamModel: "up", traits: UpstreamTraits())
        }
    }

    @Test(arguments: all.filter { $0.expected["refusal"] != nil })
    func refusesWithTheFieldAndTheReason(_ fixture: Fixture) {
        do {
            let result = try fixture.chat()
            Issue.record("was accepted: \(String(decoding: result.body, as: UTF8.self))")
        } catch let refusal as TranslationRefusal {
            #expect(refusal.message == fixture.expected["refusal"]?.string)
            #expect(refusal.field == fixture.expected["field"]?.string)
        } catch {
            Issue.record("\(error)")
        }
    }

    /// R-21: numbers and strings go out as they were spelled.
    @Test func spellingStays() throws {
        let body = #"{"model":"m","input":"\u0041\/\n","temperature":1.0,"top_p":1e-1,"max_output_tokens":1e3}"#
        let chat = try Array(body.utf8).withUnsafeBytes { try ResponsesRequest.chatBody($0) }
        #expect(
            String(decoding: chat.body, as: UTF8.self)
                == #"{"model":"m","messages":[{"role":"user","content":"\u0041\/\n"}],"#
                + #""max_tokens":1e3,"temperature":1.0,"top_p":1e-1}"#)
    }

    /// Y-09, R-14: a signed block reaches the vendor that signed it byte for byte, whatever became of the summary.
    @Test func signedReasoningReachesItsSigner() throws {
        let fixture = try #require(Self.all.first { $0.name == "Y-09.signed-reasoning-goes-back" })
        let chat = try fixture.chat()
        let body = try chat.body.withUnsafeBytes { body in
            try RequestTranslation.translate(
                body, try RequestSummary(reading: body, as: .openai), to: .anthropic, upstreamModel: "up",
                traits: UpstreamTraits())
        }.body
        let blocks = Self.value(body)?["messages"]?.elements?[1]["content"]?.elements
        #expect(blocks?.first?["thinking"]?.string == "I \"think\"")
        #expect(blocks?.first?["signature"]?.string == "c2ln+/==")
        #expect(blocks?.dropFirst().first?["data"]?.string == "Abcd+/==")
    }

    private static func value(_ bytes: [UInt8]) -> JSONValue? { bytes.withUnsafeBytes { try? JSONValue(parsing: $0) } }
}

extension Fixture {
    /// The input as a chat request, for an upstream of OpenAI's dialect where the expectation names its traits.
    fileprivate func chat() throws -> ChatRequest {
        var traits: UpstreamTraits?
        if case .object(let members) = expected["traits"] ?? .null {
            var given = UpstreamTraits()
            for member in members {
                switch member.key {
                case "takesStreamOptions": given.takesStreamOptions = member.value.boolean!
                case "outputLimit": given.outputLimit = .maxCompletionTokens
                case "reasoningEcho":
                    given.reasoningEcho = member.value.string == "reasoning" ? .reasoning : .reasoningContent
                default: preconditionFailure("\(name): no trait is called \(member.key)")
                }
            }
            traits = given
        }
        return try input.withUnsafeBytes { try ResponsesRequest.chatBody($0, traits: traits) }
    }
}
