// AlarmQueue: one alarm per account, the next one first.
//
// For: a million accounts with one timer: 16 bytes an alarm, set, move and cancel in a few comparisons.
// Refuses: account numbers beyond `mostAccounts`: they index a table and are meant to be dense.
// Called by: tokend, on the thread that owns the accounts.

public import Tenancy

/// An account's number in this process, dense from zero, and when its alarm rings.
public struct Alarm: Hashable, Sendable {
    public var account: UInt32
    public var due: UnixMillis

    public init(account: UInt32, due: UnixMillis) { (self.account, self.due) = (account, due) }
}

/// The alarms of all accounts. Alarms of one instant ring in the order of their accounts.
public struct AlarmQueue: Sendable {
    /// Sixteen times the number Weir is measured with; the table of places then takes 64 MB.
    public static let mostAccounts = 1 << 24

    private var heap = AccountHeap()
    private var places: [UInt32] = []

    /// No alarms.
    public init() {}

    /// All alarms at once, in any order: in time proportional to their number. An account has one at most.
    public init(_ alarms: [Alarm]) {
        heap.reserve(alarms.count)
        let highest = alarms.reduce(-1) { max($0, Int($1.account)) }
        places.reserveCapacity(highest + 1)
        if highest >= 0 { makeRoom(for: UInt32(highest)) }
        for alarm in alarms {
            precondition(places[Int(alarm.account)] == AccountHeap.nowhere, "an account has one alarm")
            heap.appendUnordered(alarm.account, alarm.due.value, &places)
        }
        heap.heapify(&places)
    }

    public var count: Int { heap.count }
    public var isEmpty: Bool { heap.isEmpty }

    /// What the queue's tables take, in bytes.
    public var tableBytes: Int { heap.capacityBytes + places.capacity * 4 }

    /// The alarm that rings next.
    public var next: Alarm? { heap.first.map { Alarm(account: $0.account, due: UnixMillis($0.key)) } }

    /// When an account's alarm rings; `nil` when it has none.
    public func due(of account: UInt32) -> UnixMillis? {
        guard account < places.count, places[Int(account)] != AccountHeap.nowhere else { return nil }
        return UnixMillis(heap.key(at: places[Int(account)]))
    }

    /// Sets an account's alarm, wherever it stood before.
    public mutating func set(_ account: UInt32, due: UnixMillis) {
        makeRoom(for: account)
        heap.set(account, due.value, &places)
    }

    /// Takes an account's alarm away; `false` when it had none.
    @discardableResult
    public mutating func cancel(_ account: UInt32) -> Bool {
        guard due(of: account) != nil else { return false }
        heap.remove(account, &places)
        return true
    }

    /// Takes at most `limit` alarms out that ring at or before `now`, the earliest first. What is over the limit stays, in
    /// order, for the next time.
    public mutating func popDue(now: UnixMillis, limit: Int) -> [Alarm] {
        var due: [Alarm] = []
        while due.count < limit, let alarm = next, alarm.due <= now {
            heap.remove(alarm.account, &places)
            due.append(alarm)
        }
        return due
    }

    private mutating func makeRoom(for account: UInt32) {
        precondition(account < Self.mostAccounts, "accounts are numbered below \(Self.mostAccounts)")
        guard account >= places.count else { return }
        places.append(contentsOf: repeatElement(AccountHeap.nowhere, count: Int(account) + 1 - places.count))
    }
}
