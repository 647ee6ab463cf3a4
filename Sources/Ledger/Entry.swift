// Posting and Entry: a movement as it is asked for, and as it stands in the ledger for ever.
//
// For: deciding whether a repeated reference is the same movement, and making the entry of a new one.
// Refuses: a reference that is known with other content.
// Called by: Book (makes postings), walletd's Store (makes and keeps entries), Audit.

public import Money
public import Tenancy

/// What kind of movement. Numbers are stored: never reused.
public enum EntryKind: UInt8, CaseIterable, Sendable {
    /// Money paid in: funding → wallet.
    case credit = 1
    /// Money charged, only if the free balance allows: wallet → revenue.
    case debit = 2
    /// All or part of a debit or settlement given back: revenue → wallet.
    case refund = 3
    /// What an attempt cost, charged in full: wallet → revenue.
    case settlement = 4
    /// All or part of a credit taken back, in full even below zero: wallet → funding.
    case reversal = 5

    /// Whether the wallet gets the money.
    @inlinable
    public var raisesWallet: Bool { self == .credit || self == .refund }

    /// The account at the other end.
    @inlinable
    public var counterpart: AccountNumber { self == .credit || self == .reversal ? .funding : .revenue }

    /// Whether the movement counts for a budget: debits and settlements spend it, refunds give back.
    @inlinable
    public var countsForBudget: Bool { counterpart == .revenue }
}

/// A movement that somebody asks for.
public struct Posting: Hashable, Sendable {
    /// `refund` stands for a reversal too until the original is known.
    public var kind: EntryKind
    public var reference: Reference
    /// The wallet; `none` when the tenant has none, or when a refund's original has not been read yet.
    public var wallet: AccountNumber
    public var budget: BudgetNumber
    /// More than zero.
    public var amount: Micros
    /// When it is recorded as having happened; the asker's clock.
    public var at: UnixMillis
    /// The movement a refund gives back.
    public var original: Reference?
    /// A remark for the history.
    public var note: String

    public init(
        kind: EntryKind, reference: Reference, wallet: AccountNumber, budget: BudgetNumber = .none, amount: Micros,
        at: UnixMillis, original: Reference? = nil, note: String = ""
    ) {
        self.kind = kind
        self.reference = reference
        self.wallet = wallet
        self.budget = budget
        self.amount = amount
        self.at = at
        self.original = original
        self.note = note
    }

    /// The account the money leaves.
    @inlinable
    public var source: AccountNumber { kind.raisesWallet ? kind.counterpart : wallet }

    /// The account the money goes to.
    @inlinable
    public var destination: AccountNumber { kind.raisesWallet ? wallet : kind.counterpart }

    /// What came into the wallet; negative when it went out.
    @inlinable
    var change: Micros { kind.raisesWallet ? amount : Micros(0 - amount.value) }

    /// What it adds to the spending of its budget; negative for refunds.
    @inlinable
    public var spent: Micros { kind.countsForBudget ? Micros(0 - change.value) : .zero }
}

/// A movement in the ledger. Never changed and never removed.
public struct Entry: Hashable, Sendable {
    public let posting: Posting
    /// The how-many-th movement of its wallet this is, from 1.
    public let ordinal: Int64
    /// The wallet's movement before this one.
    public let previous: Reference?
    /// The wallet's balance after this.
    public let balance: Micros

    @inlinable
    public init(posting: Posting, ordinal: Int64, previous: Reference?, balance: Micros) {
        self.posting = posting
        self.ordinal = ordinal
        self.previous = previous
        self.balance = balance
    }

    /// What is answered to a posting under this entry's reference: the first answer again when it asks for the same, a refusal
    /// when it does not. Time and note are not content: they may differ between attempts at the same movement.
    public func answer(to repeated: Posting) -> Outcome {
        isSame(as: repeated) ? .exists(balance) : .refused(.existsWithDifferentContent)
    }

    private func isSame(as repeated: Posting) -> Bool {
        guard posting.amount == repeated.amount, posting.original == repeated.original else { return false }
        switch posting.kind {
        // The asker of a refund names the original and no wallet or budget: those are the original's.
        case .refund, .reversal: return repeated.kind == .refund || repeated.kind == posting.kind
        case .credit, .debit, .settlement:
            return posting.kind == repeated.kind && posting.wallet == repeated.wallet
                && posting.budget == repeated.budget
        }
    }
}

/// What a movement does to its two accounts.
public struct Moved: Sendable {
    /// The wallet before it.
    public let before: Account
    /// The wallet after it.
    public let wallet: Account
    /// The account at the other end, after it.
    public let counterpart: Account

    @inlinable
    init(before: Account, wallet: Account, counterpart: Account) {
        self.before = before
        self.wallet = wallet
        self.counterpart = counterpart
    }
}

extension Posting {
    /// What this movement does to the accounts it names, or `nil` when a balance would not fit 64 bits.
    @inlinable
    public func moving(_ wallet: Account, _ counterpart: Account) -> Moved? {
        precondition(
            wallet.number == self.wallet && counterpart.number == kind.counterpart && amount > .zero,
            "a posting moves an amount above zero on the accounts it names")
        guard let walletAfter = wallet.moved(by: change, reference),
            let counterpartAfter = counterpart.moved(by: Micros(0 - change.value), reference)
        else { return nil }
        return Moved(before: wallet, wallet: walletAfter, counterpart: counterpartAfter)
    }
}

extension Entry {
    /// The entry of a movement that did `moved`.
    @inlinable
    public init(_ posting: Posting, _ moved: Moved) {
        self.init(
            posting: posting, ordinal: moved.wallet.entries, previous: moved.before.last, balance: moved.wallet.balance)
    }
}
