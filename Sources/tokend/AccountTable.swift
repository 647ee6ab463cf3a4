// AccountTable: the accounts that are refreshed, numbered densely.
//
// For: a million accounts in tables instead of objects: the state, the row it belongs to, its provider and its host.
// Refuses: numbers that stand for no account (traps).
// Called by: RefreshLoop.

import Refresh
import Tenancy

/// One account's numbers in this process.
typealias Slot = UInt32

struct AccountTable {
    private struct Row {
        var state: TokenState
        var id: Int64
        var provider: UInt16
        var host: UInt32
    }

    private var rows: [Row] = []
    private var slots: [Int64: Slot] = [:]
    /// Numbers whose accounts are gone.
    private var vacant: [Slot] = []

    /// Accounts there are.
    var count: Int { slots.count }
    /// The numbers that may stand for one.
    var bounds: Range<Slot> { 0..<Slot(rows.count) }

    mutating func reserve(_ count: Int) {
        rows.reserveCapacity(count)
        slots.reserveCapacity(count)
    }

    func slot(of id: Int64) -> Slot? { slots[id] }

    /// The row id; 0 when the number is vacant.
    func id(_ slot: Slot) -> Int64 { rows[Int(slot)].id }

    func provider(_ slot: Slot) -> UInt16 { rows[Int(slot)].provider }
    func host(_ slot: Slot) -> UInt32 { rows[Int(slot)].host }

    subscript(slot: Slot) -> TokenState {
        _read { yield rows[Int(slot)].state }
        _modify { yield &rows[Int(slot)].state }
    }

    /// Takes an account in under a number of its own.
    mutating func insert(_ id: Int64, _ state: TokenState, provider: UInt16, host: UInt32) -> Slot {
        let row = Row(state: state, id: id, provider: provider, host: host)
        precondition(slots[id] == nil, "an account has one number")
        guard let slot = vacant.popLast() else {
            rows.append(row)
            slots[id] = Slot(rows.count - 1)
            return Slot(rows.count - 1)
        }
        rows[Int(slot)] = row
        slots[id] = slot
        return slot
    }

    /// Its definition or its endpoint are others now.
    mutating func move(_ slot: Slot, provider: UInt16, host: UInt32) {
        rows[Int(slot)].provider = provider
        rows[Int(slot)].host = host
    }

    /// Forgets an account; its number is used again.
    mutating func remove(_ slot: Slot) {
        slots[rows[Int(slot)].id] = nil
        rows[Int(slot)].id = 0
        vacant.append(slot)
    }
}

/// Names as small numbers, given out once and never taken back.
struct NumberedNames {
    private(set) var names: [String] = []
    private var numbers: [String: Int] = [:]
    private let most: Int

    /// At most `most` names; what comes after shares the last number.
    init(most: Int) { self.most = most }

    mutating func number(of name: String) -> Int {
        if let number = numbers[name] { return number }
        guard names.count < most else { return most - 1 }
        names.append(name)
        numbers[name] = names.count - 1
        return names.count - 1
    }
}
