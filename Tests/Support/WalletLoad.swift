// WalletLoad: random askers of a wallet, whose every answer the naive model must have predicted.
//
// For: driving a Book and whatever keeps its entries (a dictionary, a database on a failing disk) through any number of events.
// Refuses: nothing; the first wrong answer is returned as a sentence.
// Called by: LedgerTests, walletdTests.

public import Ledger
public import Money
public import Tenancy

/// What keeps entries: decides a batch of orders, all or nothing; `nil` when the disk failed.
public protocol EntryShelf {
    mutating func decide(_ orders: [Order]) -> [Outcome]?
}

/// A book and a model under the same random load. Few names and references, so that everything collides with everything.
public struct WalletLoad {
    public var book: Book
    public private(set) var model: NaiveWallet
    public var random: SeededRandom
    /// Every refusal that was given, so that a test can tell that its load reached them.
    public private(set) var refusals: Set<WalletRefusal> = []
    /// Movements whose batch failed: their askers would ask again.
    public private(set) var failed: [MovementRequest] = []

    private var queue: [Order] = []
    private var queued: [MovementRequest] = []
    private var openHolders: [HolderID] = []
    private var holdersMade: UInt64 = 0
    private var clock: Int64 = 1_700_000_000_000
    private var used: [Reference] = []

    public static let tenants = ["acme", "brook", "crane", "delta"].map { TenantID($0)! }
    public static let keys = (0..<4).map { KeyID(random: 0, $0) }

    public init(random: SeededRandom, limits: LedgerLimits) {
        self.random = random
        book = Book(limits: limits)
        model = NaiveWallet(limits: limits)
    }

    /// One random event; the sentence of what went wrong, if anything did.
    public mutating func step(_ shelf: inout some EntryShelf) -> String? {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30: return hold()
        case 30..<70: return move()
        case 70..<78: return release()
        case 78..<80: return connect()
        case 80: return disconnect()
        case 81..<95: return flush(&shelf)
        default: return compare()
        }
    }

    /// Decides everything that is under way.
    public mutating func flush(_ shelf: inout some EntryShelf) -> String? {
        guard !queue.isEmpty else { return nil }
        let orders = queue
        defer {
            queue = []
            queued = []
        }
        guard let outcomes = shelf.decide(orders) else { return abandon(orders) }
        for (order, outcome) in zip(orders, outcomes) {
            book.finish(order, outcome)
            if case .refused(let refusal) = outcome { refusals.insert(refusal) }
            let expected = model.decide()
            guard expected == Self.verdict(outcome) else { return "\(order) gave \(outcome), expected \(expected)" }
        }
        return compare()
    }

    private mutating func abandon(_ orders: [Order]) -> String? {
        for order in orders {
            book.abandon(order)
            model.fail()
        }
        failed += queued
        return compare()
    }

    /// Asks again for everything that failed.
    public mutating func askAgain(_ shelf: inout some EntryShelf) -> [String] {
        let again = failed
        failed = []
        return again.compactMap { request in enqueue(request) ?? flush(&shelf) }
    }

    /// What the disk has although its batch was answered with a failure: it counts, and must be just what was asked for.
    public mutating func adopt(_ stored: [Entry]) -> [String] {
        let unknown = stored.filter { !model.knows($0.posting.reference) }.sorted { $0.ordinal < $1.ordinal }
        return unknown.compactMap { entry in
            let asked = failed.contains { $0.reference == entry.posting.reference && $0.amount == entry.posting.amount }
            let tenant = Self.tenants.first { book.wallet(of: $0) == entry.posting.wallet }
            guard asked, let tenant else { return "\(entry) is on the disk and nobody asked for it" }
            let budget = entry.posting.budget == .none ? nil : book.key(of: entry.posting.budget)
            return model.adopt(entry, tenant, budget) ? nil : "\(entry) is on the disk with a wrong balance"
        }
    }

    /// A new book from what is stored, after a restart: no holds, no connections, and nothing under way any more.
    public mutating func restart(_ stored: Book) {
        for holder in openHolders { model.close(holder) }
        for _ in queue { model.fail() }
        failed += queued
        (openHolders, queue, queued) = ([], [], [])
        book = stored
    }

    private static func verdict(_ outcome: Outcome) -> NaiveWallet.Verdict {
        switch outcome {
        case .posted(let balance), .refunded(_, let balance): .posted(balance.value)
        case .exists(let balance): .exists(balance.value)
        case .refused(let refusal): .refused(refusal)
        }
    }
}

// MARK: events

extension WalletLoad {
    private mutating func pick<Element>(_ list: [Element]) -> Element { list.randomElement(using: &random)! }
    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func amount() -> Micros {
        if chance(3) { return Micros(Int64.random(in: -5...0, using: &random)) }
        return Micros(Int64.random(in: 1...40, using: &random))
    }

    private mutating func reference() -> Reference {
        clock += 1
        if chance(15), !used.isEmpty { return pick(used) }
        let new =
            chance(10)
            ? Reference(text: "text-\(clock)")!
            : Reference(milliseconds: clock, unique: 0, UInt64.random(in: 0 ... .max, using: &random))
        used.append(new)
        if used.count > 200 { used.removeFirst(100) }
        return new
    }

    private mutating func holdTerms() -> HoldTerms {
        let key = chance(50) ? pick(Self.keys) : nil
        return HoldTerms(
            id: UInt64.random(in: 1...12, using: &random), amount: amount(),
            cap: chance(30) ? Micros(Int64.random(in: 0...2_000, using: &random)) : nil,
            policy: chance(80) ? .reserve : .positive, tenant: pick(Self.tenants), budget: key)
    }

    private mutating func hold() -> String? {
        guard let holder = openHolders.randomElement(using: &random) else { return connect() }
        let request = holdTerms()
        let asserts = chance(10)
        let answer = asserts ? book.assert(request, by: holder) : book.hold(request, by: holder)
        let expected = asserts ? model.assert(request, by: holder) : model.hold(request, by: holder)
        switch (answer, expected) {
        case (.granted(let free), nil):
            return free.value == model.free(request.tenant) ? nil : "\(request): free is \(free)"
        case (.refused(let refusal, _), let other?) where refusal == other:
            refusals.insert(refusal)
            return nil
        default: return "\(request): \(answer), expected \(expected.map { "\($0)" } ?? "granted")"
        }
    }

    private mutating func move() -> String? {
        clock += 1
        let kind: EntryKind = pick([.credit, .debit, .settlement, .settlement, .refund])
        var request = MovementRequest(
            kind: kind, reference: reference(), tenant: pick(Self.tenants), amount: amount(), at: UnixMillis(clock))
        if kind == .credit, chance(80) { request.amount = Micros(Int64.random(in: 20...90, using: &random)) }
        if kind == .debit || kind == .settlement, chance(50) { request.budget = pick(Self.keys) }
        if kind == .refund {
            request.tenant = nil
            request.original = used.randomElement(using: &random) ?? reference()
        }
        return enqueue(request)
    }

    private mutating func enqueue(_ request: MovementRequest) -> String? {
        let holder = request.kind == .settlement ? openHolders.randomElement(using: &random) : nil
        let id = holder == nil ? 0 : UInt64.random(in: 0...12, using: &random)
        let settles = request.kind == .settlement
        let intake =
            settles ? book.settle(request, ending: id, of: holder ?? HolderID(0)) : book.take(request)
        let expected = model.take(request, ending: id, of: holder)
        switch (intake, expected) {
        case (.refused(let refusal), .some(.some(let other))) where refusal == other: return nil
        case (.nothingToPost, .none): return nil
        case (.queued(let order), .some(.none)):
            queue.append(order)
            queued.append(request)
            return nil
        default: return "\(request): \(intake), expected \(String(describing: expected))"
        }
    }

    private mutating func release() -> String? {
        guard let holder = openHolders.randomElement(using: &random) else { return nil }
        let id = UInt64.random(in: 1...12, using: &random)
        book.release(id, by: holder)
        model.release(id, by: holder)
        return nil
    }

    private mutating func connect() -> String? {
        guard openHolders.count < 4 else { return nil }
        holdersMade += 1
        let holder = HolderID(holdersMade)
        openHolders.append(holder)
        book.open(holder)
        model.open(holder)
        return nil
    }

    private mutating func disconnect() -> String? {
        guard let holder = openHolders.randomElement(using: &random) else { return nil }
        openHolders.removeAll { $0 == holder }
        book.close(holder)
        model.close(holder)
        return nil
    }

    /// Whether book and model say the same of every tenant and key.
    public func compare() -> String? {
        for tenant in Self.tenants {
            let standing = book.standing(of: tenant)
            guard standing?.balance.value == model.balance(tenant) else { return "balance of \(tenant)" }
            guard let standing else { continue }
            guard standing.held.value == model.held(tenant) else { return "held of \(tenant): \(standing.held)" }
            guard standing.free.value == model.free(tenant) else { return "free of \(tenant): \(standing.free)" }
        }
        return nil
    }

    /// Whether the spending of every key is what the model's history adds up to.
    public func compareSpending() -> String? {
        Self.keys.first { book.spent(by: $0).value != model.spentBy($0) }.map { "spent by \($0)" }
    }
}
