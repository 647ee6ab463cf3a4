// The book against the naive model under random load.

import Money
import Support
import Testing

@testable import Ledger

@Suite struct ModelTests {
    private var tightLimits: LedgerLimits {
        var limits = LedgerLimits()
        limits.holdsPerConnection = 4
        limits.holdsPerTenant = 5
        return limits
    }

    @Test(arguments: 1...5) func everyAnswerOfFiftyThousandEventsIsPredicted(run: Int) {
        let random = SeededRandom.forTest()
        var load = WalletLoad(random: random, limits: tightLimits)
        var shelf = MemoryShelf()
        for event in 0..<50_000 {
            if let wrong = load.step(&shelf) {
                Issue.record("seed \(random.seed), event \(event): \(wrong)")
                return
            }
        }
        #expect(load.flush(&shelf) == nil)
        #expect(load.compareSpending() == nil, "seed \(random.seed)")
        #expect(Audit.findings(of: shelf) == [], "seed \(random.seed)")
        let unreached = Set(WalletRefusal.allCases).subtracting(load.refusals)
        #expect(unreached == [.balanceOutOfRange], "the load is too tame or too wild: seed \(random.seed)")
    }

    @Test func aDiskThatFailsEveryFifthBatchChangesNoAnswer() {
        let random = SeededRandom.forTest()
        var load = WalletLoad(random: random, limits: tightLimits)
        var shelf = UnreliableShelf()
        for event in 0..<20_000 {
            if let wrong = load.step(&shelf) {
                Issue.record("seed \(random.seed), event \(event): \(wrong)")
                return
            }
        }
        #expect(!load.failed.isEmpty)
        #expect(load.compareSpending() == nil, "seed \(random.seed)")
        #expect(Audit.findings(of: shelf.shelf) == [], "seed \(random.seed)")
    }

    @Test func aWalletThatForgetsAHoldIsFound() {
        // The canary: with a book that lets holds fall, the model must notice soon.
        let random = SeededRandom.forTest()
        var load = WalletLoad(random: random, limits: tightLimits)
        var shelf = MemoryShelf()
        for event in 0..<50_000 {
            if event % 100 == 0 { load.book.forgetHolds() }
            if load.step(&shelf) != nil { return }
        }
        Issue.record("seed \(random.seed): nobody noticed")
    }
}

/// Fails every fifth batch and keeps nothing of it.
private struct UnreliableShelf: EntryShelf {
    var shelf = MemoryShelf()
    var batches = 0

    mutating func decide(_ orders: [Order]) -> [Outcome]? {
        batches += 1
        return batches.isMultiple(of: 5) ? nil : shelf.decide(orders)
    }
}

extension Book {
    fileprivate mutating func forgetHolds() {
        for holder in holders.keys {
            for id in holders[holder]!.keys { release(id, by: holder) }
        }
    }
}

extension Audit {
    static func findings(of shelf: MemoryShelf) -> [Finding] {
        var audit = Audit(of: shelf.kept)
        for entry in shelf.order { audit.count(entry, refundIsKept: true) }
        return audit.finish().findings
    }
}
