// Refunding: which movements may be given back, how much of them, and by what kind of movement.
//
// For: refunds, which name only the original; wallet, budget and direction follow from it.
// Refuses: unknown originals, originals that are refunds themselves, more than is left of the original.
// Called by: walletd's Store, with the original and the sum of its refunds so far.

public import Money

/// What a refund becomes once its original is known.
public enum Refunding: Hashable, Sendable {
    /// A refund or reversal with the wallet and budget of its original.
    case posting(Posting)
    case refused(WalletRefusal)
}

extension Posting {
    /// This refund with the wallet, budget and kind that its original gives it, or the refusal.
    ///
    /// - Parameters:
    ///   - original: the entry it names, if there is one.
    ///   - refunded: what was given back of it already.
    public func refunding(_ original: Entry?, refunded: Micros) -> Refunding {
        guard let original else { return .refused(.originalUnknown) }
        guard let kind = Self.kindOfRefund(original.posting.kind) else { return .refused(.originalNotRefundable) }
        guard let total = refunded.adding(amount), total <= original.posting.amount else {
            return .refused(.refundExceedsOriginal)
        }
        var posting = self
        posting.kind = kind
        posting.wallet = original.posting.wallet
        posting.budget = original.posting.budget
        return .posting(posting)
    }

    private static func kindOfRefund(_ original: EntryKind) -> EntryKind? {
        switch original {
        case .debit, .settlement: .refund
        case .credit: .reversal
        case .refund, .reversal: nil
        }
    }
}
