// AccountWorld: a shell around one TokenState that performs what it is told and names the first rule that is broken.
//
// For: cases and long sequences of events. A value, so that every continuation of a history starts from a copy.

import Tenancy

@testable import Refresh

struct AccountWorld {
    enum Turn { case none, inLine, taken }
    enum Asked: Equatable {
        case nothing, reading
        case storing(Renewal, token: Int)
    }

    var state: TokenState
    var now: Moment
    var policy: RefreshPolicy
    /// The random bits of the next event: counted up, so that each differs.
    var word: UInt64 = 1

    // What a shell keeps.
    private(set) var alarm: UnixMillis?
    private(set) var turn = Turn.none
    private(set) var call: UInt32?
    private(set) var asked = Asked.nothing
    private(set) var waiters = 0

    // What is durable.
    private(set) var version: UInt32
    /// The number of the refresh token in the store, and of the last one the provider gave.
    private(set) var refreshToken = 0
    private(set) var lastToken = 0
    /// The granted refresh token that has still to be stored.
    private var owed: Int?
    /// Somebody stored a credential since the call in flight began.
    private var isSuperseded = false
    private(set) var isMarked: Bool
    private(set) var death: DeathReason?

    // What was seen outside.
    private(set) var calls = 0
    private(set) var published: UInt32
    private(set) var alerts: [TokenAlert] = []
    private(set) var told: [DeathReason] = []
    private(set) var answers: [DemandAnswer] = []
    private(set) var releases: [WaitersRelease] = []

    /// The first rule that was broken.
    private(set) var broken: String?

    static let start = Moment(wall: UnixMillis(1_700_000_000_000), uptime: UptimeMillis(50_000_000))

    init(
        life: Millis = .hours(1), isMarked: Bool = false, death: DeathReason? = nil,
        policy: RefreshPolicy = RefreshPolicy()
    ) {
        let stored = StoredCredential(
            version: 7, expiry: Self.start.wall + life, isMarked: isMarked, death: death)
        (now, self.policy, version, published) = (Self.start, policy, 7, 7)
        (self.isMarked, self.death) = (isMarked, death)
        state = TokenState(restoring: stored, at: now, by: policy, random: 0)
        alarm = state.alarm
    }

    // MARK: Time

    mutating func pass(_ span: Millis) {
        now = Moment(wall: now.wall + span, uptime: now.uptime + span)
    }

    /// The wall clock alone is set.
    mutating func setClock(by span: Millis) {
        now = Moment(wall: now.wall + span, uptime: now.uptime)
    }

    /// Waits until the alarm rings and rings it.
    @discardableResult
    mutating func ring() -> [TokenEffect] {
        if let alarm, alarm > now.wall { pass(alarm - now.wall) }
        return tell(.alarm)
    }

    // MARK: Events

    /// Tells the state an event and performs what it answers.
    @discardableResult
    mutating func tell(_ event: TokenEvent) -> [TokenEffect] {
        let before = state
        let wasExpected = take(event)
        word &+= 1
        let effects = state.handle(event, at: now, by: policy, random: word)
        if !wasExpected, !effects.isEmpty || state != before { fault("\(event) means nothing now, and did something") }
        for effect in effects { perform(effect) }
        check(event, effects)
        return effects
    }

    /// What the world itself does when something happens; `false` when it cannot have happened.
    private mutating func take(_ event: TokenEvent) -> Bool {
        switch event {
        case .turn:
            // A turn that nobody asked for is given back.
            if turn == .inLine { turn = .taken }
        case .answered(let attempt, let grant):
            guard call == attempt else { return false }
            call = nil
            if grant.hasRefreshToken { lastToken += 1 }
            if grant.hasRefreshToken, !isSuperseded { owed = lastToken }
        case .failed(let attempt, let failure):
            guard call == attempt else { return false }
            call = nil
            if failure == .notMarked { isMarked = false }
        case .stored(let attempt):
            guard case .storing(let renewal, let token) = asked, attempt == state.attempt else { return false }
            (version, isMarked, asked) = (renewal.version, false, .nothing)
            if renewal.replacesRefreshToken { (refreshToken, owed) = (token, nil) }
        case .storeRefused(let attempt), .storeRead(let attempt, _):
            guard asked != .nothing, attempt == state.attempt else { return false }
            if case .storeRead(_, let found) = event {
                guard asked == .reading else { return false }
                version = found.version
            }
            asked = .nothing
        case .storedElsewhere(let found):
            (version, isMarked, death) = (found.version, false, nil)
            // The store compares versions: what was asked before is not done any more.
            (asked, owed, isSuperseded) = (.nothing, nil, true)
        case .demand, .alarm, .clockJumped: break
        }
        return true
    }

    // MARK: Effects

    private mutating func perform(_ effect: TokenEffect) {
        switch effect {
        case .scheduleAlarm(let instant):
            alarm = instant
            if instant < now.wall { fault("an alarm in the past") }
        case .cancelAlarm: alarm = nil
        case .takeTurn:
            if turn == .taken { fault("a turn asked for by somebody who has one") }
            turn = .inLine
        case .endTurn: turn = .none
        case .callTokenEndpoint(let attempt, _): begin(attempt)
        case .cancelCall(let attempt): if call != attempt { fault("a call ended that is not in flight") }
        case .clearMark: if call == nil { isMarked = false }
        case .rereadStore: ask(.reading)
        case .persistBeforeUse(_, let renewal): ask(.storing(renewal, token: lastToken))
        case .recordDeath(let reason): death = reason
        case .publish(let version, _):
            if version != self.version { fault("version \(version) is handed out and is not durable") }
            published = version
        case .releaseWaiters(let release):
            waiters = 0
            releases.append(release)
        case .answerDemand(let answer):
            answers.append(answer)
            if answer == .wait { waiters += 1 }
        case .alertOnce(let alert): alerts.append(alert)
        case .tellTenant(let reason): told.append(reason)
        }
    }

    private mutating func begin(_ attempt: UInt32) {
        if call != nil { fault("two calls in flight") }
        if turn != .taken { fault("a call without a turn") }
        if death != nil { fault("a call for a dead account") }
        if asked != .nothing { fault("a call while the store is asked") }
        (call, isMarked, isSuperseded) = (attempt, true, false)
        calls += 1
    }

    private mutating func ask(_ question: Asked) {
        if asked != .nothing { fault("the store is asked two things") }
        asked = question
    }

    // MARK: Rules

    mutating func fault(_ sentence: String) { broken = broken ?? sentence }

    /// What holds after every event.
    private mutating func check(_ event: TokenEvent, _ effects: [TokenEffect]) {
        if alarm != state.alarm { fault("the alarm that is set is not the state's") }
        checkProgress()
        let answered = effects.count { if case .answerDemand = $0 { true } else { false } }
        var isDemand = false
        if case .demand = event { isDemand = true }
        if answered != (isDemand ? 1 : 0) { fault("a demand is answered once, nothing else is") }
        let deaths = effects.count { if case .alertOnce(.dead) = $0 { true } else { false } }
        if deaths != (effects.contains { if case .recordDeath = $0 { true } else { false } } ? 1 : 0) {
            fault("a death raises one alert, nothing else does")
        }
    }

    private mutating func checkProgress() {
        if let owed {
            var isAsked = alarm != nil
            if case .storing(_, let token) = asked { isAsked = token == owed }
            if !isAsked || state.standing != .refreshing { fault("refresh token \(owed) was granted and is forgotten") }
        }
        switch state.standing {
        case .dead:
            if alarm != nil || call != nil || turn != .none || waiters > 0 || death == nil {
                fault("a dead account is left alone, durably")
            }
        case .valid, .waiting:
            if alarm == nil || call != nil || turn != .none || waiters > 0 || asked != .nothing {
                fault("what is over has an alarm and nothing under way: \(state.standing)")
            }
        case .due:
            if alarm == nil || call != nil || turn != .inLine { fault("what is due is in line and has an alarm") }
        case .refreshing:
            if (call != nil) != (turn == .taken) { fault("whoever calls has its turn, and nobody else") }
            if call == nil, asked == .nothing, alarm == nil { fault("nothing will move this account on") }
        }
    }
}
