// Account: one side of every movement, and what is known of it after its latest entry.
//
// For: double entry. Money never appears or vanishes, it moves from one account to another, so all balances sum to zero.
// Refuses: balances beyond 64 bits.
// Called by: Posting (makes entries), Audit, walletd's Store (keeps accounts).

public import Money

/// The number an account is stored under. Never reused.
public struct AccountNumber: Hashable, Comparable, Sendable {
    public let value: Int32

    @inlinable
    public init(_ value: Int32) { self.value = value }

    /// No account: the tenant has no wallet.
    public static let none = AccountNumber(0)
    /// Where credits come from: the world that pays in. Its balance is minus everything ever paid in and not paid back.
    public static let funding = AccountNumber(1)
    /// Where debits go: what tenants have spent and not got back.
    public static let revenue = AccountNumber(2)
    /// The first wallet. The numbers before it are kept for accounts of the system.
    public static let firstWallet = AccountNumber(16)

    /// Whether this is a tenant's wallet.
    @inlinable
    public var isWallet: Bool { value >= Self.firstWallet.value }

    @inlinable
    public static func < (left: AccountNumber, right: AccountNumber) -> Bool { left.value < right.value }
}

/// An account after its latest entry. Everything here is a cache: it can be computed from the entries alone.
public struct Account: Hashable, Sendable {
    public let number: AccountNumber
    /// What came in minus what went out.
    public var balance: Micros
    /// How many movements named this account.
    public var entries: Int64
    /// The latest of them; `nil` for an account without entries, and always for the accounts of the system, which have no
    /// chain: every movement names one of them, and the wallets' chains already hold each movement once.
    public var last: Reference?

    @inlinable
    public init(number: AccountNumber, balance: Micros = .zero, entries: Int64 = 0, last: Reference? = nil) {
        self.number = number
        self.balance = balance
        self.entries = entries
        self.last = last
    }

    /// The account after `change` came in (negative: went out), or `nil` when its balance would not fit 64 bits.
    @inlinable
    func moved(by change: Micros, _ reference: Reference) -> Account? {
        guard let after = balance.adding(change) else { return nil }
        return Account(
            number: number, balance: after, entries: entries + 1, last: number.isWallet ? reference : nil)
    }
}

/// The number a budget (an API key) is stored under. Never reused.
public struct BudgetNumber: Hashable, Sendable {
    public let value: Int32

    @inlinable
    public init(_ value: Int32) { self.value = value }

    /// No budget.
    public static let none = BudgetNumber(0)
}
