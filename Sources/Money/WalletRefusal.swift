// WalletRefusal: every way the wallet says no, and the two policies it says it by.
//
// For: one closed, numbered list that Ledger decides by, IPC carries and gatewayd answers from.
// Refuses: nothing itself. Numbers are on the wire and in documents: they are never reused or renumbered.
// Called by: Ledger, IPC, walletd, gatewayd, weirctl.

/// Why a movement or a hold was refused, in order of precedence: where several apply, the first is given.
public enum WalletRefusal: UInt16, CaseIterable, Sendable {
    /// The amount is zero or negative where it must be positive, or negative where it may be zero.
    case amountOutOfRange = 10
    /// The reference is known with other content: another kind, tenant, amount, budget or original.
    case existsWithDifferentContent = 11
    /// The tenant has no wallet: nothing was ever credited to it.
    case tenantUnknown = 12
    /// A refund names an original that does not exist.
    case originalUnknown = 13
    /// A refund names an original that is itself a refund or a reversal.
    case originalNotRefundable = 14
    /// The refunds of this original would exceed it.
    case refundExceedsOriginal = 15
    /// The movement would take a balance beyond 64 bits.
    case balanceOutOfRange = 16
    /// The hold names an identifier that this connection already uses.
    case holdExists = 17
    /// The connection or the tenant has as many holds as it may have.
    case tooManyHolds = 18
    /// The budget (an API key's lifetime cap) does not leave this much.
    case budgetExceeded = 19
    /// The free balance (balance − pending debits − holds) does not leave this much, or is not positive.
    case insufficientFunds = 20
}

/// How a tenant's wallet admits a hold.
public enum SpendPolicy: UInt8, CaseIterable, Sendable {
    /// The hold must fit the free balance, so that no settlement can overdraw beyond estimation error. The default.
    case reserve = 1
    /// Any hold is granted while the free balance is positive; the small overdraft that follows blocks the next one.
    case positive = 2
}

extension SpendPolicy: CustomStringConvertible {
    /// `reserve` or `positive`, as written in commands and configuration.
    public var description: String {
        switch self {
        case .reserve: "reserve"
        case .positive: "positive"
        }
    }

    /// The policy of that name, or `nil`.
    public init?(name: String) {
        guard let policy = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = policy
    }
}
