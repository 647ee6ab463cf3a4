// Which refused credentials tokend is told of: each once, and again when it may have been ignored.

import NIOCore
import Refresh
import Tenancy
import Testing

@testable import gatewayd

@Suite struct RejectionTests {
    private func key(_ name: String) -> AccountKey {
        AccountKey(tenant: TenantID("acme")!, provider: ProviderID("shop")!, account: AccountName(name)!)
    }

    private func instant(_ seconds: Int64) -> NIODeadline {
        NIODeadline.uptimeNanoseconds(1) + TimeAmount.seconds(seconds)
    }

    @Test func aCredentialIsToldOnceAndAgainWhenItIsStillRefusedAfterAWhile() {
        var rejections = Rejections()
        #expect(rejections.isNew(key("a"), 1, at: instant(0)))
        for second in 0..<45 { #expect(!rejections.isNew(key("a"), 1, at: instant(Int64(second)))) }
        #expect(rejections.isNew(key("a"), 1, at: instant(45)), "tokend may have thought it too new to be refreshed")
        #expect(!rejections.isNew(key("a"), 1, at: instant(89)) && rejections.isNew(key("a"), 1, at: instant(90)))
    }

    @Test func anotherCredentialAndAnotherAccountAreNews() {
        var rejections = Rejections()
        #expect(rejections.isNew(key("a"), 1, at: instant(0)) && rejections.isNew(key("b"), 1, at: instant(0)))
        #expect(rejections.isNew(key("a"), 3, at: instant(1)) && !rejections.isNew(key("a"), 3, at: instant(2)))
    }

    @Test func whatTokendDidNotHearIsToldAgainAndAnOlderFailureForgetsNothing() {
        var rejections = Rejections()
        #expect(rejections.isNew(key("a"), 1, at: instant(0)) && rejections.isNew(key("a"), 3, at: instant(1)))
        rejections.forget(key("a"), 1)
        #expect(!rejections.isNew(key("a"), 3, at: instant(2)))
        rejections.forget(key("a"), 3)
        #expect(rejections.isNew(key("a"), 3, at: instant(3)))
        rejections.forget(key("a"))
        #expect(rejections.isNew(key("a"), 3, at: instant(4)))
    }

    @Test func itIsRememberedLongerThanTokendLeavesANewCredentialAlone() {
        #expect(Rejections.memory > .milliseconds(RefreshPolicy().demandSpacing.value))
        #expect(Rejections.memory < .milliseconds(RefreshPolicy().lead.value))
    }
}
