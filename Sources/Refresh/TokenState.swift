// TokenState: one account's credential, from refresh to refresh.
//
// For: deciding when a credential is refreshed and what each answer means (cases O-01 to O-09). A value: events go in, what
// is to be done comes out; the clocks and 64 random bits are arguments.
// Refuses: a second call while one is in flight: there is one state, `refreshing`, that holds the only call there is, and
// only the end of that call leaves it. To forget a granted refresh token: it is asked to be stored until it is. To try a
// dead account again before it is connected again.
// Called by: tokend, one of these per account.
//
//   valid ──alarm, demand──▶ due ──turn──▶ refreshing ──stored──▶ valid
//     ▲                       ▲   │            │  │
//     │                 alarm, demand          │  └─invalid_grant, store unchanged──▶ dead
//     │                       └── waiting ◀──failure                                    │
//     └───────────── stored elsewhere, from every state ◀───────────────────────────────┘

public import Tenancy

/// The state of one account's credential.
public struct TokenState: Hashable, Sendable {
    /// The version of the stored credential.
    public internal(set) var version: UInt32
    /// When its access token ends, by the wall clock.
    public internal(set) var expiry: UnixMillis
    /// When the account's alarm is to ring; `nil` while something else will move it on, and when it is dead.
    public internal(set) var alarm: UnixMillis?
    /// Failures in a row.
    public internal(set) var failures: UInt16 = 0

    var phase: Phase
    /// How far the wall clock was ahead of the other when `expiry` was set.
    var clockLead: Millis
    /// When this process stored this version; `nil` when it did not.
    var renewed: UptimeMillis?
    /// Number of the latest call.
    var attempt: UInt32 = 0
    var raised: Raised = []
    /// A call since this version was stored may have rotated the refresh token without our having it.
    var isDoubtful = false

    /// What can be seen of a state.
    public enum Standing: Hashable, Sendable {
        case valid, due, refreshing, waiting
        case dead(DeathReason)
    }

    /// Where the account stands.
    public var standing: Standing {
        switch phase {
        case .valid: .valid
        case .due: .due
        case .refreshing: .refreshing
        case .waiting: .waiting
        case .dead(let reason): .dead(reason)
        }
    }

    /// An account as the store has it, at a start of the process. What is overdue, and what was being refreshed when the
    /// process died, is due within the policy's spread; `alarm` says when.
    public init(restoring stored: StoredCredential, at now: Moment, by policy: RefreshPolicy, random word: UInt64) {
        var draw = Draw(word)
        (version, expiry, clockLead) = (stored.version, stored.expiry, now.lead)
        if let death = stored.death {
            phase = .dead(death)
            raised = .dead
            return
        }
        phase = .valid
        isDoubtful = stored.isMarked
        // After a rotation we never saw, the old access token may be as good as revoked: no reason to wait for its end.
        let due = stored.isMarked ? now.wall : expiry - Self.leadTime(policy.lead, policy, &draw)
        alarm = Self.notOverdue(due, now, policy, &draw)
    }

    /// Takes one event: the new state is in here, what is to be done is returned, in order.
    public mutating func handle(
        _ event: TokenEvent, at now: Moment, by policy: RefreshPolicy, random word: UInt64
    ) -> [TokenEffect] {
        var step = Step(now: now, policy: policy, draw: Draw(word))
        switch event {
        case .alarm: ring(&step)
        case .turn: begin(&step)
        case .demand(let seen): answer(seen: seen, &step)
        case .answered(let attempt, let grant): granted(attempt, grant, &step)
        case .failed(let attempt, let failure): failed(attempt, failure, &step)
        case .stored(let attempt): stored(attempt, &step)
        case .storeRefused(let attempt): storeRefused(attempt, &step)
        case .storeRead(let attempt, let stored): storeRead(attempt, stored, &step)
        case .storedElsewhere(let stored): storedElsewhere(stored, &step)
        case .clockJumped: clockJumped(&step)
        }
        return step.effects
    }
}

/// What is the same for one event: the time, the rules, what came of it so far.
struct Step {
    let now: Moment
    let policy: RefreshPolicy
    var draw: Draw
    var effects: [TokenEffect] = []

    mutating func perform(_ effect: TokenEffect) { effects.append(effect) }
}

extension TokenState {
    /// The state itself.
    enum Phase: Hashable {
        /// The alarm is set to before the expiry.
        case valid
        /// In the TurnQueue. The alarm asks again, should the turn get lost.
        case due(isDemanded: Bool)
        /// A call, or the work after it.
        case refreshing(Flight)
        /// After a failure.
        case waiting(Pause)
        case dead(DeathReason)
    }

    /// One refresh under way.
    enum Flight: Hashable {
        /// The one call to the token endpoint. The alarm looks after it.
        case calling(Call)
        /// The grant was refused; the store is asked whether it changed. `retry` when it did not answer.
        case checking(retry: UptimeMillis?)
        /// A token was granted and is being stored. `retry` when it could not be.
        case storing(Renewal, retry: UptimeMillis?)
    }

    struct Call: Hashable {
        let since: UptimeMillis
        /// Its end was asked for because it took too long.
        var isOverdue = false
        /// Somebody else stored a credential meanwhile: whatever the answer, it is not used.
        var isSuperseded = false
    }

    struct Pause: Hashable {
        let until: UptimeMillis
        /// From when on a demand may end it.
        let cooledDown: UptimeMillis
    }

    /// Which alerts were raised since the account was well.
    struct Raised: OptionSet, Hashable {
        let rawValue: UInt8
        static let dead = Raised(rawValue: 1 << 0)
        static let failing = Raised(rawValue: 1 << 1)
        static let clientRefused = Raised(rawValue: 1 << 2)
        static let notStored = Raised(rawValue: 1 << 3)
        static let callStuck = Raised(rawValue: 1 << 4)
    }
}

extension TokenState {
    /// A turn that does not come within this is asked for again: the TurnQueue keeps its place.
    static let turnPatience = Millis.minutes(1)
    /// How long after its timeout a call is asked to end, and asked again.
    static let callGrace = Millis.seconds(5)
    /// How soon a store that refused is asked again: it is a disk of ours, and what it does not take is in memory only.
    static let storeRetry = Millis.seconds(5)

    // MARK: Alarms

    mutating func setAlarm(_ instant: UnixMillis, _ step: inout Step) {
        alarm = instant
        step.perform(.scheduleAlarm(at: instant))
    }

    mutating func cancelAlarm(_ step: inout Step) {
        guard alarm != nil else { return }
        alarm = nil
        step.perform(.cancelAlarm)
    }

    /// How long before its expiry a credential is refreshed: `lead`, and some more at random.
    static func leadTime(_ lead: Millis, _ policy: RefreshPolicy, _ draw: inout Draw) -> Millis {
        lead + draw.upTo(Millis(lead.value / 100 * Int64(policy.jitterPercent)))
    }

    /// `due`, or some instant in the policy's spread where that has passed (case O-09).
    static func notOverdue(
        _ due: UnixMillis, _ now: Moment, _ policy: RefreshPolicy, _ draw: inout Draw
    ) -> UnixMillis {
        due > now.wall ? due : now.wall + draw.upTo(policy.overdueSpread)
    }

    /// When a credential that ends at `expiry` and was stored just now is refreshed: `lead` before, but not before half of
    /// its life is over.
    func refreshTime(_ step: inout Step) -> UnixMillis {
        let half = Millis(max(0, (expiry - step.now.wall).value) / 2)
        let lead = min(step.policy.lead, half)
        let due = expiry - Self.leadTime(lead, step.policy, &step.draw)
        return Self.notOverdue(due, step.now, step.policy, &step.draw)
    }

    /// Whether the access token has ended, by whichever clock says so first.
    func isExpired(at now: Moment) -> Bool {
        let setBack = min(Millis(0), now.lead - clockLead)
        return expiry + setBack <= now.wall
    }

    /// Raises an alert unless it was raised before.
    mutating func alert(_ alert: TokenAlert, _ kind: Raised, _ step: inout Step) {
        guard raised.insert(kind).inserted else { return }
        step.perform(.alertOnce(alert))
    }
}
