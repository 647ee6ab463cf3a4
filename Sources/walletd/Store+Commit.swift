// Deciding a batch: all of it durable, or none of it there.
//
// For: group commit. One transaction and one sync carry up to a few hundred movements.
// Refuses: by the rules of the Ledger; a disk that fails refuses the whole batch.
// Called by: Writer.

import Ledger
import Money
import NIOCore
import Storage
import Tenancy

extension Store {
    /// Decides `orders` in turn and makes what was posted durable. When it throws nothing of the batch is in force; whether it
    /// is on the disk all the same is found out by reference when it is asked again.
    func commit(_ orders: [Order]) throws(StorageError) -> [Outcome] {
        do throws(StorageError) {
            try database.begin()
            var outcomes: [Outcome] = []
            outcomes.reserveCapacity(orders.count)
            for index in orders.indices { outcomes.append(try decide(orders[index])) }
            try writeTouched()
            let written = NIODeadline.now()
            try database.commit()
            syncTime = .now() - written
            accounts.keep()
            budgets.keep()
            forgetNames()
            return outcomes
        } catch {
            database.rollback()
            accounts.revert()
            budgets.revert()
            forgetNames()
            throw error
        }
    }

    private func forgetNames() {
        if !newNames.isEmpty { newNames = [:] }
        if !newKeys.isEmpty { newKeys = [:] }
    }

    /// In the order of refusals: what the reference says comes before what the book said, and before what the accounts say.
    private func decide(_ order: Order) throws(StorageError) -> Outcome {
        if let refusal = order.refusal { return try known(order) ?? .refused(refusal) }
        if order.posting.kind == .refund { return try refund(order) }
        return try post(order.posting, order)
    }

    /// What the entry under this reference answers, if there is one.
    private func known(_ order: Order) throws(StorageError) -> Outcome? {
        try entry(order.posting.reference)?.answer(to: order.posting)
    }

    private func refund(_ order: Order) throws(StorageError) -> Outcome {
        guard let name = order.posting.original else { preconditionFailure("a refund names its original") }
        if let answer = try known(order) { return answer }
        switch order.posting.refunding(try entry(name), refunded: try refunded(name)) {
        case .refused(let refusal): return .refused(refusal)
        case .posting(let posting):
            let outcome = try post(posting, order)
            guard case .posted(let balance) = outcome else { return outcome }
            try keepRefund(posting, of: name)
            return .refunded(posting, balance)
        }
    }

    private func post(_ posting: Posting, _ order: Order) throws(StorageError) -> Outcome {
        let wallet = accounts[posting.wallet.value] ?? Account(number: posting.wallet)
        guard let counterpart = accounts[posting.kind.counterpart.value] else {
            preconditionFailure("the accounts of the system are made with the file")
        }
        guard let moved = posting.moving(wallet, counterpart) else {
            return try known(order) ?? .refused(.balanceOutOfRange)
        }
        guard try insert(posting, moved) else {
            guard let answer = try known(order) else {
                throw database.contradiction("a reference is there and cannot be found")
            }
            return answer
        }
        keep(moved, order)
        if posting.budget != .none { spend(posting, order) }
        return .posted(moved.wallet.balance)
    }

    private func keep(_ moved: Moved, _ order: Order) {
        let number = moved.wallet.number.value
        if accounts[number] == nil {
            guard let tenant = order.tenant else { preconditionFailure("a new wallet comes with its tenant") }
            newNames[number] = tenant.text
        }
        accounts[number] = moved.wallet
        accounts[moved.counterpart.number.value] = moved.counterpart
    }

    private func spend(_ posting: Posting, _ order: Order) {
        let number = posting.budget.value
        if budgets[number] == nil {
            guard let key = order.key else { preconditionFailure("a new budget comes with its key") }
            newKeys[number] = key
        }
        guard let spent = (budgets[number] ?? .zero).adding(posting.spent) else {
            preconditionFailure("what a budget spent is a part of the revenue, which fits 64 bits")
        }
        budgets[number] = spent
    }
}

// MARK: rows

extension Store {
    /// Writes an entry; `false` when its reference is there already.
    private func insert(_ posting: Posting, _ moved: Moved) throws(StorageError) -> Bool {
        let insert = statements.insertMovement
        insert.bind(1, posting.reference.bytes).bind(2, Int64(posting.kind.rawValue))
        insert.bind(3, Int64(posting.source.value)).bind(4, Int64(posting.destination.value))
        insert.bind(5, posting.amount.value).bind(6, posting.at.value)
        insert.bind(7, moved.wallet.entries).bind(8, moved.wallet.balance.value).bind(9, moved.before.last?.bytes)
        insert.bind(10, posting.budget == .none ? nil : Int64(posting.budget.value))
        insert.bind(11, posting.original?.bytes).bind(12, posting.note.isEmpty ? nil : posting.note)
        return try insert.insert()
    }

    private func keepRefund(_ posting: Posting, of original: Reference) throws(StorageError) {
        let insert = try database.prepare("INSERT INTO refunds (original, reference, amount) VALUES (?1, ?2, ?3)")
        try insert.bind(1, original.bytes).bind(2, posting.reference.bytes).bind(3, posting.amount.value).run()
    }

    private func refunded(_ original: Reference) throws(StorageError) -> Micros {
        let sum = try database.prepare("SELECT sum(amount) FROM refunds WHERE original = ?1")
        return Micros(try sum.bind(1, original.bytes).firstRow { $0.integer(0) } ?? 0)
    }
}
