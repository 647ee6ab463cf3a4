// NaiveWallet: a second wallet, written as plainly as possible, that predicts every answer of the first.
//
// For: random load. Where the book keeps sums, this adds lists up again for every question; where the book has numbers and
//     two passes, this has names.
// Refuses: by the same list, in the same order, written a second time on purpose.
// Called by: WalletLoad.

public import Ledger
public import Money
public import Tenancy

/// The naive model.
public struct NaiveWallet {
    /// A movement in the history.
    public struct Line: Hashable {
        public var kind: EntryKind
        public var reference: Reference
        public var tenant: TenantID
        public var budget: KeyID?
        public var amount: Int64
        public var original: Reference?
        public var balance: Int64
    }

    struct Held {
        var holder: HolderID
        var request: HoldTerms
    }

    struct Under {
        var request: MovementRequest
        var refusal: WalletRefusal?
        var ended: Held?
    }

    /// What a movement comes to.
    public enum Verdict: Equatable {
        case posted(Int64)
        case exists(Int64)
        case refused(WalletRefusal)
    }

    public private(set) var lines: [Line] = []
    private var byReference: [Reference: Int] = [:]
    private var balances: [TenantID: Int64] = [:]
    private var spent: [KeyID: Int64] = [:]
    private var holders: Set<HolderID> = []
    private var holds: [Held] = []
    private var underWay: [Under] = []
    private let limits: LedgerLimits

    public init(limits: LedgerLimits) { self.limits = limits }
}

// MARK: questions

extension NaiveWallet {
    public func balance(_ tenant: TenantID) -> Int64? { balances[tenant] }

    public func held(_ tenant: TenantID) -> Int64 {
        holds.filter { $0.request.tenant == tenant }.reduce(0) { $0 + $1.request.amount.value }
    }

    public func free(_ tenant: TenantID) -> Int64 {
        let pending = underWay.filter { $0.refusal == nil && $0.request.tenant == tenant && Self.costs($0.request) }
        return (balances[tenant] ?? 0) - pending.reduce(0) { $0 + $1.request.amount.value } - held(tenant)
    }

    public func knows(_ reference: Reference) -> Bool { byReference[reference] != nil }

    public func history(_ tenant: TenantID) -> [Line] { lines.reversed().filter { $0.tenant == tenant } }

    private func committed(_ key: KeyID) -> Int64 {
        let pending = underWay.filter { $0.refusal == nil && $0.request.budget == key && Self.costs($0.request) }
        let held = holds.filter { $0.request.budget == key }
        return (spent[key] ?? 0) + pending.reduce(0) { $0 + $1.request.amount.value }
            + held.reduce(0) { $0 + $1.request.amount.value }
    }

    public func spentBy(_ key: KeyID) -> Int64 {
        lines.filter { $0.budget == key }.reduce(0) { $0 + ($1.kind == .refund ? -$1.amount : $1.amount) }
    }

    private static func costs(_ request: MovementRequest) -> Bool {
        request.kind == .debit || request.kind == .settlement
    }
}

// MARK: holds

extension NaiveWallet {
    public mutating func open(_ holder: HolderID) { holders.insert(holder) }

    public mutating func close(_ holder: HolderID) {
        holders.remove(holder)
        holds.removeAll { $0.holder == holder }
    }

    public mutating func hold(_ request: HoldTerms, by holder: HolderID) -> WalletRefusal? {
        if request.amount.value < 0 { return .amountOutOfRange }
        if balances[request.tenant] == nil { return .tenantUnknown }
        if index(request.id, holder) != nil { return .holdExists }
        if holds.count(where: { $0.holder == holder }) >= limits.holdsPerConnection { return .tooManyHolds }
        if holds.count(where: { $0.request.tenant == request.tenant }) >= limits.holdsPerTenant { return .tooManyHolds }
        if let cap = request.cap, let key = request.budget, committed(key) + request.amount.value > cap.value {
            return .budgetExceeded
        }
        let free = free(request.tenant)
        let fits = request.policy == .positive ? free > 0 : free >= request.amount.value
        if !fits { return .insufficientFunds }
        holds.append(Held(holder: holder, request: request))
        return nil
    }

    public mutating func assert(_ request: HoldTerms, by holder: HolderID) -> WalletRefusal? {
        if request.amount.value < 0 { return .amountOutOfRange }
        if balances[request.tenant] == nil { return .tenantUnknown }
        if let index = index(request.id, holder) {
            let known = holds[index].request
            let same = (known.tenant, known.budget, known.amount) == (request.tenant, request.budget, request.amount)
            return same ? nil : .holdExists
        }
        if holds.count(where: { $0.holder == holder }) >= limits.holdsPerConnection { return .tooManyHolds }
        holds.append(Held(holder: holder, request: request))
        return nil
    }

    public mutating func release(_ id: UInt64, by holder: HolderID) { _ = remove(id, holder) }

    private func index(_ id: UInt64, _ holder: HolderID) -> Int? {
        holds.firstIndex { $0.holder == holder && $0.request.id == id }
    }

    private mutating func remove(_ id: UInt64, _ holder: HolderID) -> Held? {
        index(id, holder).map { holds.remove(at: $0) }
    }
}

// MARK: movements

extension NaiveWallet {
    /// A movement has come. The refusal, if it is refused without being looked up; `.some(nil)` when it is under way.
    public mutating func take(_ request: MovementRequest, ending id: UInt64 = 0, of holder: HolderID? = nil)
        -> WalletRefusal??
    {
        let least: Int64 = request.kind == .settlement ? 0 : 1
        if request.amount.value < least { return .amountOutOfRange }
        let ended = holder.flatMap { remove(id, $0) }
        if request.amount.value == 0 { return nil }
        var refusal: WalletRefusal?
        if Self.costs(request), let tenant = request.tenant {
            if balances[tenant] == nil {
                refusal = .tenantUnknown
            } else if request.kind == .debit, free(tenant) < request.amount.value {
                refusal = .insufficientFunds
            }
        }
        underWay.append(Under(request: request, refusal: refusal, ended: ended))
        return .some(nil)
    }

    /// The oldest movement under way is decided.
    public mutating func decide() -> Verdict {
        let under = underWay.removeFirst()
        let verdict = verdict(under)
        if case .refused = verdict { giveBack(under) }
        return verdict
    }

    /// The oldest movement under way has failed with the disk.
    public mutating func fail() { giveBack(underWay.removeFirst()) }

    private mutating func giveBack(_ under: Under) {
        guard let ended = under.ended, holders.contains(ended.holder) else { return }
        if index(ended.request.id, ended.holder) == nil { holds.append(ended) }
    }

    private mutating func verdict(_ under: Under) -> Verdict {
        let request = under.request
        if let index = byReference[request.reference] {
            return Self.isSame(lines[index], request)
                ? .exists(lines[index].balance) : .refused(.existsWithDifferentContent)
        }
        if let refusal = under.refusal { return .refused(refusal) }
        var line = Line(
            kind: request.kind, reference: request.reference, tenant: request.tenant ?? TenantID("x")!,
            budget: request.budget, amount: request.amount.value, original: request.original, balance: 0)
        if request.kind == .refund {
            guard let original = byReference[request.original!].map({ lines[$0] }) else {
                return .refused(.originalUnknown)
            }
            if original.kind == .refund || original.kind == .reversal { return .refused(.originalNotRefundable) }
            let before = lines.filter { $0.original == request.original }.reduce(0) { $0 + $1.amount }
            if before + request.amount.value > original.amount { return .refused(.refundExceedsOriginal) }
            (line.tenant, line.budget) = (original.tenant, original.budget)
            line.kind = original.kind == .credit ? .reversal : .refund
        }
        return post(&line)
    }

    /// Posts what was found in the ledger; `false` when its balance is not what the model comes to.
    public mutating func adopt(_ entry: Entry, _ tenant: TenantID, _ budget: KeyID?) -> Bool {
        var line = Line(
            kind: entry.posting.kind, reference: entry.posting.reference, tenant: tenant, budget: budget,
            amount: entry.posting.amount.value, original: entry.posting.original, balance: 0)
        return post(&line) == .posted(entry.balance.value)
    }

    private mutating func post(_ line: inout Line) -> Verdict {
        let up = line.kind == .credit || line.kind == .refund
        line.balance = (balances[line.tenant] ?? 0) + (up ? line.amount : -line.amount)
        balances[line.tenant] = line.balance
        if let key = line.budget { spent[key, default: 0] += line.kind == .refund ? -line.amount : line.amount }
        byReference[line.reference] = lines.count
        lines.append(line)
        return .posted(line.balance)
    }

    private static func isSame(_ line: Line, _ request: MovementRequest) -> Bool {
        guard line.amount == request.amount.value, line.original == request.original else { return false }
        if request.kind == .refund { return line.kind == .refund || line.kind == .reversal }
        return line.kind == request.kind && line.tenant == request.tenant && line.budget == request.budget
    }
}
