// What TokenState does beside the cases: demands that are no reason to call, alerts, waits.

import Tenancy
import Testing

@testable import Refresh

@Suite struct TokenRuleTests {
    @Test func credentialJustRenewed_isNotRefreshedHoweverOftenItIsSaidNotToWork() {
        var world = AccountWorld()
        world.reachCall()
        world.answer()
        world.store()
        for _ in 0..<29 {
            world.pass(.seconds(1))
            world.tell(.demand(seen: 8))
        }
        #expect(world.calls == 1 && world.answers.allSatisfy { $0 == .current(version: 8) })
        world.pass(.seconds(1))
        world.tell(.demand(seen: 8))
        world.tell(.turn)
        #expect(world.calls == 2 && world.answers.last == .wait)
    }

    @Test func demandWhileInLine_movesForwardOnce() {
        var world = AccountWorld(life: .minutes(1))
        world.ring()
        world.pass(.minutes(2))
        let (first, second) = (world.tell(.demand(seen: nil)), world.tell(.demand(seen: nil)))
        #expect(first.contains(.takeTurn(.demanded)))
        #expect(second == [.answerDemand(.wait)])
    }

    @Test func turnThatGetsLost_isAskedForAgain() {
        var world = AccountWorld()
        world.ring()
        for _ in 0..<3 {
            let effects = world.ring()
            #expect(effects.contains(.takeTurn(.expiring(world.state.expiry))))
        }
        #expect(world.calls == 0 && world.broken == nil)
    }

    @Test func turnThatIsNotNeededAnyMore_isGivenBack() {
        var world = AccountWorld()
        world.ring()
        let effects = world.tell(.storedElsewhere(StoredCredential(version: 9, expiry: world.now.wall + .hours(1))))
        #expect(effects.first == .endTurn)
        let late = world.tell(.turn)
        #expect(late == [.endTurn])
        #expect(world.calls == 0 && world.broken == nil)
    }

    @Test func alerts_areRaisedOnceUntilTheAccountIsWell() {
        var world = AccountWorld()
        for round in 1...2 {
            for _ in 0..<7 {
                world.reachCall()
                world.fail(.unreachable)
            }
            for _ in 0..<3 {
                world.reachCall()
                world.fail(.clientRefused)
            }
            #expect(world.alerts == Array(repeating: [.failing, .clientRefused], count: round).flatMap(\.self))
            world.reachCall()
            world.answer()
            world.store()
        }
        #expect(world.broken == nil)
    }

    @Test func wrongClientSecret_isTriedSlowlyHoweverOftenSomebodyAsks() throws {
        var world = AccountWorld(life: .minutes(1))
        world.pass(.minutes(2))
        world.reachCall()
        let begin = world.now.wall
        while world.now.wall - begin < .hours(1) {
            if world.call != nil { world.fail(.clientRefused) }
            world.pass(.seconds(1))
            world.tell(.demand(seen: nil))
            if world.alarm! <= world.now.wall { world.tell(.alarm) }
            if world.turn == .inLine { world.tell(.turn) }
        }
        #expect((12...25).contains(world.calls), "\(world.calls) calls in an hour")
    }

    @Test func waits_growToTheirBoundAndFillTheirRange() {
        let policy = RefreshPolicy()
        let bounds: [(Int, Int64)] = [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 300), (40, 300)]
        for (failures, longest) in bounds {
            let waits = (0..<2000).map { word -> Millis in
                var draw = Draw(UInt64(word))
                return RetryWait(after: .timedOut, failures: failures, by: policy, &draw).wait
            }
            #expect(waits.min()! >= .seconds(5) && waits.max()! <= .seconds(longest))
            let range = Double(longest - 5) * 1000
            let mean = waits.reduce(0) { $0 + Double($1.value) } / 2000
            #expect(abs(mean - 5000 - range / 2) < range / 20, "\(failures) failures: mean \(mean)")
        }
    }

    @Test func providersWish_isFollowedWithinItsBound() {
        let policy = RefreshPolicy()
        for (wish, asked) in [(60, 60), (3600, 3600), (86_400, 3600), (0, 0), (-5, 0)] as [(Int64, Int64)] {
            for failure in [CallFailure.busy(retryAfter: .seconds(wish)), .unavailable(retryAfter: .seconds(wish))] {
                for word in 0..<200 as Range<UInt64> {
                    var draw = Draw(word)
                    let retry = RetryWait(after: failure, failures: 1, by: policy, &draw)
                    #expect(retry.wait >= .seconds(asked) && retry.cooldown >= .seconds(asked))
                    #expect(retry.wait <= max(.seconds(10), .seconds(asked * 11 / 10)))
                    #expect(retry.cooldown <= retry.wait && retry.wait >= policy.shortestWait)
                }
            }
        }
    }

    @Test func policy_ofItsDefaults_isSound_andEveryContradictionIsNamed() {
        #expect(RefreshPolicy().fault == nil && BurstPolicy().fault == nil)
        let changes: [(inout RefreshPolicy) -> Void] = [
            { $0.lead = .seconds(0) }, { $0.jitterPercent = 101 }, { $0.jitterPercent = -1 },
            { $0.minimumLifetime = .seconds(9) }, { $0.maximumLifetime = .seconds(59) },
            { $0.defaultLifetime = .days(91) }, { $0.shortestWait = Millis(999) }, { $0.longestWait = .seconds(4) },
            { $0.longestRetryAfter = .days(2) }, { $0.callTimeout = .seconds(0) }, { $0.demandSpacing = Millis(-1) },
            { $0.attemptsBeforeAlert = 0 },
        ]
        for change in changes {
            var policy = RefreshPolicy()
            change(&policy)
            #expect(policy.fault != nil)
        }
        var burst = BurstPolicy()
        burst.perHost = burst.inAll + 1
        #expect(burst.fault != nil)
    }

    @Test func clockWatch_noticesJumpsAndSleepsOnly() {
        var now = AccountWorld.start
        var watch = ClockWatch(at: now)
        func look(wall: Int64, uptime: Int64) -> Int64? {
            now = Moment(wall: now.wall + Millis(wall), uptime: now.uptime + Millis(uptime))
            return watch.look(at: now)?.value
        }
        #expect(look(wall: 1000, uptime: 1000) == nil)
        #expect(look(wall: 61_000, uptime: 60_000) == nil)
        #expect(look(wall: 7_200_000, uptime: 0) == 7_200_000)
        #expect(look(wall: 1000, uptime: 1000) == nil)
        #expect(look(wall: -3_600_000, uptime: 5000) == -3_605_000)
        #expect(look(wall: 2001, uptime: 0) == 2001)
        #expect(look(wall: 2000, uptime: 0) == nil)
    }
}
