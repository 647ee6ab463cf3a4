// History, audit, status, and a disk that fails under a running wallet.

import IPC
import Ledger
import Money
import NIOCore
import Support
import Tenancy
import Testing

@testable import walletd

@Suite struct ServiceReadingTests {
    @Test func aHistoryIsReadPageByPageNewestFirst() async throws {
        try await withWallet { rig in
            let (operator_, gateway) = (await rig.asker(.weirctl), await rig.asker(.gatewayd))
            let key = KeyID(random: 3, 3)
            try await operator_.credit(CreditRequest("c1", "acme", "10"))
            try await operator_.credit(CreditRequest("x1", "brook", "10"))
            for number in 1...9 {
                try await gateway.settle(SettleRequest("s\(number)", "acme", "0.5", key: number == 4 ? key : nil))
            }
            var found: [HistoryEntry] = []
            var before: Reference?
            repeat {
                let page = try await gateway.history(
                    HistoryRequest(tenant: TenantID("acme")!, before: before, limit: 4))
                found += page.entries
                before = page.next
            } while before != nil
            #expect(found.map(\.reference.description) == (1...9).reversed().map { "s\($0)" } + ["c1"])
            #expect(found.map(\.kind) == Array(repeating: .settlement, count: 9) + [.credit])
            #expect(found[5].budget == key && found[4].budget == nil)
            #expect(found[9].note == "test" && found[9].amount == Micros(dollars: "10"))
        }
    }

    @Test func aCreditTakenBackIsADebitThatNamesIt() async throws {
        try await withWallet { rig in
            let operator_ = await rig.asker(.weirctl)
            try await operator_.credit(CreditRequest("c1", "acme", "10"))
            let taken = try await operator_.refund(
                RefundRequest(
                    amount: Micros(dollars: "10")!, at: UnixMillis(3), reference: Reference(text: "r1")!,
                    original: Reference(text: "c1")!, note: "charge back"))
            #expect(taken == PostingAnswer(outcome: .posted, balance: .zero))
            let page = try await operator_.history(HistoryRequest(tenant: TenantID("acme")!, before: nil, limit: 10))
            #expect(page.entries.first?.kind == .debit && page.entries.first?.original == Reference(text: "c1"))
        }
    }

    @Test(arguments: [0, 501] as [UInt16]) func aPageOfAnImpossibleSizeIsMalformed(limit: UInt16) async throws {
        try await withWallet { rig in
            let operator_ = await rig.asker(.weirctl)
            await #expect(throws: CallFailure.refused(.malformed, "a page has 1 to 500 entries")) {
                try await operator_.history(HistoryRequest(tenant: TenantID("acme")!, before: nil, limit: limit))
            }
            let none = try await operator_.history(HistoryRequest(tenant: TenantID("acme")!, before: nil, limit: 500))
            #expect(none == HistoryAnswer(next: nil, entries: []))
        }
    }

    @Test func anAuditUnderLoadIsOfOneMomentAndSound() async throws {
        try await withWallet { rig in
            let (operator_, gateway) = (await rig.asker(.weirctl), await rig.asker(.gatewayd))
            try await operator_.credit(CreditRequest("c1", "acme", "1000"))
            try await settleMany(gateway, 0..<2_000)
            let load = Task { _ = try await settleMany(gateway, 2_000..<6_000) }
            let end = try await audit(operator_)
            try await load.value
            #expect(end.sound && end.sum == .zero && end.findings == [] && end.wallets == 1)
            #expect((2_001...6_001).contains(end.entries))
            let after = try await audit(operator_)
            #expect(after.sound && after.entries == 6_001)
        }
    }

    @Test func aSecondAuditAtTheSameTimeIsTurnedAwayAndAnAbandonedOneFreesItsPlace() async throws {
        try await withWallet { rig in
            let (operator_, gateway) = (await rig.asker(.weirctl), await rig.asker(.gatewayd))
            try await operator_.credit(CreditRequest("c1", "acme", "1000"))
            try await settleMany(gateway, 0..<3_000)
            let first = Task { try await audit(operator_) }
            let second = Task { try await audit(operator_) }
            let ends = [await first.result, await second.result]
            #expect(ends.contains { (try? $0.get().sound) == true })
            let abandoned = Task { try await audit(operator_) }
            abandoned.cancel()
            _ = await abandoned.result
            while true {
                if let end = try? await audit(operator_) {
                    #expect(end.sound)
                    return
                }
            }
        }
    }

    @Test func statusTellsWhatIs() async throws {
        try await withWallet { rig in
            let (operator_, gateway) = (await rig.asker(.weirctl), await rig.asker(.gatewayd))
            try await operator_.credit(CreditRequest("c1", "acme", "10"))
            try await operator_.credit(CreditRequest("c2", "brook", "10"))
            try await gateway.hold(HoldRequest(1, "acme", "4"))
            let status = try await operator_.status(WalletStatusRequest())
            #expect(status.startedAt == UnixMillis(5) && !status.draining && status.build == "test")
            #expect(status.wallets == 2 && status.entries == 2 && status.holds == 1 && status.pending == 0)
            #expect(status.held == Micros(dollars: "4") && status.connections == 2)
            #expect(status.movements == 2 && status.commits == 2 && status.databaseBytes > 0)
        }
    }

    @Test func aDiskThatFailsRefusesMovementsAndGoesOnHolding() async throws {
        try await withWallet { rig in
            let (operator_, gateway) = (await rig.asker(.weirctl), await rig.asker(.gatewayd))
            try await operator_.credit(CreditRequest("c1", "acme", "10"))
            #expect(try await gateway.hold(HoldRequest(1, "acme", "4")).outcome == .granted)
            rig.faulty.refuseWrites(true)
            let failure = await #expect(throws: CallFailure.self) {
                try await gateway.settle(SettleRequest("s1", "acme", "3", ending: 1))
            }
            #expect(failure?.effect == .unknown)
            let standing = try await gateway.balance(BalanceRequest(tenant: TenantID("acme")!))
            #expect(standing.balance == Micros(dollars: "10") && standing.held == Micros(dollars: "4"))
            #expect(try await gateway.hold(HoldRequest(2, "acme", "6")).outcome == .granted)
            let page = try await operator_.history(HistoryRequest(tenant: TenantID("acme")!, before: nil, limit: 9))
            #expect(page.entries.count == 1, "reading goes on")
            rig.faulty.refuseWrites(false)
            let posted = try await gateway.settle(SettleRequest("s1", "acme", "3", ending: 1))
            #expect(posted == PostingAnswer(outcome: .posted, balance: Micros(dollars: "7")!))
            try rig.restart()
            let after = try await rig.asker(.weirctl).balance(BalanceRequest(tenant: TenantID("acme")!))
            #expect(after.balance == Micros(dollars: "7") && after.entries == 2)
        }
    }

    @Test func aDrainAnswersWhatIsUnderWay() async throws {
        try await withWallet { rig in
            let operator_ = await rig.asker(.weirctl)
            let gateway = await rig.asker(.gatewayd, patience: .milliseconds(1))
            try await operator_.credit(CreditRequest("c1", "acme", "1000"))
            let answered = Task { try await settleMany(gateway, 0..<200, stopsQuietly: true) }
            try await rig.wallet.drain().get()
            let count = try await answered.value
            try rig.restart()
            let standing = try await rig.asker(.weirctl).balance(BalanceRequest(tenant: TenantID("acme")!))
            #expect(standing.entries >= UInt64(count + 1), "what was answered is there")
        }
    }

    /// Settles one micro-dollar for each number, all at once; how many were posted.
    @discardableResult
    private func settleMany(
        _ gateway: AsyncWalletClient, _ numbers: Range<Int>, stopsQuietly: Bool = false
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in numbers {
                group.addTask {
                    let request = SettleRequest("many\(number)", "acme", "0.000001")
                    if stopsQuietly { return (try? await gateway.settle(request)) != nil }
                    return try await gateway.settle(request).outcome == .posted
                }
                // The link takes 4,096 calls; stay well below.
                if number % 1_000 == 999 { _ = try await group.next() }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    private func audit(_ client: AsyncWalletClient) async throws -> AuditEnd {
        let stream = client.audit().makeAsyncIterator()
        var checked: UInt64 = 0
        while let item = try await stream.next() {
            #expect(item.checked >= checked && item.checked <= item.total)
            checked = item.checked
        }
        return try #require(stream.end)
    }
}
