// Hold: money set aside for one attempt of one connected asker.
//
// For: admission without a disk write. Holds live in memory and die with their connection.
// Refuses: nothing itself; Book decides.
// Called by: Book, walletd.

public import Money
public import Tenancy

/// A hold as it is asked for.
public struct HoldTerms: Hashable, Sendable {
    /// Chosen by the asker, unique on its connection.
    public var id: UInt64
    /// What may be spent at most; zero or more.
    public var amount: Micros
    /// The most the budget may ever spend; `nil` = no cap.
    public var cap: Micros?
    /// How the wallet admits it.
    public var policy: SpendPolicy
    /// Who spends.
    public var tenant: TenantID
    /// Whose cap it counts against.
    public var budget: KeyID?

    public init(id: UInt64, amount: Micros, cap: Micros?, policy: SpendPolicy, tenant: TenantID, budget: KeyID?) {
        self.id = id
        self.amount = amount
        self.cap = cap
        self.policy = policy
        self.tenant = tenant
        self.budget = budget
    }
}

/// The connection that owns a hold. Numbers are not reused while the process lives.
public struct HolderID: Hashable, Sendable {
    public let value: UInt64
    public init(_ value: UInt64) { self.value = value }
}

/// A hold that was granted.
struct Hold: Hashable {
    let wallet: AccountNumber
    let budget: BudgetNumber
    let amount: Micros
}

/// A hold that a settlement has ended, kept until the settlement is durable or has failed.
struct EndedHold: Hashable {
    let holder: HolderID
    let id: UInt64
    let hold: Hold
}
