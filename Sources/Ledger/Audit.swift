// Audit: folds every entry again and compares the result with what is kept.
//
// For: finding a ledger that contradicts itself: at start by its ends, on demand by every entry.
// Refuses: nothing; it reports. It repairs nothing either.
// Called by: walletd (Reconciliation at start, the audit message).
//
// The entries are read once, in the order of their references, and need not be held in memory. That each wallet's chain is
// whole (every entry follows the one it names, with the balance it leaves) is checked by a sum that telescopes: each entry
// adds the digest of the state it leaves and subtracts the digest of the state it claims to have found. What remains is
// the digest of the last state minus that of the empty one, whatever the order, unless a link is missing or wrong.

public import Money

/// One broken invariant, in words.
public struct Finding: Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// What is kept, at the moment an audit begins.
public struct KeptState: Sendable {
    /// Every account, those of the system included.
    public var accounts: [Account]
    /// What each budget has spent.
    public var spent: [BudgetNumber: Micros]
    /// How many refunds the refund table has.
    public var refunds: Int64

    public init(accounts: [Account], spent: [BudgetNumber: Micros], refunds: Int64) {
        self.accounts = accounts
        self.spent = spent
        self.refunds = refunds
    }
}

/// An audit under way. Entries made after its beginning may be shown to it and are left out.
public struct Audit: Sendable {
    private let kept: KeptState
    private let reach: [AccountNumber: Int64]
    private var folds: [AccountNumber: Fold] = [:]
    private var spent: [BudgetNumber: Int128] = [:]
    private var refunds: Int64 = 0
    private var findings: [Finding] = []
    /// Entries counted so far.
    public private(set) var entries: Int64 = 0

    /// Enough to stop and look; a broken disk can break everything.
    public static let findingsMax = 64

    /// What the entries of one account add up to.
    private struct Fold {
        var balance: Int128 = 0
        var entries: Int64 = 0
        var digest: UInt64 = 0
    }

    public init(of kept: KeptState) {
        self.kept = kept
        reach = Dictionary(uniqueKeysWithValues: kept.accounts.map { ($0.number, $0.entries) })
    }

    /// How many entries there are to count.
    public var total: Int64 { kept.accounts.reduce(0) { $0 + ($1.number.isWallet ? $1.entries : 0) } }

    /// Counts one entry. For a refund, `refundIsKept` says whether the refund table has it with its
    /// original.
    public mutating func count(_ entry: Entry, refundIsKept: Bool) {
        guard let last = reach[entry.posting.wallet] else {
            return find(
                "movement \(entry.posting.reference) names wallet \(entry.posting.wallet.value), which does not exist")
        }
        guard entry.ordinal <= last else { return }
        entries += 1
        if entry.posting.amount <= .zero { find("movement \(entry.posting.reference) moves no amount above zero") }
        fold(entry)
        guard entry.posting.kind == .refund || entry.posting.kind == .reversal else { return }
        refunds += 1
        if !refundIsKept { find("refund \(entry.posting.reference) is not kept with its original") }
    }

    /// Notes a movement that is there and makes no sense.
    public mutating func countUnreadable(_ reference: [UInt8]) {
        let name = Reference(bytes: reference)?.description ?? "without a reference"
        find("movement \(name) makes no sense")
    }

    private mutating func fold(_ entry: Entry) {
        let change = Int128(entry.posting.change.value)
        folds[entry.posting.wallet, default: Fold()].balance += change
        folds[entry.posting.wallet, default: Fold()].entries += 1
        folds[entry.posting.wallet, default: Fold()].digest &+= entry.link
        folds[entry.posting.kind.counterpart, default: Fold()].balance -= change
        folds[entry.posting.kind.counterpart, default: Fold()].entries += 1
        if entry.posting.budget != .none {
            spent[entry.posting.budget, default: 0] += Int128(entry.posting.spent.value)
        }
    }

    private mutating func find(_ sentence: String) {
        if findings.count < Self.findingsMax { findings.append(Finding(sentence)) }
    }
}

extension Audit {
    /// What an audit found.
    public struct Report: Hashable, Sendable {
        /// Entries counted.
        public let entries: Int64
        /// Wallets compared.
        public let wallets: Int64
        /// Over all accounts, from the entries; zero always, because each entry has two sides. Shown because it is asked for.
        public let sum: Micros
        /// The first that were found; empty when the ledger is sound.
        public let findings: [Finding]
    }

    /// Compares, after every entry was counted.
    public consuming func finish() -> Report {
        for account in kept.accounts { compare(account) }
        for budget in Set(kept.spent.keys).union(spent.keys).sorted(by: { $0.value < $1.value }) { compare(budget) }
        if refunds != kept.refunds { find("\(refunds) movements are refunds and \(kept.refunds) refunds are kept") }
        let sum = kept.accounts.reduce(Int128(0)) { $0 + Int128($1.balance.value) }
        if sum != 0 { find("all balances together are \(Micros(clamping: sum)) instead of zero") }
        return Report(
            entries: entries, wallets: Int64(kept.accounts.count { $0.number.isWallet }), sum: Micros(clamping: sum),
            findings: findings)
    }

    private mutating func compare(_ account: Account) {
        let fold = folds[account.number] ?? Fold()
        let name = account.number.isWallet ? "wallet \(account.number.value)" : "system account \(account.number.value)"
        if fold.balance != Int128(account.balance.value) {
            find(
                "\(name) has the balance \(account.balance) and its movements add up to \(Micros(clamping: fold.balance))"
            )
        }
        if fold.entries != account.entries {
            find("\(name) counts \(account.entries) movements and has \(fold.entries)")
        }
        if account.number.isWallet, fold.digest != account.chainDigest { find("the chain of \(name) is broken") }
    }

    private mutating func compare(_ budget: BudgetNumber) {
        let (kept, found) = (kept.spent[budget] ?? .zero, spent[budget] ?? 0)
        guard Int128(kept.value) != found else { return }
        find("budget \(budget.value) has spent \(kept) and its movements add up to \(Micros(clamping: found))")
    }
}

// MARK: by its ends

extension Audit {
    /// The check that is quick enough for every start: the balances sum to zero, and each wallet is where its latest entry left
    /// it. `latest` gives the entry that an account names as its last.
    public static func ends<Failure: Error>(
        of accounts: [Account], latest: (Account) throws(Failure) -> Entry?
    ) throws(Failure) -> [Finding] {
        var findings: [Finding] = []
        let sum = accounts.reduce(Int128(0)) { $0 + Int128($1.balance.value) }
        if sum != 0 { findings.append(Finding("all balances together are \(Micros(clamping: sum)) instead of zero")) }
        for account in accounts where account.number.isWallet && findings.count < findingsMax {
            if !account.isLeft(by: try latest(account)) {
                findings.append(Finding("wallet \(account.number.value) is not where its latest movement left it"))
            }
        }
        let (wallets, system) = (accounts.filter(\.number.isWallet), accounts.filter { !$0.number.isWallet })
        if wallets.reduce(0, { $0 + $1.entries }) != system.reduce(0, { $0 + $1.entries }) {
            findings.append(Finding("the wallets and the accounts of the system count different movements"))
        }
        return findings
    }
}

extension Account {
    fileprivate func isLeft(by latest: Entry?) -> Bool {
        guard let latest else { return entries == 0 && balance == .zero && last == nil }
        return latest.posting.wallet == number && latest.ordinal == entries && latest.balance == balance
    }

    /// The digest of the state after the last entry minus that of the empty state.
    fileprivate var chainDigest: UInt64 {
        ChainDigest.of(number, entries, last, balance) &- ChainDigest.of(number, 0, nil, .zero)
    }
}

extension Entry {
    /// The digest of the state this leaves minus that of the state it says it found.
    fileprivate var link: UInt64 {
        let before = Micros(balance.value &- posting.change.value)
        return ChainDigest.of(posting.wallet, ordinal, posting.reference, balance)
            &- ChainDigest.of(posting.wallet, ordinal - 1, previous, before)
    }
}

/// A 64-bit digest of a wallet's state: FNV-1a over its parts, finished with SplitMix64's mixer so that sums of digests do
/// not cancel by accident. It finds damage, not forgery: who can write the file can write a sound one.
private enum ChainDigest {
    static func of(_ wallet: AccountNumber, _ ordinal: Int64, _ reference: Reference?, _ balance: Micros) -> UInt64 {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        func absorb(_ word: UInt64) { digest = (digest ^ word) &* 0x0000_0100_0000_01B3 }
        absorb(UInt64(bitPattern: Int64(wallet.value)))
        absorb(UInt64(bitPattern: ordinal))
        absorb(UInt64(bitPattern: balance.value))
        for byte in reference?.bytes ?? [] { absorb(UInt64(byte)) }
        digest = (digest ^ digest >> 30) &* 0xBF58_476D_1CE4_E5B9
        digest = (digest ^ digest >> 27) &* 0x94D0_49BB_1331_11EB
        return digest ^ digest >> 31
    }
}
