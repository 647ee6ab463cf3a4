// MemoryShelf: keeps entries in a dictionary, by the rules of the Ledger, as walletd's Store keeps them in a database.

import Ledger
import Money
import Support

struct MemoryShelf: EntryShelf {
    private(set) var entries: [Reference: Entry] = [:]
    private(set) var order: [Entry] = []
    private(set) var accounts: [AccountNumber: Account] = [:]

    mutating func decide(_ orders: [Order]) -> [Outcome]? {
        var outcomes: [Outcome] = []
        for order in orders { outcomes.append(decide(order)) }
        return outcomes
    }

    mutating func decide(_ order: Order) -> Outcome {
        if let known = entries[order.posting.reference] { return known.answer(to: order.posting) }
        if let refusal = order.refusal { return .refused(refusal) }
        guard order.posting.kind == .refund, let name = order.posting.original else { return post(order.posting) }
        let refunded = self.order.filter { $0.posting.original == name }.reduce(0) { $0 + $1.posting.amount.value }
        switch order.posting.refunding(entries[name], refunded: Micros(refunded)) {
        case .posting(let posting):
            guard case .posted(let balance) = post(posting) else { return .refused(.balanceOutOfRange) }
            return .refunded(posting, balance)
        case .refused(let refusal): return .refused(refusal)
        }
    }

    private mutating func post(_ posting: Posting) -> Outcome {
        guard let moved = posting.moving(account(posting.wallet), account(posting.kind.counterpart))
        else { return .refused(.balanceOutOfRange) }
        let entry = Entry(posting, moved)
        accounts[moved.wallet.number] = moved.wallet
        accounts[moved.counterpart.number] = moved.counterpart
        entries[posting.reference] = entry
        order.append(entry)
        return .posted(entry.balance)
    }

    private func account(_ number: AccountNumber) -> Account { accounts[number] ?? Account(number: number) }

    /// What a store would keep beside the entries.
    var kept: KeptState {
        var spent: [BudgetNumber: Micros] = [:]
        for entry in order where entry.posting.budget != .none {
            spent[entry.posting.budget] = (spent[entry.posting.budget] ?? .zero).adding(entry.posting.spent)
        }
        let refunds = order.count { $0.posting.original != nil }
        return KeptState(accounts: Array(accounts.values), spent: spent, refunds: Int64(refunds))
    }
}
