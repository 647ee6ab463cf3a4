// Holds: granted from memory, owned by a connection, ended by settle, release or the end of that connection.
//
// For: "may this tenant spend it?" before an attempt (cases B-01, B-02, B-05, B-06).
// Refuses: amountOutOfRange, tenantUnknown, holdExists, tooManyHolds, budgetExceeded, insufficientFunds, in this order.
// Called by: walletd's handlers of hold, assertHold, release, and its connection callbacks.

import Money

extension Book {
    /// A connection has opened: it may own holds from now on.
    public mutating func open(_ holder: HolderID) {
        precondition(holders[holder] == nil, "a connection opens once")
        holders[holder] = [:]
    }

    /// A connection has ended, and its holds with it.
    public mutating func close(_ holder: HolderID) {
        for hold in holders.removeValue(forKey: holder)?.values ?? [:].values { drop(hold) }
    }

    /// Grants or refuses a hold.
    public mutating func hold(_ request: HoldTerms, by holder: HolderID) -> Admission {
        guard !request.amount.isNegative else { return refuse(request, .amountOutOfRange) }
        guard let number = open(request.tenant) else { return refuse(request, .tenantUnknown) }
        guard holders[holder]?[request.id] == nil else { return refuse(request, .holdExists) }
        guard hasRoom(holder, self[number].holds) else { return refuse(request, .tooManyHolds) }
        let hold = Hold(wallet: number, budget: enrol(request.budget), amount: request.amount)
        guard fitsBudget(hold, request.cap) else { return refuse(request, .budgetExceeded) }
        guard fitsBalance(hold, request.policy) else { return refuse(request, .insufficientFunds) }
        return keep(hold, request.id, holder)
    }

    /// Takes a hold back that was granted before its connection broke. The money may be spent already, so neither balance nor
    /// budget is asked; saying the same hold again changes nothing. What cannot be a hold at all is refused.
    public mutating func assert(_ request: HoldTerms, by holder: HolderID) -> Admission {
        guard !request.amount.isNegative else { return refuse(request, .amountOutOfRange) }
        guard let number = open(request.tenant) else { return refuse(request, .tenantUnknown) }
        let hold = Hold(wallet: number, budget: enrol(request.budget), amount: request.amount)
        if let known = holders[holder]?[request.id] {
            return known == hold ? .granted(free: free(number)) : refuse(request, .holdExists)
        }
        guard hasRoom(holder, 0) else { return refuse(request, .tooManyHolds) }
        return keep(hold, request.id, holder)
    }

    /// Ends a hold without a movement. A hold that is not known has ended already.
    public mutating func release(_ id: UInt64, by holder: HolderID) {
        if let hold = holders[holder]?.removeValue(forKey: id) { drop(hold) }
    }
}

extension Book {
    private func hasRoom(_ holder: HolderID, _ holdsOfTenant: Int) -> Bool {
        guard let holds = holders[holder] else { preconditionFailure("a hold is asked for by an open connection") }
        return holds.count < limits.holdsPerConnection && holdsOfTenant < limits.holdsPerTenant
    }

    private func fitsBudget(_ hold: Hold, _ cap: Micros?) -> Bool {
        guard let cap, hold.budget != .none else { return true }
        let budget = self[hold.budget]
        return budget.spent + budget.pending + budget.held + Int128(hold.amount.value) <= Int128(cap.value)
    }

    private func fitsBalance(_ hold: Hold, _ policy: SpendPolicy) -> Bool {
        switch policy {
        case .reserve: Int128(hold.amount.value) <= self[hold.wallet].free
        case .positive: self[hold.wallet].free > 0
        }
    }

    private mutating func keep(_ hold: Hold, _ id: UInt64, _ holder: HolderID) -> Admission {
        put(hold, id, holder)
        return .granted(free: free(hold.wallet))
    }

    mutating func put(_ hold: Hold, _ id: UInt64, _ holder: HolderID) {
        holders[holder]?[id] = hold
        self[hold.wallet].held += Int128(hold.amount.value)
        self[hold.wallet].holds += 1
        if hold.budget != .none { self[hold.budget].held += Int128(hold.amount.value) }
    }

    mutating func drop(_ hold: Hold) {
        self[hold.wallet].held -= Int128(hold.amount.value)
        self[hold.wallet].holds -= 1
        if hold.budget != .none { self[hold.budget].held -= Int128(hold.amount.value) }
    }

    private func free(_ number: AccountNumber) -> Micros { Micros(clamping: self[number].free) }

    private func refuse(_ request: HoldTerms, _ refusal: WalletRefusal) -> Admission {
        .refused(refusal, free: open(request.tenant).map(free) ?? .zero)
    }
}
