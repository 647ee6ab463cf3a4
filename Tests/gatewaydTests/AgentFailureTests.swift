// How the agent API says no: every refusal of the gateway and every failure of a provider in its own form.

import Connections
import JSON
import Routing
import Tenancy
import Testing
import Translation

@testable import HTTP
@testable import gatewayd

@Suite struct AgentFailureTests {
    private let shop = ProviderDefinition(
        id: ProviderID("shop")!, displayName: "Shop", baseURL: try! AddressTemplate("https://shop.example"), auth: [])

    private func answer(_ refusal: Refusal) throws -> JSONValue {
        var body: [UInt8] = []
        Answer.append(refusal, .agent, RequestID(number: 1), to: &body)
        return try body.withUnsafeBytes { try JSONValue(parsing: $0) }
    }

    @Test(arguments: Translation.ErrorKind.allCases)
    func everyRefusalHasACodeAndTheStatusThatIsSent(_ kind: Translation.ErrorKind) throws {
        let refusal = Refusal(kind, "some_code", "some reason")
        let said = try answer(refusal)
        #expect(said["success"] == .boolean(false) && said["error"]?.string == "some reason")
        #expect(said["code"]?.string.flatMap(AgentErrorCode.init) != nil)
        #expect(said["status"]?.integer == Int64(AgentFailure(refusal).status))
        // 529 is a status that one vendor made up; no agent knows it.
        #expect(AgentFailure(refusal).status == (kind == .overloaded ? 503 : kind.status))
    }

    @Test func aSuspendedTenantIsToldFromAKeyWithoutTheScope() {
        #expect(AgentFailure(Refusal(.tenantSuspended, "")).code == .tenantSuspended)
        #expect(AgentFailure(Refusal(.scopeMissing, "")).code == .authFailed)
        #expect(AgentFailure(Refusal(.keyUnknown, "")).code == .authFailed)
        #expect(AgentFailure(Refusal(.rateLimited, "")).code == .rateLimited)
    }

    @Test(arguments: [
        (UpstreamFailure.Cause.resolveFailed, 502, ErrorKind.upstreamConnect), (.connectFailed, 502, .upstreamConnect),
        (.tlsFailed, 502, .upstreamConnect), (.closed, 502, .upstreamClosed), (.bodyTruncated, 502, .upstreamClosed),
        (.connectTimeout, 504, .upstreamTimeout), (.firstByteTimeout, 504, .upstreamTimeout),
        (.idleTimeout, 504, .upstreamTimeout), (.totalTimeout, 504, .upstreamTimeout),
        (.poolExhausted, 503, .upstreamConnect), (.waitTimeout, 503, .upstreamConnect), (.shuttingDown, 503, .draining),
    ])
    func everyFailureOfAProviderIsToldAndKept(cause: UpstreamFailure.Cause, status: Int, kind: gatewayd.ErrorKind) {
        let misfortune = AgentMisfortune(UpstreamFailure(cause: cause, retry: .nothingSent), shop)
        #expect(misfortune.failure.status == status)
        #expect(misfortune.failure.code == (status == 504 ? .timeout : .upstreamError))
        #expect(misfortune.note?.kind == kind && misfortune.provider?.text == "shop")
    }

    @Test func pathsOfTheAgentAPIAreAnsweredInItsForm() {
        for (path, isAgents) in [("/api/v1/acme/shop", true), ("/api/v1/", true), ("/api/hello", false), ("/", false)] {
            let manner = Array(path.utf8).withUnsafeBytes { Gateway.manner(ofPath: $0) }
            #expect((manner == .agent) == isAgents, "\(path)")
        }
    }

    @Test func outcomesHaveASeriesEach() {
        #expect(Set(AgentOutcome.allCases.map(\.place)).count == AgentOutcome.allCases.count)
        #expect(AgentOutcome(nil).label == "ok" && AgentOutcome(.tokenExpired).label == "token_expired")
        for code in AgentErrorCode.allCases { #expect(AgentOutcome(code) != .ok) }
    }
}
