// Movements: judged when they come, counted when they are durable.
//
// For: credit, debit, refund and settle (cases B-03, B-04, B-08, B-09, B-17, B-32).
// Refuses: amountOutOfRange at once. tenantUnknown and insufficientFunds only after the reference has been looked up; the
//     other refusals of movements are found there too.
// Called by: walletd's handlers, and its writer's answers.

public import Money
public import Tenancy

/// A movement as a handler receives it, with names in place of numbers.
public struct MovementRequest: Sendable {
    /// credit, debit, refund or settlement.
    public var kind: EntryKind
    public var reference: Reference
    /// Whose wallet; refunds name none.
    public var tenant: TenantID?
    public var budget: KeyID?
    public var amount: Micros
    public var at: UnixMillis
    public var original: Reference?
    public var note: String

    public init(
        kind: EntryKind, reference: Reference, tenant: TenantID?, budget: KeyID? = nil, amount: Micros, at: UnixMillis,
        original: Reference? = nil, note: String = ""
    ) {
        self.kind = kind
        self.reference = reference
        self.tenant = tenant
        self.budget = budget
        self.amount = amount
        self.at = at
        self.original = original
        self.note = note
    }
}

/// A movement on its way to the disk. A class, because it goes through several hands and is never changed on its way.
public final class Order: Sendable {
    public let posting: Posting
    /// What is answered when the reference is new; `nil` = post it.
    public let refusal: WalletRefusal?
    /// The names behind the posting's numbers, for a wallet or a budget that has not been stored yet.
    public let tenant: TenantID?
    public let key: KeyID?
    /// The hold that ended with it.
    let ended: EndedHold?

    init(_ posting: Posting, refusal: WalletRefusal?, tenant: TenantID?, key: KeyID?, ended: EndedHold?) {
        self.posting = posting
        self.refusal = refusal
        self.tenant = tenant
        self.key = key
        self.ended = ended
    }

    /// Whether the book counts the amount as spent until the order is finished.
    var isPending: Bool { refusal == nil && (posting.kind == .debit || posting.kind == .settlement) }
}

/// What `take` makes of a movement.
public enum Intake: Sendable {
    /// Decided; there is nothing to write or to look up.
    case refused(WalletRefusal)
    /// A settlement of nothing: its hold has ended and nothing is posted.
    case nothingToPost
    /// To be written, or looked up, and then finished or abandoned.
    case queued(Order)
}

extension Book {
    /// Judges a credit, debit or refund, and counts a debit as spent from now on.
    public mutating func take(_ request: MovementRequest) -> Intake {
        guard request.amount > .zero else { return .refused(.amountOutOfRange) }
        return .queued(order(request, ended: nil))
    }

    /// Judges a settlement, ends its hold and counts the amount as spent, in one step. It is posted in full, whatever was held
    /// and whatever is left: the money is spent already.
    public mutating func settle(_ request: MovementRequest, ending id: UInt64, of holder: HolderID) -> Intake {
        guard !request.amount.isNegative else { return .refused(.amountOutOfRange) }
        let hold = holders[holder]?.removeValue(forKey: id)
        if let hold { drop(hold) }
        guard request.amount > .zero else { return .nothingToPost }
        return .queued(order(request, ended: hold.map { EndedHold(holder: holder, id: id, hold: $0) }))
    }

    private mutating func order(_ request: MovementRequest, ended: EndedHold?) -> Order {
        let number = walletNumber(request)
        let posting = Posting(
            kind: request.kind, reference: request.reference, wallet: number, budget: enrol(request.budget),
            amount: request.amount, at: request.at, original: request.original, note: request.note)
        let order = Order(
            posting, refusal: refusal(of: posting), tenant: request.tenant, key: request.budget, ended: ended)
        count(order, 1)
        return order
    }

    private mutating func walletNumber(_ request: MovementRequest) -> AccountNumber {
        guard let tenant = request.tenant else { return .none }
        return request.kind == .credit ? enrol(tenant) : open(tenant) ?? .none
    }

    private func refusal(of posting: Posting) -> WalletRefusal? {
        guard posting.kind == .debit || posting.kind == .settlement else { return nil }
        guard posting.wallet != .none else { return .tenantUnknown }
        let fits = posting.kind == .settlement || Int128(posting.amount.value) <= self[posting.wallet].free
        return fits ? nil : .insufficientFunds
    }

    private mutating func count(_ order: Order, _ sign: Int128) {
        guard order.isPending else { return }
        let amount = Int128(order.posting.amount.value) * sign
        self[order.posting.wallet].pending += amount
        if order.posting.budget != .none { self[order.posting.budget].pending += amount }
    }
}

extension Book {
    /// The order's outcome is durable. Outcomes are given in the order in which they were decided.
    public mutating func finish(_ order: Order, _ outcome: Outcome) {
        count(order, -1)
        switch outcome {
        case .posted(let balance): enter(order.posting, balance)
        case .refunded(let posting, let balance): enter(posting, balance)
        case .exists: break
        case .refused: giveBack(order.ended)
        }
    }

    /// The disk failed: everything is as if the order had not been taken. Whether it is on the disk all the same is found out
    /// when it is asked again.
    public mutating func abandon(_ order: Order) {
        count(order, -1)
        giveBack(order.ended)
    }

    private mutating func enter(_ posting: Posting, _ balance: Micros) {
        self[posting.wallet].isOpen = true
        self[posting.wallet].balance = balance
        self[posting.wallet].entries += 1
        guard posting.budget != .none else { return }
        self[posting.budget].spent += Int128(posting.spent.value)
    }

    /// A hold that was ended for nothing lives on, unless its connection is gone or has used its number again.
    private mutating func giveBack(_ ended: EndedHold?) {
        guard let ended, let holds = holders[ended.holder], holds[ended.id] == nil else { return }
        put(ended.hold, ended.id, ended.holder)
    }
}
