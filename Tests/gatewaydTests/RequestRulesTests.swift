// The small rules of the request path: identities, retry-after, limits, refusals.

import IPC
import Money
import Routing
import Support
import Synchronization
import Tenancy
import Testing
import Translation

@testable import gatewayd

@Suite struct RequestNumbersTests {
    @Test func numbersAreUniqueOrderedByTimeAndLeaveFourBitsToTheAttempt() {
        var numbers = RequestNumbers(seed: 1)
        var seen: Set<RequestID> = []
        for millis in 0..<1000 {
            for _ in 0..<10 {
                let id = numbers.next(at: UnixMillis(1_795_000_000_000 + Int64(millis)))
                #expect(id.number & 15 == 0)
                #expect(Int64(id.number >> 80) == 1_795_000_000_000 + Int64(millis))
                #expect(seen.insert(id).inserted)
            }
        }
    }
}

@Suite struct RetryAfterTests {
    @Test(arguments: [
        ("2", UInt64(2_000_000_000)), ("0", 0), ("287441", 86_400_000_000_000), ("999999999", 86_400_000_000_000),
    ])
    func wholeSecondsAreBelievedUpToADay(_ text: String, _ nanos: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes(RetryAfter.nanos) == nanos)
    }

    @Test(arguments: ["", "-1", "1.5", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "1234567890"])
    func anythingElseIsTakenAsUnstated(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes(RetryAfter.nanos) == nil)
    }
}

@Suite struct RateLimitingTests {
    private func caller(key: RateOverride? = nil, tenant: RateOverride? = nil) -> AuthenticatedKey {
        let tenant = TenantRecord(
            number: 0, id: TenantID("acme")!, policy: .reserve, isSuspended: false, rate: tenant, cell: RateCell())
        let fingerprint = [UInt8](repeating: 1, count: 32).withUnsafeBytes { KeyFingerprint($0)! }
        let key = KeyRecord(
            id: KeyID(random: 1, 1), fingerprint: fingerprint, tenantNumber: 0, scope: .standard,
            expiresAt: UnixMillis(.max), cap: nil, rate: key, cell: RateCell())
        return AuthenticatedKey(key: key, tenant: tenant)
    }

    private func admitted(_ count: Int, _ caller: AuthenticatedKey, _ defaults: RateDefaults) -> Int {
        let instance = Atomic<UInt64>(0)
        return (0..<count).reduce(0) { sum, _ in
            if case .allowed = RateLimiting.ask(caller, defaults, instance: instance, now: 1_000_000_000) {
                sum + 1
            } else {
                sum
            }
        }
    }

    @Test func theTightestOfThreeBucketsDecides() {
        func limit(_ burst: Int) -> RateLimit? { RateLimit(requestsPerMinute: 60, burst: burst) }
        #expect(admitted(50, caller(), RateDefaults(key: limit(5), tenant: limit(7), instance: limit(9))) == 5)
        #expect(admitted(50, caller(), RateDefaults(key: limit(9), tenant: limit(5), instance: limit(7))) == 5)
        #expect(admitted(50, caller(), RateDefaults(key: limit(9), tenant: limit(7), instance: limit(5))) == 5)
        #expect(admitted(50, caller(), RateDefaults(key: nil, tenant: nil, instance: nil)) == 50)
    }

    @Test func aKeysOwnLimitReplacesTheDefault() {
        let own = RateOverride(perMinute: 60, burst: 3)
        #expect(
            admitted(
                50, caller(key: own),
                RateDefaults(key: RateLimit(requestsPerMinute: 60, burst: 20), tenant: nil, instance: nil)) == 3)
    }

    @Test func aRefusalSaysWhenToComeBack() {
        let caller = caller()
        let defaults = RateDefaults(key: RateLimit(requestsPerMinute: 60, burst: 1), tenant: nil, instance: nil)
        let instance = Atomic<UInt64>(0)
        guard case .allowed = RateLimiting.ask(caller, defaults, instance: instance, now: 5_000_000_000),
            case .limited(let standing) = RateLimiting.ask(caller, defaults, instance: instance, now: 5_000_000_000)
        else {
            Issue.record("a burst of one lets one through")
            return
        }
        #expect(standing.retryAfterSeconds == 1)
    }
}

@Suite struct WalletRefusalAnswerTests {
    @Test func everyRefusalOfTheWalletHasAnAnswerAndMoneyIsAlways402() {
        for refusal in WalletRefusal.allCases {
            let answer = RequestPipeline.refusal(for: refusal, estimate: Micros(2_000_000), free: Micros(-5))
            let isMoney = [.budgetExceeded, .insufficientFunds, .tenantUnknown].contains(refusal)
            #expect((answer.kind.status == 402) == isMoney, "\(refusal)")
            #expect(!answer.message.contains("-0."), "a negative balance is shown as nothing free")
        }
    }
}
