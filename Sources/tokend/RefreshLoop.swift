// RefreshLoop: the thread that owns every account's refresh.
//
// For: alarms, turns and demands go to TokenState; what it decides is done in the order it says: marked durable, called, stored,
//      published.
// Refuses: a second call for an account while one is under way (TokenState does), more calls than the burst policy has.
// Called by: OpenVault (start), Service (accounts that come, go or are asked for), the store and the courier (answers); all on
//      one event loop.

import Connections
import DaemonKit
import IPC
import Logging
import NIOCore
import Refresh
import Tenancy

/// What the loop tells others. Called on its own loop.
struct RefreshOutlets {
    /// What is released for an account is another now.
    var changed: (_ id: Int64) -> Void
    /// A provider has granted a token to the operator's client.
    var accepted: (_ provider: String) -> Void
    var alerted: (_ account: Int64, _ provider: String, TokenAlert, _ reason: String) -> Void
}

/// How a demand for a fresh credential ended.
enum DemandEnd: Hashable, Sendable {
    /// The credential is there; this one.
    case fresh(expiry: UnixMillis)
    /// There is none now, for this reason; the next attempt is not before then.
    case failed(String, until: UnixMillis)
    case dead(DeathReason)
    /// The account was removed.
    case gone
}

/// Bound to its event loop.
final class RefreshLoop {
    /// Alarms and turns of one turn of the loop: some milliseconds, so that connections are served between.
    static let eventsPerTurn = 512
    /// How often clocks are looked at when nothing is due: a suspended machine is noticed this soon after it wakes.
    static let clockTime = TimeAmount.seconds(1)
    /// Providers and hosts that are told apart.
    static let mostProviders = 1 << 16

    let loop: any EventLoop
    let store: StoreDoor
    let courier: Courier
    let outlets: RefreshOutlets
    let lane: MetricLane<TokenMetric>
    var book: ProviderBook
    var table = AccountTable()
    var alarms = AlarmQueue()
    var turns: TurnQueue
    /// What each slot has under way.
    var flights: [Slot: Flight] = [:] {
        didSet { if flights.isEmpty { drained?.succeed() } }
    }
    /// Who waits for each slot's credential.
    var waiters: [Slot: [(DemandEnd) -> Void]] = [:]
    /// Why the latest attempt failed, of accounts whose latest attempt did.
    var reasons: [Slot: String] = [:]
    private var providers = NumberedNames(most: RefreshLoop.mostProviders)
    private var hosts = NumberedNames(most: TurnQueue.mostHosts)
    private var policies: [RefreshPolicy] = []
    private var clock: ClockWatch
    private var randoms = JitterSource()
    private var wakeUp: Scheduled<Void>?
    private var wakesAt = NIODeadline.distantFuture
    /// After a jump of the clock: the next slot to be told.
    private var jumped: Slot?
    private(set) var isStopped = false
    /// Set once nothing new is begun; succeeds when nothing is under way.
    private var drained: EventLoopPromise<Void>?

    /// One refresh under way.
    struct Flight {
        let attempt: UInt32
        let id: Int64
        var errand: Errand?
        var isCancelled = false
        var tokens: GrantedTokens?
    }

    init(
        on loop: any EventLoop, _ store: StoreDoor, _ courier: Courier, _ book: ProviderBook, _ burst: BurstPolicy,
        _ lane: MetricLane<TokenMetric>, _ outlets: RefreshOutlets
    ) {
        (self.loop, self.store, self.courier, self.book) = (loop, store, courier, book)
        (self.lane, self.outlets) = (lane, outlets)
        turns = TurnQueue(by: burst)
        clock = ClockWatch(at: Clock.moment())
    }

    // MARK: accounts

    /// Takes every account of the store in, before anything else.
    func restore(_ rows: [ScheduleRow], providers names: [String], endpoints: [String]) {
        let now = Clock.moment()
        table.reserve(rows.count)
        var due: [Alarm] = []
        due.reserveCapacity(rows.count)
        let numbers = names.map(number)
        var places: [Int: UInt32] = [:]
        for row in rows {
            let key = row.provider << 32 | (row.endpoint.map { $0 + 1 } ?? 0)
            let host = places[key] ?? place(names[row.provider], row.endpoint.map { endpoints[$0] })
            places[key] = host
            let provider = numbers[row.provider]
            let state = TokenState(
                restoring: row.stored, at: now, by: policies[Int(provider)], random: randoms.next())
            let slot = table.insert(row.id, state, provider: provider, host: host)
            if let alarm = state.alarm { due.append(Alarm(account: slot, due: alarm)) }
        }
        alarms = AlarmQueue(due)
    }

    /// An account was connected or replaced.
    func adopt(_ record: AccountRecord) {
        let provider = number(of: record.key.provider.text)
        let host = place(record.key.provider.text, record.endpoint)
        let stored = StoredCredential(version: record.version, expiry: record.expiry ?? Clock.wall())
        if let slot = table.slot(of: record.id) {
            guard record.refreshes else { return forget(record.id) }
            table.move(slot, provider: provider, host: host)
            reasons[slot] = nil
            tell(slot, .storedElsewhere(stored))
            return land(slot)
        }
        guard record.refreshes else { return }
        let state = TokenState(
            restoring: stored, at: Clock.moment(), by: policies[Int(provider)], random: randoms.next())
        let slot = table.insert(record.id, state, provider: provider, host: host)
        if let alarm = state.alarm { alarms.set(slot, due: alarm) }
        rearm()
    }

    /// An account was removed, or is not refreshed any more. A call under way is broken off.
    func forget(_ id: Int64) {
        guard let slot = table.slot(of: id) else { return }
        let flight = flights.removeValue(forKey: slot)
        table.remove(slot)
        alarms.cancel(slot)
        turns.leave(slot)
        reasons[slot] = nil
        flight?.errand?.cancel()
        for waiter in waiters.removeValue(forKey: slot) ?? [] { waiter(.gone) }
    }

    /// Other definitions are in force.
    func adopt(_ book: ProviderBook) {
        self.book = book
        policies = providers.names.map(book.policy)
    }

    /// How an account stands; `nil` for one that is not refreshed.
    func standing(of id: Int64) -> (alarm: UnixMillis?, failures: UInt16, reason: String?)? {
        guard let slot = table.slot(of: id) else { return nil }
        return (alarms.due(of: slot), table[slot].failures, reasons[slot])
    }

    private func number(of provider: String) -> UInt16 {
        let number = providers.number(of: provider)
        if number == policies.count { policies.append(book.policy(of: provider)) }
        return UInt16(number)
    }

    private func place(_ provider: String, _ endpoint: String?) -> UInt32 {
        UInt32(hosts.number(of: book.host(provider: provider, endpoint: endpoint)))
    }

    func policy(_ slot: Slot) -> RefreshPolicy { policies[Int(table.provider(slot))] }
    func provider(_ slot: Slot) -> String { providers.names[Int(table.provider(slot))] }
}

// MARK: time

extension RefreshLoop {
    func start() { work() }

    /// Begins no more calls; the future completes when those under way are answered and stored: a call that is cut may have cost
    /// its account the refresh token.
    func drain() -> EventLoopFuture<Void> {
        let promise = drained ?? loop.makePromise()
        drained = promise
        if flights.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    func stop() {
        drained?.succeed()
        isStopped = true
        wakeUp?.cancel()
        for flight in flights.values { flight.errand?.cancel() }
    }

    /// One turn: clocks, alarms, turns.
    private func work() {
        guard !isStopped else { return }
        wakesAt = .distantFuture
        let now = Clock.moment()
        if clock.look(at: now) != nil { jumped = 0 }
        tellOfJump()
        for alarm in alarms.popDue(now: now.wall, limit: Self.eventsPerTurn) { tell(alarm.account, .alarm) }
        if drained == nil {
            for slot in turns.take(now: now.uptime, limit: Self.eventsPerTurn) { tell(slot, .turn) }
        }
        rearm()
    }

    /// Every account hears of a jump, some thousand at a time.
    private func tellOfJump() {
        guard let first = jumped else { return }
        let end = min(table.bounds.upperBound, first + Slot(Self.eventsPerTurn * 8))
        for slot in first..<end where table.id(slot) != 0 { tell(slot, .clockJumped) }
        jumped = end < table.bounds.upperBound ? end : nil
    }

    /// Sets the timer to whatever comes next.
    func rearm() {
        let now = Clock.moment()
        var wait = Self.clockTime
        if let alarm = alarms.next { wait = min(wait, .milliseconds(max(0, alarm.due.value - now.wall.value))) }
        if drained == nil, let next = turns.nextTake(now: now.uptime) {
            wait = min(wait, .milliseconds(max(0, next.value - now.uptime.value)))
        }
        if jumped != nil { wait = .zero }
        let instant = NIODeadline.now() + wait
        guard !isStopped, instant < wakesAt else { return }
        wakeUp?.cancel()
        wakesAt = instant
        wakeUp = loop.assumeIsolated().scheduleTask(deadline: instant) { [self] in work() }
    }

    // MARK: events

    /// Tells an account what happened, and does what it says.
    func tell(_ slot: Slot, _ event: Refresh.TokenEvent, answering demand: ((DemandEnd) -> Void)? = nil) {
        let now = Clock.moment()
        let effects = table[slot].handle(event, at: now, by: policy(slot), random: randoms.next())
        for effect in effects { perform(effect, slot, now, demand) }
        rearm()
    }

    /// Like `tell`, for answers that come later: the account may be gone, and its number another's.
    func tell(_ slot: Slot, of id: Int64, _ event: Refresh.TokenEvent) {
        guard !isStopped, slot < table.bounds.upperBound, table.id(slot) == id else { return }
        tell(slot, event)
    }
}

/// Random words, many of them (splitmix64): only jitter is made of these.
private struct JitterSource {
    private var state = UInt64.random(in: .min ... .max)

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}
