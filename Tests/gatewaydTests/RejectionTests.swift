// Which refused credentials tokend is told of: each once, and again when it may have been ignored.

import NIOCore
import Refresh
import Tenancy
import Testing

@testable import gatewayd

@Suite final class RejectionTests {
    private var rejections = Rejections()

    private func isNew(_ name: String, _ generation: UInt64, at seconds: Int64) -> Bool {
        rejections.isNew(key(name), generation, at: NIODeadline.uptimeNanoseconds(1) + TimeAmount.seconds(seconds))
    }

    private func key(_ name: String) -> AccountKey {
        AccountKey(tenant: TenantID("acme")!, provider: ProviderID("shop")!, account: AccountName(name)!)
    }

    @Test func aCredentialIsToldOnceAndAgainWhenItIsStillRefusedAfterAWhile() {
        #expect(isNew("a", 1, at: 0))
        for second in 0..<45 { #expect(!isNew("a", 1, at: Int64(second))) }
        #expect(isNew("a", 1, at: 45), "tokend may have thought it too new to be refreshed")
        #expect(!isNew("a", 1, at: 89) && isNew("a", 1, at: 90))
    }

    @Test func anotherCredentialAndAnotherAccountAreNews() {
        #expect(isNew("a", 1, at: 0) && isNew("b", 1, at: 0))
        #expect(isNew("a", 3, at: 1) && !isNew("a", 3, at: 2))
    }

    @Test func whatTokendDidNotHearIsToldAgainAndAnOlderFailureForgetsNothing() {
        #expect(isNew("a", 1, at: 0) && isNew("a", 3, at: 1))
        rejections.forget(key("a"), 1)
        #expect(!isNew("a", 3, at: 2))
        rejections.forget(key("a"), 3)
        #expect(isNew("a", 3, at: 3))
        rejections.forget(key("a"))
        #expect(isNew("a", 3, at: 4))
    }

    @Test func itIsRememberedLongerThanTokendLeavesANewCredentialAlone() {
        #expect(Rejections.memory > .milliseconds(RefreshPolicy().demandSpacing.value))
        #expect(Rejections.memory < .milliseconds(RefreshPolicy().lead.value))
    }
}
