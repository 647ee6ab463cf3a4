// The store against the naive model: under random load, with every file operation failing, with power cuts.

import Ledger
import Money
import Storage
import Support
import Testing

@testable import walletd

@Suite struct StoreModelTests {
    @Test func everyAnswerOfAHundredThousandEventsIsPredicted() throws {
        let random = SeededRandom.forTest()
        let faulty = FaultyFiles()
        var load = WalletLoad(random: random, limits: LedgerLimits())
        var shelf = StoreShelf(store: try Store(faulty))
        for event in 0..<100_000 {
            if let wrong = load.step(&shelf) {
                Issue.record("seed \(random.seed), event \(event): \(wrong)")
                return
            }
        }
        #expect(load.flush(&shelf) == nil)
        #expect(load.compareSpending() == nil, "seed \(random.seed)")
        #expect(try shelf.store.reconcile(.whole) == [], "seed \(random.seed)")
        try compareHistories(shelf.store, load)
    }

    /// Every wallet's history in the file, page by page, is the model's.
    private func compareHistories(_ store: Store, _ load: WalletLoad) throws {
        for tenant in WalletLoad.tenants {
            guard let wallet = load.book.wallet(of: tenant) else { continue }
            var found: [Entry] = []
            var page = HistoryPage()
            repeat {
                page = try store.history(of: wallet, before: page.entries.last?.posting.reference, limit: 77)
                found += page.entries
            } while page.hasMore
            let expected = load.model.history(tenant)
            #expect(found.map(\.posting.reference) == expected.map(\.reference), "\(tenant)")
            #expect(found.map(\.balance.value) == expected.map(\.balance), "\(tenant)")
            #expect(found.map(\.posting.kind) == expected.map(\.kind), "\(tenant)")
        }
    }

    /// What the disk does after the fault.
    enum Aftermath: CaseIterable {
        /// The operation fails once; the process goes on.
        case once
        /// Every operation from then on fails until the disk is repaired.
        case forever
        /// The power fails at that moment.
        case powerCut
    }

    @Test(arguments: Aftermath.allCases) func theNthFileOperationFails(_ aftermath: Aftermath) throws {
        var random = SeededRandom.forTest()
        var number = 0
        var reached = true
        while reached {
            number += 1
            let faulty = FaultyFiles()
            faulty.plan(aftermath == .once ? .once(number) : .forever(number))
            var load = WalletLoad(random: SeededRandom(seed: random.next()), limits: LedgerLimits())
            let name = "operation \(number), \(aftermath), seed \(random.seed)"
            guard run(&load, on: faulty, name) else { return }
            reached = faulty.hasFailed
            faulty.plan(.none)
            if aftermath == .powerCut { faulty.cutPower(&random) }
            guard try reopen(&load, on: faulty, name) else { return }
        }
        #expect(number > 200, "the load reached only \(number) operations")
    }

    /// A short life of a wallet on a disk that will fail.
    private func run(_ load: inout WalletLoad, on faulty: FaultyFiles, _ name: String) -> Bool {
        // A store that cannot be opened serves nobody; a later start finds what there is.
        guard let store = try? Store(faulty) else { return true }
        var shelf = StoreShelf(store: store)
        for event in 0..<250 {
            if event % 100 == 50 { _ = try? store.database.checkpoint() }
            if let wrong = load.step(&shelf) {
                Issue.record("\(name), event \(event): \(wrong)")
                return false
            }
        }
        return true
    }

    /// The next start: sound, and in agreement with the model once the askers of failed movements have asked again.
    private func reopen(_ load: inout WalletLoad, on faulty: FaultyFiles, _ name: String) throws -> Bool {
        var shelf = StoreShelf(store: try Store(faulty))
        #expect(try shelf.store.reconcile(.whole) == [], "\(name)")
        load.restart(try shelf.store.makeBook(LedgerLimits()))
        var wrong = load.adopt(try shelf.store.slice(after: [], limit: 10_000).compactMap(\.entry))
        wrong += load.askAgain(&shelf) + [load.compare(), load.compareSpending()].compactMap(\.self)
        if !wrong.isEmpty { Issue.record("\(name): \(wrong)") }
        #expect(try shelf.store.reconcile(.whole) == [], "\(name)")
        return wrong.isEmpty
    }
}
