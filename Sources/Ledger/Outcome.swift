// Outcome: what became of a movement, and of a hold.
//
// For: the answers of walletd. Refusals are the closed list `WalletRefusal`, in its order of precedence.
// Refuses: nothing itself.
// Called by: Book, Entry, Refunding (give outcomes); walletd (answers with them).

public import Money

/// What became of a movement.
public enum Outcome: Hashable, Sendable {
    /// It is in the ledger now, as it was ordered; the wallet's balance after it.
    case posted(Micros)
    /// A refund is in the ledger now, as this posting: whose it is and which way it goes follows from its original.
    indirect case refunded(Posting, Micros)
    /// The same movement was in the ledger already; the balance after it, as it was answered then.
    case exists(Micros)
    /// The ledger is unchanged.
    case refused(WalletRefusal)
}

/// What became of a hold, with the free balance after it.
public enum Admission: Hashable, Sendable {
    case granted(free: Micros)
    case refused(WalletRefusal, free: Micros)
}
