// Every recorded request: what is read of it, what goes upstream, and what is refused.

import JSON
import Testing
import Translation

@Suite struct RequestFixtureTests {
    static let all = Fixture.all(in: "requests")

    @Test func theFixturesAreFound() {
        #expect(Self.all.count >= 56)
    }

    @Test(arguments: all.filter { $0.expected["refusal"] == nil })
    func readsWhatIsThere(_ fixture: Fixture) throws {
        let expected = fixture.expected
        let summary = try Self.summary(fixture)
        #expect(summary.model == expected["model"]?.string)
        #expect(String(summary.modelBase) == expected["modelBase"]?.string ?? summary.model)
        #expect(summary.isStream == expected["isStream"]?.boolean ?? false)
        #expect(summary.maxTokens == expected["maxTokens"]?.integer)
        #expect(summary.choices == Int(expected["choices"]?.integer ?? 1))
        #expect(summary.includesUsage == expected["includesUsage"]?.boolean ?? false)
        #expect(summary.textBytes == Int(expected["textBytes"]?.integer ?? 0))
        #expect(summary.attachments == Int(expected["attachments"]?.integer ?? 0))
        #expect(summary.attachmentBytes == Int(expected["attachmentBytes"]?.integer ?? 0))
        #expect(summary.messages == Int(expected["messages"]?.integer ?? 0))
        #expect(summary.hasTools == expected["hasTools"]?.boolean ?? false)
    }

    @Test(arguments: all.filter { $0.expected["refusal"] == nil })
    func changesOnlyWhatMustChange(_ fixture: Fixture) throws {
        let summary = try Self.summary(fixture)
        let rewrite = RequestRewrite(
            summary, upstreamModel: fixture.expected["upstreamModel"]?.string ?? summary.model,
            asksForUsage: fixture.expected["asksForUsage"]?.boolean ?? false)
        var out: [UInt8] = []
        fixture.input.withUnsafeBytes { rewrite.append($0, to: &out) }
        #expect(String(decoding: out, as: UTF8.self) == String(decoding: fixture.output, as: UTF8.self))
        #expect(out == fixture.output)
        #expect(rewrite.byteCount(ofBody: fixture.input.count) == out.count)
        #expect(rewrite.isIdentity == (fixture.expected["output"]?.string == "unchanged"))
    }

    @Test(arguments: all.filter { $0.expected["refusal"] != nil })
    func refusesWithTheFieldAndTheReason(_ fixture: Fixture) {
        do {
            _ = try Self.summary(fixture)
            Issue.record("was read")
        } catch {
            #expect(error.message == fixture.expected["refusal"]?.string)
            #expect(error.field == fixture.expected["field"]?.string)
            #expect(ErrorBody(error) == ErrorBody(.invalidRequest, error.message, param: error.field))
        }
    }

    private static func summary(_ fixture: Fixture) throws(RequestRefusal) -> RequestSummary {
        let result = fixture.input.withUnsafeBytes { bytes in
            Result { () throws(RequestRefusal) in try RequestSummary(reading: bytes, as: fixture.dialect) }
        }
        return try result.get()
    }
}
