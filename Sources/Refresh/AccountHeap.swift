// AccountHeap: accounts by a number, the smallest first, each at most once.
//
// For: AlarmQueue and TurnQueue. A heap of four children per node: half as deep as a binary one, and the four keys that are
// compared lie in one cache line.
// Refuses: nothing; its owner knows where each account is.
// Called by: AlarmQueue, TurnQueue.

/// A heap whose elements can be found. Where each account stands is kept by the owner, in `places`, by account: several
/// heaps may share it when no account is in two of them.
///
/// Equal keys come in the order of their accounts, so that what comes first is the same for every history.
struct AccountHeap: Sendable {
    /// In `places`: not here.
    static let nowhere = UInt32.max

    private var keys: [Int64] = []
    private var accounts: [UInt32] = []

    var count: Int { keys.count }
    var isEmpty: Bool { keys.isEmpty }
    var first: (account: UInt32, key: Int64)? { isEmpty ? nil : (accounts[0], keys[0]) }

    /// Where bytes are counted.
    var capacityBytes: Int { keys.capacity * 8 + accounts.capacity * 4 }

    func key(at place: UInt32) -> Int64 { keys[Int(place)] }

    mutating func reserve(_ count: Int) {
        keys.reserveCapacity(count)
        accounts.reserveCapacity(count)
    }

    /// Adds an account without regard to order; `heapify` makes it a heap again.
    mutating func appendUnordered(_ account: UInt32, _ key: Int64, _ places: inout [UInt32]) {
        places[Int(account)] = UInt32(count)
        keys.append(key)
        accounts.append(account)
    }

    /// Orders everything, in time proportional to the number of accounts (Floyd, 1964).
    mutating func heapify(_ places: inout [UInt32]) {
        guard count > 1 else { return }
        for index in stride(from: (count - 2) / 4, through: 0, by: -1) { sink(index, &places) }
    }

    /// Adds an account, or moves it.
    mutating func set(_ account: UInt32, _ key: Int64, _ places: inout [UInt32]) {
        let place = places[Int(account)]
        guard place != Self.nowhere else {
            appendUnordered(account, key, &places)
            return rise(count - 1, &places)
        }
        let old = keys[Int(place)]
        keys[Int(place)] = key
        if key < old { rise(Int(place), &places) } else { sink(Int(place), &places) }
    }

    /// Takes an account out that is here.
    mutating func remove(_ account: UInt32, _ places: inout [UInt32]) {
        let place = Int(places[Int(account)])
        places[Int(account)] = Self.nowhere
        let (lastKey, lastAccount) = (keys.removeLast(), accounts.removeLast())
        guard place < count else { return }
        (keys[place], accounts[place]) = (lastKey, lastAccount)
        places[Int(lastAccount)] = UInt32(place)
        rise(place, &places)
        sink(Int(places[Int(lastAccount)]), &places)
    }

    private func isBefore(_ left: Int, _ key: Int64, _ account: UInt32) -> Bool {
        keys[left] != key ? keys[left] < key : accounts[left] < account
    }

    private mutating func rise(_ start: Int, _ places: inout [UInt32]) {
        var index = start
        let (key, account) = (keys[index], accounts[index])
        while index > 0 {
            let parent = (index - 1) / 4
            guard !isBefore(parent, key, account) else { break }
            move(parent, to: index, &places)
            index = parent
        }
        put(key, account, at: index, &places)
    }

    private mutating func sink(_ start: Int, _ places: inout [UInt32]) {
        var index = start
        let (key, account) = (keys[index], accounts[index])
        while let child = firstChild(of: index), isBefore(child, key, account) {
            move(child, to: index, &places)
            index = child
        }
        put(key, account, at: index, &places)
    }

    /// The child that comes first.
    private func firstChild(of index: Int) -> Int? {
        let low = index * 4 + 1
        guard low < count else { return nil }
        var best = low
        for child in (low + 1)..<max(low + 1, min(low + 4, count))
        where isBefore(child, keys[best], accounts[best]) {
            best = child
        }
        return best
    }

    private mutating func move(_ from: Int, to: Int, _ places: inout [UInt32]) {
        put(keys[from], accounts[from], at: to, &places)
    }

    private mutating func put(_ key: Int64, _ account: UInt32, at index: Int, _ places: inout [UInt32]) {
        keys[index] = key
        accounts[index] = account
        places[Int(account)] = UInt32(index)
    }
}
