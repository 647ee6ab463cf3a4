// The audit: sound books are found sound, and every kind of damage is found.

import Money
import Support
import Tenancy
import Testing

@testable import Ledger

@Suite struct AuditTests {
    /// A shelf with a few wallets, budgets and refunds.
    private func shelf() -> MemoryShelf {
        var load = WalletLoad(random: SeededRandom(seed: 7), limits: LedgerLimits())
        var shelf = MemoryShelf()
        for _ in 0..<2_000 { _ = load.step(&shelf) }
        _ = load.flush(&shelf)
        return shelf
    }

    private func findings(_ entries: [Entry], _ kept: KeptState) -> [String] {
        var audit = Audit(of: kept)
        for entry in entries { audit.count(entry, refundIsKept: true) }
        return audit.finish().findings.map(\.description)
    }

    @Test func aSoundLedgerIsFoundSoundInAnyOrder() {
        let shelf = shelf()
        var random = SeededRandom.forTest()
        #expect(findings(shelf.order, shelf.kept) == [])
        #expect(findings(shelf.order.shuffled(using: &random), shelf.kept) == [], "seed \(random.seed)")
    }

    @Test func entriesMadeAfterItsBeginningAreLeftOut() {
        var shelf = shelf()
        var audit = Audit(of: shelf.kept)
        let posting = Posting(
            kind: .credit, reference: Reference(text: "late")!, wallet: .firstWallet, amount: .dollar, at: UnixMillis(0)
        )
        _ = shelf.decide([Order(posting, refusal: nil, tenant: nil, key: nil, ended: nil)])
        for entry in shelf.order { audit.count(entry, refundIsKept: true) }
        #expect(audit.entries == Int64(shelf.order.count - 1))
        #expect(audit.finish().findings == [])
    }

    @Test func anyEntryMissingIsFound() {
        let shelf = shelf()
        for index in stride(from: 0, to: shelf.order.count, by: 17) {
            var entries = shelf.order
            entries.remove(at: index)
            #expect(!findings(entries, shelf.kept).isEmpty, "entry \(index) of \(shelf.order.count)")
        }
    }

    @Test func aBalanceChangedBehindTheLedgersBackIsFound() {
        let shelf = shelf()
        for index in shelf.kept.accounts.indices {
            var kept = shelf.kept
            kept.accounts[index].balance = kept.accounts[index].balance.adding(Micros(1))!
            #expect(findings(shelf.order, kept).count >= 2, "the account and the sum")
        }
    }

    @Test func twoBalancesChangedSoThatTheSumIsZeroAreFound() {
        let shelf = shelf()
        var kept = shelf.kept
        kept.accounts[0].balance = kept.accounts[0].balance.adding(Micros(1))!
        kept.accounts[1].balance = kept.accounts[1].balance.subtracting(Micros(1))!
        #expect(findings(shelf.order, kept).count >= 2)
    }

    @Test func aWrongLinkIsFoundThoughEveryAmountIsRight() throws {
        let shelf = shelf()
        let index = try #require(shelf.order.firstIndex { $0.ordinal > 3 })
        let good = shelf.order[index]
        let bad = [
            Entry(
                posting: good.posting, ordinal: good.ordinal, previous: good.posting.reference, balance: good.balance),
            Entry(posting: good.posting, ordinal: good.ordinal - 1, previous: good.previous, balance: good.balance),
            Entry(
                posting: good.posting, ordinal: good.ordinal, previous: good.previous,
                balance: Micros(good.balance.value + 1)),
        ]
        for entry in bad {
            var entries = shelf.order
            entries[index] = entry
            let wallet = good.posting.wallet.value
            #expect(findings(entries, shelf.kept) == ["the chain of wallet \(wallet) is broken"])
        }
    }

    @Test func aBudgetThatDoesNotAddUpIsFound() throws {
        let shelf = shelf()
        var kept = shelf.kept
        let budget = try #require(kept.spent.keys.first)
        kept.spent[budget] = kept.spent[budget]?.adding(Micros(1))
        #expect(findings(shelf.order, kept).count == 1)
    }

    @Test func aRefundThatIsNotKeptIsFound() {
        let shelf = shelf()
        var audit = Audit(of: shelf.kept)
        var left = 1
        for entry in shelf.order {
            let isRefund = entry.posting.original != nil
            if isRefund { left -= 1 }
            audit.count(entry, refundIsKept: !isRefund || left != 0)
        }
        #expect(audit.finish().findings.count == 1)
        var kept = shelf.kept
        kept.refunds += 1
        #expect(findings(shelf.order, kept).count == 1)
    }

    @Test func theEndsOfASoundLedgerAreSoundAndWrongOnesAreFound() {
        let shelf = shelf()
        func ends(_ accounts: [Account]) -> Int {
            Audit.ends(of: accounts) { (account: Account) throws(Never) in account.last.flatMap { shelf.entries[$0] } }
                .count
        }
        #expect(ends(shelf.kept.accounts) == 0)
        for index in shelf.kept.accounts.indices where shelf.kept.accounts[index].number.isWallet {
            var accounts = shelf.kept.accounts
            accounts[index].entries += 1
            #expect(ends(accounts) == 2, "the wallet, and the count of all")
            accounts = shelf.kept.accounts
            accounts[index].balance = accounts[index].balance.adding(Micros(1))!
            #expect(ends(accounts) == 2, "the wallet, and the sum of all")
        }
    }
}
