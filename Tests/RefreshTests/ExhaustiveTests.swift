// Every sequence of events up to a length, and long random ones, against the rules of AccountWorld.

import Support
import Tenancy
import Testing

@testable import Refresh

/// What can happen to an account, at a time of its own.
private enum Happening: String, CaseIterable {
    case alarm, alarmTooEarly, turn, demand, demandAfter401
    case granted, grantedWithoutRefreshToken
    case grantRefused, clientRefused, busy, unavailable, unreachable, timedOut, notMarked
    case stored, storeRefused, readUnchanged, readChanged, storedElsewhere
    case jumpForward, jumpBack, jumpNobodyNoticed, lateAnswer

    /// Lets it happen.
    func happen(to world: inout AccountWorld) {
        let attempt = world.state.attempt
        switch self {
        case .alarm: world.ring()
        case .alarmTooEarly: world.tell(.alarm)
        case .turn: world.tell(.turn)
        case .demand:
            world.pass(.seconds(20))
            world.tell(.demand(seen: nil))
        case .demandAfter401: world.tell(.demand(seen: world.state.version))
        case .granted: world.answer()
        case .grantedWithoutRefreshToken: world.answer(refreshToken: false)
        case .grantRefused: world.fail(.grantRefused)
        case .clientRefused: world.fail(.clientRefused)
        case .busy: world.fail(.busy(retryAfter: .minutes(1)))
        case .unavailable: world.fail(.unavailable(retryAfter: nil))
        case .unreachable: world.fail(.unreachable)
        case .timedOut: world.fail(.timedOut)
        case .notMarked: world.fail(.notMarked)
        case .stored: world.store()
        case .storeRefused: world.tell(.storeRefused(attempt: attempt))
        case .readUnchanged: world.reread(version: world.version)
        case .readChanged:
            world.reread(version: world.version &+ 1)
        case .storedElsewhere:
            let version = world.version &+ 1
            world.tell(.storedElsewhere(StoredCredential(version: version, expiry: world.now.wall + .hours(1))))
        case .jumpForward, .jumpBack:
            world.setClock(by: self == .jumpForward ? .hours(2) : .hours(-2))
            world.tell(.clockJumped)
        case .jumpNobodyNoticed: world.setClock(by: .hours(2))
        case .lateAnswer:
            let grant = Grant(expiry: world.now.wall + .hours(1), hasRefreshToken: true)
            world.tell(.answered(attempt: attempt &- 1, grant))
        }
    }
}

/// Walks the tree of all sequences.
private struct Walk {
    var sequences = 0
    var standings: Set<TokenState.Standing> = []
    var broken: [String] = []

    mutating func explore(_ world: AccountWorld, _ history: [Happening], depth: Int) {
        guard depth > 0, broken.isEmpty else { return }
        for happening in Happening.allCases {
            var next = world
            happening.happen(to: &next)
            sequences += 1
            standings.insert(next.state.standing)
            if let rule = next.broken { return broken.append("\(rule): \((history + [happening]).map(\.rawValue))") }
            // What changed nothing, neither here nor outside, has the continuations it would have had without.
            if next.state == world.state, next.now == world.now, next.answers.count == world.answers.count { continue }
            explore(next, history + [happening], depth: depth - 1)
        }
    }
}

@Suite struct ExhaustiveTests {
    static let worlds: [(name: String, world: AccountWorld)] = [
        ("healthy", AccountWorld()), ("overdue", AccountWorld(life: .minutes(-1))),
        ("restarted during a call", AccountWorld(isMarked: true)), ("dead", AccountWorld(death: .grantRefused)),
    ]

    @Test(arguments: worlds.indices) func everySequenceOfSixEvents_keepsTheRules(index: Int) {
        let (name, world) = Self.worlds[index]
        var walk = Walk()
        walk.explore(world, [], depth: 6)
        #expect(walk.broken == [])
        print("refresh: \(walk.sequences) sequences of up to six events on an account that was \(name)")
        let standings: Set<TokenState.Standing> = [.valid, .due, .refreshing, .waiting, .dead(.grantRefused)]
        #expect(walk.standings.isSuperset(of: name == "restarted during a call" ? [.dead(.grantLost)] : standings))
    }

    /// The calls' way through: six events reach a refused grant, but not what follows it.
    @Test func everySequenceOfFiveEvents_afterEachStageOfACall_keepsTheRules() {
        let stages: [[Happening]] = [
            [.alarm, .turn], [.alarm, .turn, .granted], [.alarm, .turn, .granted, .storeRefused],
            [.alarm, .turn, .grantRefused], [.alarm, .turn, .grantRefused, .storeRefused],
            [.alarm, .turn, .storedElsewhere], [.alarm, .turn, .grantRefused, .readUnchanged],
            [.alarm, .turn, .timedOut, .alarm, .turn, .timedOut, .alarm, .turn],
            [.alarm, .turn, .alarm, .alarm, .alarm],
        ]
        var sequences = 0
        for stage in stages {
            var (world, walk) = (AccountWorld(), Walk())
            for happening in stage { happening.happen(to: &world) }
            #expect(world.broken == nil)
            walk.explore(world, stage, depth: 5)
            #expect(walk.broken == [])
            sequences += walk.sequences
        }
        print("refresh: \(sequences) sequences of five more events after \(stages.count) stages of a call")
    }

    @Test func tenThousandRandomLives_keepTheRules() {
        var random = SeededRandom.forTest()
        for life in 0..<10_000 {
            var (world, history): (AccountWorld, [Happening]) = (AccountWorld(), [])
            world.word = random.next()
            for _ in 0..<100 {
                let happening = Happening.allCases.randomElement(using: &random)!
                history.append(happening)
                happening.happen(to: &world)
            }
            guard let rule = world.broken else { continue }
            Issue.record("seed \(random.seed), life \(life): \(rule): \(history.map(\.rawValue))")
            return
        }
    }

    /// The alarm rings: a world whose state is tampered with is noticed.
    @Test func alarm_onAForgottenCall_rings() {
        var world = AccountWorld()
        world.reachCall()
        world.state.phase = .due(isDemanded: false)
        world.tell(.turn)
        #expect(world.broken == "two calls in flight")
    }
}
