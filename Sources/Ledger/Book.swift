// Book: everything walletd decides from memory: balances, movements under way, holds, budgets.
//
// For: admission without a disk, and one place where free money is counted.
// Refuses: by `WalletRefusal`, checked in its order. References are judged where the entries are (Entry, walletd's Store), so
//     a movement that this book would refuse is still looked up first: a repeated movement is answered as it was.
// Called by: walletd, on the event loop; the naive model of the tests checks every answer.
//
// A movement passes through twice. `take` judges it and lowers the free balance at once by what it will cost. When it is
// durable, or known not to be, `finish` or `abandon` puts the truth in place of the expectation:
//
//     take ── answered
//        └─── queued(Order) ── disk ── finish(order, outcome)     posted, exists or refused
//                                 └─── abandon(order)             the disk failed: as if it had never been asked

public import Money
public import Tenancy

/// The wallet's memory. A value: time, disk and connections are somebody else's.
public struct Book: Sendable {
    let limits: LedgerLimits
    var wallets: [Wallet] = []
    private var walletNumbers: [TenantID: AccountNumber] = [:]
    var budgets: [Budget] = []
    private var budgetNumbers: [KeyID: BudgetNumber] = [:]
    /// The holds of each connection. A connection that is gone is not in here, and neither is anything it held.
    var holders: [HolderID: [UInt64: Hold]] = [:]

    public init(limits: LedgerLimits = LedgerLimits()) { self.limits = limits }
}

// MARK: wallets and budgets by name and number

extension Book {
    /// Puts a stored wallet in. Wallets come in the order of their numbers; a number may be missing when the movement that
    /// would have stored it failed.
    public mutating func restore(_ tenant: TenantID, _ account: Account) {
        while nextWallet < account.number { wallets.append(Wallet()) }
        let number = enrol(tenant)
        precondition(number == account.number, "stored wallets come in order, each once")
        self[number].isOpen = account.entries > 0
        self[number].balance = account.balance
        self[number].entries = account.entries
    }

    /// Puts a stored budget in. Budgets come in the order of their numbers; a number may be missing, as with wallets.
    public mutating func restore(_ key: KeyID, _ number: BudgetNumber, spent: Micros) {
        while budgets.count + 1 < Int(number.value) { budgets.append(Budget()) }
        let enrolled = enrol(key)
        precondition(number == enrolled, "stored budgets come in order, each once")
        self[number].spent = Int128(spent.value)
    }

    private var nextWallet: AccountNumber {
        AccountNumber(AccountNumber.firstWallet.value + Int32(wallets.count))
    }

    /// The number of a tenant's wallet, given now if it has none.
    mutating func enrol(_ tenant: TenantID) -> AccountNumber {
        if let known = walletNumbers[tenant] { return known }
        let number = nextWallet
        wallets.append(Wallet(tenant: tenant))
        walletNumbers[tenant] = number
        return number
    }

    /// The number of a key's budget, given now if it has none.
    mutating func enrol(_ key: KeyID?) -> BudgetNumber {
        guard let key else { return .none }
        if let known = budgetNumbers[key] { return known }
        budgets.append(Budget(key: key))
        let number = BudgetNumber(Int32(budgets.count))
        budgetNumbers[key] = number
        return number
    }

    /// The number of a tenant's wallet, if a credit to it is durable.
    func open(_ tenant: TenantID) -> AccountNumber? {
        guard let number = walletNumbers[tenant], self[number].isOpen else { return nil }
        return number
    }

    subscript(_ number: AccountNumber) -> Wallet {
        get { wallets[Int(number.value - AccountNumber.firstWallet.value)] }
        _modify { yield &wallets[Int(number.value - AccountNumber.firstWallet.value)] }
    }

    subscript(_ number: BudgetNumber) -> Budget {
        get { budgets[Int(number.value - 1)] }
        _modify { yield &budgets[Int(number.value - 1)] }
    }

    /// The number of a tenant's wallet; `nil` when it has none.
    public func wallet(of tenant: TenantID) -> AccountNumber? { open(tenant) }

    /// The name a budget is stored under.
    public func key(of number: BudgetNumber) -> KeyID? { self[number].key }
}

// MARK: reading

extension Book {
    /// What a tenant has.
    public struct Standing: Hashable, Sendable {
        /// After the latest durable movement.
        public let balance: Micros
        /// Set aside by holds.
        public let held: Micros
        /// What a hold could still take: balance − pending debits − holds.
        public let free: Micros
        /// Movements in its history.
        public let entries: Int64
    }

    /// What `tenant` has; `nil` when it has no wallet.
    public func standing(of tenant: TenantID) -> Standing? {
        guard let number = open(tenant) else { return nil }
        let wallet = self[number]
        return Standing(
            balance: wallet.balance, held: Micros(clamping: wallet.held), free: Micros(clamping: wallet.free),
            entries: wallet.entries)
    }

    /// What has been spent by `key`: durable movements only.
    public func spent(by key: KeyID) -> Micros {
        budgetNumbers[key].map { Micros(clamping: self[$0].spent) } ?? .zero
    }

    /// The whole book in a few numbers.
    public struct Summary: Hashable, Sendable {
        public var wallets = 0
        public var entries: Int64 = 0
        public var holds = 0
        public var held = Micros.zero
    }

    /// Adds everything up. Takes a few nanoseconds a wallet.
    public func summary() -> Summary {
        var summary = Summary()
        var held: Int128 = 0
        for wallet in wallets where wallet.isOpen {
            summary.wallets += 1
            summary.entries += wallet.entries
            summary.holds += wallet.holds
            held += wallet.held
        }
        summary.held = Micros(clamping: held)
        return summary
    }
}
