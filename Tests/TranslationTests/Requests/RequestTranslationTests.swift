// Every recorded request of one dialect: what the upstream of the other is sent, and what is refused.

import JSON
import Testing

@testable import Translation

@Suite struct RequestTranslationTests {
    static let all = Fixture.all(in: "translations")

    @Test func theFixturesAreFound() {
        #expect(Self.all.count >= 130)
    }

    @Test(arguments: all.filter { $0.expected["refusal"] == nil })
    func asksWhatTheClientAsked(_ fixture: Fixture) throws {
        let result = try fixture.translated()
        let text = String(decoding: result.body, as: UTF8.self)
        #expect(text + "\n" == String(decoding: fixture.output, as: UTF8.self))
        #expect(result.body + [0x0A] == fixture.output)
        #expect(result.dropped.headerValue == fixture.expected["dropped"]?.string ?? "")
        #expect(result.dropped.isEmpty == (fixture.expected["dropped"] == nil))
        #expect(result.names == fixture.names)
    }

    /// What goes out is a request of the upstream's dialect, for the upstream's model and as much of a stream as before.
    @Test(arguments: all.filter { $0.expected["refusal"] == nil })
    func makesARequestThatTheOtherSideCanRead(_ fixture: Fixture) throws {
        let result = try fixture.translated()
        let upstream: Dialect = fixture.dialect == .anthropic ? .openai : .anthropic
        let summary = try result.body.withUnsafeBytes { try RequestSummary(reading: $0, as: upstream) }
        let asked = try fixture.input.withUnsafeBytes { try RequestSummary(reading: $0, as: fixture.dialect) }
        #expect(summary.model == "up")
        #expect(summary.isStream == asked.isStream)
        #expect(RequestChecker.faults(in: result.body, upstream) == [])
    }

    @Test(arguments: all.filter { $0.expected["refusal"] == nil })
    func givesTheSameBytesEveryTime(_ fixture: Fixture) throws {
        #expect(try fixture.translated().body == fixture.translated().body)
    }

    @Test(arguments: all.filter { $0.expected["refusal"] != nil })
    func refusesWithTheFieldAndTheReason(_ fixture: Fixture) {
        do {
            let result = try fixture.translated()
            Issue.record("was translated: \(String(decoding: result.body, as: UTF8.self))")
        } catch let refusal as TranslationRefusal {
            #expect(refusal.message == fixture.expected["refusal"]?.string)
            #expect(refusal.field == fixture.expected["field"]?.string)
            #expect(ErrorBody(refusal) == ErrorBody(.invalidRequest, refusal.message, param: refusal.field))
        } catch {
            Issue.record("\(error)")
        }
    }
}

extension Fixture {
    /// The input for the other vendor, whose model is called `up`.
    func translated() throws -> TranslatedRequest {
        try input.withUnsafeBytes { bytes in
            let summary = try RequestSummary(reading: bytes, as: dialect)
            return try RequestTranslation.translate(
                bytes, summary, to: dialect == .anthropic ? .openai : .anthropic, upstreamModel: "up", traits: traits)
        }
    }

    private var traits: UpstreamTraits {
        var traits = UpstreamTraits()
        guard case .object(let members) = expected["traits"] else { return traits }
        for member in members {
            switch member.key {
            case "takesStreamOptions": traits.takesStreamOptions = member.value.boolean!
            case "takesReasoningEffort": traits.takesReasoningEffort = member.value.boolean!
            case "keepsThoughtSignatures": traits.keepsThoughtSignatures = member.value.boolean!
            case "takesSampling": traits.takesSampling = member.value.boolean!
            case "readsImages": traits.readsImages = member.value.boolean!
            case "largestOutput": traits.largestOutput = member.value.integer!
            case "outputLimit": traits.outputLimit = .maxCompletionTokens
            case "reasoningEcho":
                traits.reasoningEcho = member.value.string == "reasoning" ? .reasoning : .reasoningContent
            case "thinking": traits.thinking = .adaptive
            default: preconditionFailure("\(name): no trait is called \(member.key)")
            }
        }
        return traits
    }

    /// `{changed: original}`.
    fileprivate var names: ToolNameMap {
        var map = ToolNameMap()
        guard case .object(let members) = expected["names"] else { return map }
        for member in members { map.note(Array(member.key.utf8), for: Array(member.value.string!.utf8)) }
        return map
    }
}
