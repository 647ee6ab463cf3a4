// TurnQueue: whose turn it is to be refreshed when many are due at once.
//
// For: the burst after a downtime or a jump of the clock (case O-09), and ten thousand tokens of one hour: token endpoints
// are asked at a stated rate and never by too many at once, and nobody is forgotten or asked for twice.
// Refuses: a second place for an account; a turn beyond the rate, the host's share or the sum.
// Called by: tokend, on the thread that owns the accounts. What it does with the answers of TokenState:
//
//   takeTurn → claim          endTurn → leave          whenever time passes or somebody leaves: take → TokenEvent.turn
//
// The order: those somebody waits for, in the order they were first asked for; then those whose token still works, the one
// that ends first first; then those whose token has ended already, likewise. Order by expiry alone would, after a downtime,
// spend its turns on what is broken already and let each working token end just before its turn comes.

import Tenancy

/// How a burst is spread.
public struct BurstPolicy: Hashable, Sendable {
    /// Turns a second, over all hosts. A million tokens that live an hour need 278; ten thousand at once take 20 s.
    public var perSecond = 500
    /// Calls in flight at one host: with answers of 200 ms that is 320 a second.
    public var perHost = 64
    /// Calls in flight over all hosts: each is a socket.
    public var inAll = 512

    public init() {}

    /// What contradicts itself here, as a sentence for the operator; `nil` when nothing does.
    public var fault: String? {
        guard perSecond >= 1, perHost >= 1, inAll >= 1 else { return "rate and concurrency are at least one" }
        guard perSecond <= 100_000, inAll <= 65_536 else { return "at most 100,000 a second, 65,536 at once" }
        return perHost <= inAll ? nil : "what one host may take is not above what all may take"
    }
}

/// The accounts that are due or being refreshed.
public struct TurnQueue: Sendable {
    /// Hosts are numbered below this: providers of the catalogue and tenants' own.
    public static let mostHosts = 1 << 20
    /// How many milliseconds' worth of turns may be taken in one instant after a pause: few enough that a burst is spread,
    /// and more than the wake-ups of a loop are apart.
    static let burstMillis: Int64 = 50

    /// In `places`, beyond what a heap has: the account has its turn.
    private static let running = AccountHeap.nowhere - 1

    private let policy: BurstPolicy
    /// By account.
    private var places: [UInt32] = []
    private var hosts: [UInt32] = []
    /// By host.
    private var lines: [AccountHeap] = []
    private var inFlight: [Int32] = []
    /// The hosts that have somebody waiting and room for a call, by the key of the first in line.
    private var ready = AccountHeap()
    private var readyPlaces: [UInt32] = []

    /// Turns left, in thousandths.
    private var credit: Int64
    private var creditAt: UptimeMillis?
    /// How many are waiting for their turn, and how many have it.
    public private(set) var waitingCount = 0
    public private(set) var runningCount = 0

    /// Nobody is due.
    public init(by policy: BurstPolicy) {
        precondition(policy.fault == nil, "a burst policy was checked before it is used")
        self.policy = policy
        credit = 1000
    }

    // MARK: Lining up

    /// Lines an account up for a call at a host, or moves it forward when it is in line already. `false` when it has its
    /// turn already: it is not lined up again before it has left.
    @discardableResult
    public mutating func claim(_ account: UInt32, host: UInt32, _ claim: TurnClaim, at now: Moment) -> Bool {
        makeRoom(account, host)
        let place = places[Int(account)]
        guard place != Self.running else { return false }
        var key = Self.key(of: claim, now)
        if place != AccountHeap.nowhere {
            key = min(key, lines[Int(hosts[Int(account)])].key(at: place))
            takeOut(account)
        }
        hosts[Int(account)] = host
        lines[Int(host)].set(account, key, &places)
        waitingCount += 1
        review(host)
        return true
    }

    /// Takes an account out, whether it is in line or has its turn. Nothing when it is neither.
    public mutating func leave(_ account: UInt32) {
        guard account < places.count, places[Int(account)] != AccountHeap.nowhere else { return }
        guard places[Int(account)] == Self.running else { return takeOut(account) }
        places[Int(account)] = AccountHeap.nowhere
        inFlight[Int(hosts[Int(account)])] -= 1
        runningCount -= 1
        review(hosts[Int(account)])
    }

    /// Smaller comes first: three ranges that never meet, as no clock of ours shows 36 million years.
    private static func key(of claim: TurnClaim, _ now: Moment) -> Int64 {
        let apart: Int64 = 1 << 60
        switch claim {
        case .demanded: return now.uptime.value - apart
        case .expiring(let expiry): return expiry > now.wall ? expiry.value : expiry.value + apart
        }
    }

    private mutating func takeOut(_ account: UInt32) {
        let host = hosts[Int(account)]
        lines[Int(host)].remove(account, &places)
        waitingCount -= 1
        review(host)
    }

    // MARK: Turns

    /// The accounts whose turn it is now, at most `limit`, in order. Each has its turn until it leaves.
    public mutating func take(now: UptimeMillis, limit: Int) -> [UInt32] {
        earn(until: now)
        var taken: [UInt32] = []
        while taken.count < limit, credit >= 1000, runningCount < policy.inAll, let host = ready.first?.account {
            guard let first = lines[Int(host)].first else { preconditionFailure("a host that is ready has a line") }
            lines[Int(host)].remove(first.account, &places)
            places[Int(first.account)] = Self.running
            waitingCount -= 1
            runningCount += 1
            inFlight[Int(host)] += 1
            credit -= 1000
            review(host)
            taken.append(first.account)
        }
        return taken
    }

    /// When `take` gives somebody next. `nil` when that takes somebody who leaves or lines up.
    public func nextTake(now: UptimeMillis) -> UptimeMillis? {
        guard !ready.isEmpty, runningCount < policy.inAll else { return nil }
        let rate = Int64(policy.perSecond)
        let missing = 1000 - (credit + earned(until: now))
        return missing <= 0 ? now : now + Millis((missing + rate - 1) / rate)
    }

    /// A turn costs 1000; each millisecond earns as many thousandths as the rate has turns a second.
    private func earned(until now: UptimeMillis) -> Int64 {
        guard let creditAt, now > creditAt else { return 0 }
        return min((now - creditAt).value, 1000) * Int64(policy.perSecond)
    }

    private mutating func earn(until now: UptimeMillis) {
        let most = max(1000, Self.burstMillis * Int64(policy.perSecond))
        credit = min(most, credit + earned(until: now))
        creditAt = max(now, creditAt ?? now)
    }

    /// Puts a host where it belongs among those that are ready.
    private mutating func review(_ host: UInt32) {
        let hasRoom = inFlight[Int(host)] < policy.perHost
        if hasRoom, let first = lines[Int(host)].first {
            ready.set(host, first.key, &readyPlaces)
        } else if readyPlaces[Int(host)] != AccountHeap.nowhere {
            ready.remove(host, &readyPlaces)
        }
    }

    private mutating func makeRoom(_ account: UInt32, _ host: UInt32) {
        precondition(account < AlarmQueue.mostAccounts && host < Self.mostHosts, "numbers are dense")
        if account >= places.count {
            let more = Int(account) + 1 - places.count
            places.append(contentsOf: repeatElement(AccountHeap.nowhere, count: more))
            hosts.append(contentsOf: repeatElement(0, count: more))
        }
        if host >= lines.count {
            let more = Int(host) + 1 - lines.count
            lines.append(contentsOf: repeatElement(AccountHeap(), count: more))
            inFlight.append(contentsOf: repeatElement(0, count: more))
            readyPlaces.append(contentsOf: repeatElement(AccountHeap.nowhere, count: more))
        }
    }
}
