// The cases O-01 to O-09, one by one.

import Tenancy
import Testing

@testable import Refresh

extension AccountWorld {
    /// Brings a healthy account to its call.
    mutating func reachCall() {
        ring()
        tell(.turn)
    }

    mutating func answer(life: Millis = .hours(1), refreshToken: Bool = true) {
        let grant = Grant(expiry: now.wall + life, hasRefreshToken: refreshToken)
        tell(.answered(attempt: state.attempt, grant))
    }

    mutating func fail(_ failure: CallFailure) { tell(.failed(attempt: state.attempt, failure)) }

    mutating func store() { tell(.stored(attempt: state.attempt)) }

    mutating func reread(version: UInt32) {
        let found = StoredCredential(version: version, expiry: now.wall + .hours(1))
        tell(.storeRead(attempt: state.attempt, found))
    }
}

@Suite struct TokenCaseTests {
    @Test func O01_twoHundredCallersAtExpiry_makeOneCall() {
        var world = AccountWorld(life: .minutes(5))
        world.pass(.minutes(5))
        for caller in 0..<200 {
            world.tell(.demand(seen: caller.isMultiple(of: 2) ? nil : 7))
            if caller == 50 { world.tell(.turn) }
        }
        #expect(world.calls == 1 && world.waiters == 200)
        world.answer()
        #expect(world.waiters == 200, "not before it is durable")
        world.store()
        #expect(world.releases == [.renewed(version: 8)] && world.waiters == 0)
        // Those whose 401 comes in late are answered with the new one.
        for _ in 0..<200 { world.tell(.demand(seen: 7)) }
        #expect(world.answers.suffix(200).allSatisfy { $0 == .current(version: 8) })
        #expect(world.calls == 1 && world.broken == nil)
    }

    /// O-01: whoever asks for a credential that works is not made to wait for its refresh.
    @Test func O01_demandWhileItIsRefreshedAndStillWorks_isAnsweredAtOnce() {
        var world = AccountWorld()
        world.reachCall()
        world.tell(.demand(seen: nil))
        #expect(world.answers == [.current(version: 7)] && world.waiters == 0)
    }

    @Test func O02_answerWithoutRefreshToken_keepsTheOldOne() {
        var world = AccountWorld()
        world.reachCall()
        world.answer(refreshToken: true)
        world.store()
        #expect(world.refreshToken == 1)
        world.reachCall()
        world.answer(refreshToken: false)
        let renewal = Renewal(version: 9, expiry: world.now.wall + .hours(1), replacesRefreshToken: false)
        #expect(world.asked == .storing(renewal, token: 1))
        world.store()
        #expect(world.refreshToken == 1 && world.published == 9 && world.broken == nil)
    }

    @Test func O03_grantedToken_isUsedOnlyOnceItIsDurable() {
        var world = AccountWorld()
        world.reachCall()
        #expect(world.isMarked, "the store knows that a call has begun")
        world.answer()
        #expect(world.published == 7 && world.version == 7)
        world.store()
        #expect(world.published == 8 && world.version == 8 && !world.isMarked)
    }

    @Test func O03_tokenThatCannotBeStored_isKeptAndTriedUntilItCan() {
        var world = AccountWorld()
        world.reachCall()
        world.tell(.demand(seen: 7))
        world.answer()
        for _ in 0..<10 {
            world.tell(.storeRefused(attempt: world.state.attempt))
            #expect(world.published == 7 && world.asked == .nothing && world.waiters == 0)
            world.ring()
            #expect(world.asked != .nothing, "asked again")
        }
        #expect(world.alerts == [.notStored])
        world.store()
        #expect(world.published == 8 && world.refreshToken == 1 && world.calls == 1 && world.broken == nil)
    }

    /// O-03: the process died after the provider may have rotated. The account is refreshed at once; where the provider takes
    /// the old refresh token no more, it says so once.
    @Test func O03_restartWithACallMarked_refreshesAtOnceAndAtWorstAlarms() {
        var world = AccountWorld(life: .hours(1), isMarked: true)
        #expect(world.state.alarm.map { $0 - world.now.wall <= world.policy.overdueSpread } == true)
        var lucky = world
        lucky.reachCall()
        lucky.answer()
        lucky.store()
        #expect(lucky.published == 8 && lucky.alerts.isEmpty && !lucky.isMarked)
        world.reachCall()
        world.fail(.grantRefused)
        world.reread(version: 7)
        #expect(world.state.standing == .dead(.grantLost))
        #expect(world.alerts == [.dead(.grantLost)] && world.told == [.grantLost])
    }

    /// O-03: an answer that was lost or unreadable leaves the mark; one that proves nothing was rotated takes it away.
    @Test(arguments: [
        (CallFailure.timedOut, true), (.malformed, true), (.unavailable(retryAfter: nil), true), (.unreachable, false),
        (.busy(retryAfter: nil), false), (.clientRefused, false), (.notMarked, false),
    ])
    func O03_failedCall_leavesTheMarkWhereATokenMayBeLost(failure: CallFailure, isMarked: Bool) {
        var world = AccountWorld()
        world.reachCall()
        world.fail(failure)
        #expect(world.isMarked == isMarked)
        world.reachCall()
        world.fail(.unreachable)
        #expect(world.isMarked == isMarked, "a later call that was not sent takes no earlier doubt away")
        world.reachCall()
        world.fail(.grantRefused)
        world.reread(version: 7)
        #expect(world.state.standing == .dead(isMarked ? .grantLost : .grantRefused) && world.broken == nil)
    }

    @Test func O04_refusedGrantButTheStoreChanged_adoptsWhatIsStored() {
        var world = AccountWorld(life: .minutes(1))
        world.reachCall()
        world.pass(.minutes(1))
        world.tell(.demand(seen: nil))
        world.fail(.grantRefused)
        #expect(world.asked == .reading)
        // Somebody else's, which the store tells of when it is asked.
        world.tell(.storedElsewhere(StoredCredential(version: 12, expiry: world.now.wall + .hours(1))))
        world.reread(version: 12)
        #expect(world.state.standing == .valid && world.published == 12)
        #expect(world.releases == [.renewed(version: 12)] && world.alerts.isEmpty && world.broken == nil)
    }

    @Test func O04_storeThatAnswersWithAnotherVersion_isAdopted() {
        var world = AccountWorld()
        world.reachCall()
        world.fail(.grantRefused)
        let found = StoredCredential(version: 8, expiry: world.now.wall + .hours(1))
        let effects = world.state.handle(
            .storeRead(attempt: 1, found), at: world.now, by: world.policy, random: 1)
        #expect(effects.contains(.publish(version: 8, expiry: found.expiry)))
        #expect(world.state.standing == .valid && world.state.version == 8)
    }

    /// O-04: an account that is connected again while its old token is being refreshed keeps the new connection, whatever
    /// the old call brings, and no second call is begun meanwhile.
    @Test(arguments: [true, false]) func O04_credentialStoredDuringACall_winsOverItsAnswer(isGranted: Bool) {
        var world = AccountWorld()
        world.reachCall()
        world.tell(.storedElsewhere(StoredCredential(version: 8, expiry: world.now.wall + .hours(1))))
        #expect(world.published == 8 && world.state.standing == .refreshing)
        world.pass(.minutes(1))
        world.tell(.demand(seen: 8))
        #expect(world.calls == 1 && world.answers == [.wait])
        if isGranted { world.answer() } else { world.fail(.grantRefused) }
        #expect(world.asked == .nothing && world.version == 8 && world.refreshToken == 0)
        #expect(world.state.standing == .valid && world.waiters == 0 && world.broken == nil)
    }

    @Test func O05_refusedGrant_isDeadWithOneAlertAndNoMoreCalls() {
        var world = AccountWorld()
        world.reachCall()
        world.tell(.demand(seen: 7))
        world.fail(.grantRefused)
        world.reread(version: 7)
        #expect(world.state.standing == .dead(.grantRefused) && world.death == .grantRefused)
        #expect(world.releases == [.dead(.grantRefused)])
        for hour in 0..<100 {
            world.pass(.hours(1))
            world.tell(.demand(seen: hour.isMultiple(of: 2) ? nil : 7))
            world.tell(.alarm)
            world.tell(.turn)
            world.tell(.clockJumped)
        }
        #expect(world.calls == 1 && world.alerts == [.dead(.grantRefused)] && world.told == [.grantRefused])
        #expect(world.answers.dropFirst().allSatisfy { $0 == .dead(.grantRefused) })
        // Nor after a restart.
        let again = AccountWorld(death: world.death)
        #expect(again.state.standing == .dead(.grantRefused) && again.alarm == nil)
        // Connected again, it lives.
        world.tell(.storedElsewhere(StoredCredential(version: 8, expiry: world.now.wall + .hours(1))))
        #expect(world.state.standing == .valid && world.published == 8 && world.broken == nil)
    }

    /// O-06: whatever the lifetime, the refresh comes before its end and not all the time.
    @Test(arguments: [60, 61, 90, 300, 600, 1199, 1200, 1201, 3600, 86_400, 7_776_000])
    func O06_everyLifetime_isRefreshedBeforeItsEnd(seconds: Int64) throws {
        for word in 0..<200 as Range<UInt64> {
            var world = AccountWorld()
            world.reachCall()
            world.word = word
            world.answer(life: .seconds(seconds))
            world.store()
            let alarm = try #require(world.alarm)
            let (wait, life) = (alarm - world.now.wall, Millis.seconds(seconds))
            #expect(wait.value >= life.value * 38 / 100, "\(seconds) s: not again after \(wait.value) ms")
            #expect(life - wait >= min(world.policy.lead, Millis(life.value / 2)))
        }
    }

    @Test func O07_slowTokenEndpoint_isWaitedForAndNotAskedTwice() {
        var world = AccountWorld(life: .minutes(1))
        world.reachCall()
        for second in 1...29 {
            world.pass(.seconds(1))
            world.tell(.demand(seen: 7))
            world.tell(.alarm)
            if second == 25 { world.tell(.turn) }
        }
        #expect(world.calls == 1 && world.waiters == 29)
        world.answer()
        world.store()
        #expect(world.waiters == 0 && world.published == 8 && world.broken == nil)
    }

    /// O-07: a call that does not even end after its timeout is asked to; no other is begun until it has.
    @Test func O07_callThatNeverEnds_isNotReplaced() {
        var world = AccountWorld()
        world.reachCall()
        var effects = world.ring()
        #expect(effects.contains(.cancelCall(attempt: 1)) && world.alerts.isEmpty)
        for _ in 0..<20 { effects = world.ring() }
        #expect(effects.contains(.cancelCall(attempt: 1)))
        #expect(world.alerts == [.callStuck] && world.calls == 1)
        world.fail(.timedOut)
        #expect(world.state.standing == .waiting)
        world.reachCall()
        #expect(world.calls == 2 && world.broken == nil)
    }

    /// O-07: the wall clock goes forward during a call and nobody has told of it yet; its alarm rings early.
    @Test func O07_callDuringAClockJump_isGivenItsWholeTime() {
        var world = AccountWorld()
        world.reachCall()
        world.setClock(by: .hours(2))
        let effects = world.tell(.alarm)
        #expect(!effects.contains(.cancelCall(attempt: 1)) && world.state.standing == .refreshing)
        #expect(world.alarm == world.now.wall + world.policy.callTimeout + TokenState.callGrace)
        world.answer()
        world.store()
        #expect(world.published == 8 && world.calls == 1 && world.broken == nil)
    }

    @Test func O08_failedAttempt_releasesAllWaitersAndTheNextMayTryAfterTheCooldown() throws {
        var world = AccountWorld(life: .minutes(1))
        world.pass(.minutes(2))
        for _ in 0..<10 { world.tell(.demand(seen: nil)) }
        world.tell(.turn)
        // The third failure in a row waits for up to 40 s, and a demand for 30 at most.
        for _ in 0..<2 {
            world.fail(.unavailable(retryAfter: nil))
            world.reachCall()
        }
        world.fail(.unavailable(retryAfter: nil))
        #expect(world.waiters == 0)
        guard case .failed(let until) = try #require(world.releases.last) else {
            Issue.record("the waiters are told that it failed")
            return
        }
        #expect(until - world.now.wall <= world.policy.demandCooldown)
        world.tell(.demand(seen: nil))
        #expect(world.answers.last == .cooling(until: until))
        world.pass(until - world.now.wall)
        world.tell(.demand(seen: nil))
        #expect(world.answers.last == .wait && world.calls == 3)
        world.tell(.turn)
        #expect(world.calls == 4)
        world.answer()
        world.store()
        #expect(world.waiters == 0 && world.state.failures == 0 && world.broken == nil)
    }

    /// O-08: nobody asks, and the account still comes back by itself.
    @Test func O08_failedAttemptNobodyAsksAbout_isTriedAgainByItsAlarm() {
        var world = AccountWorld()
        for _ in 0..<50 {
            world.reachCall()
            world.fail(.timedOut)
        }
        #expect(world.calls == 50 && world.alerts == [.failing])
        world.reachCall()
        world.answer()
        world.store()
        #expect(world.published == 8 && world.state.failures == 0 && world.broken == nil)
    }

    @Test func O09_clockThatJumpsForward_refreshesWhatIsOverdueAtOnceWithinTheSpread() {
        var alarms: Set<Int64> = []
        for word in 0..<100 as Range<UInt64> {
            var world = AccountWorld()
            world.setClock(by: .hours(2))
            world.word = word
            world.tell(.clockJumped)
            let wait = world.alarm! - world.now.wall
            #expect(wait.value >= 0 && wait <= world.policy.overdueSpread)
            alarms.insert(wait.value)
            world.reachCall()
            #expect(world.calls == 1 && world.broken == nil)
        }
        #expect(alarms.count > 50, "not all at one instant")
    }

    /// O-09: the machine slept for two hours and nobody told of it; the alarm is long overdue when it is looked at.
    @Test func O09_sleepWithoutAWord_refreshesWhenTheAlarmIsLookedAt() {
        var world = AccountWorld()
        world.pass(.hours(3))
        world.reachCall()
        #expect(world.calls == 1 && world.broken == nil)
    }

    /// O-09: an hour is an hour, also when the wall clock is set back by two in the middle of it.
    @Test func O09_clockThatIsSetBack_doesNotPutTheRefreshOff() throws {
        var world = AccountWorld()
        let due = try #require(world.alarm) - world.now.wall
        world.setClock(by: .hours(-2))
        world.tell(.clockJumped)
        #expect(try #require(world.alarm) - world.now.wall == due)
        world.pass(.hours(1))
        world.tell(.demand(seen: nil))
        #expect(world.answers == [.wait], "the credential has ended")
        #expect(world.broken == nil)
    }

    /// O-09: the wall clock is set back during a call. The answer's end is by the clock as it is then, whoever hears of
    /// the jump first.
    @Test(arguments: [true, false]) func O09_clockThatIsSetBackDuringACall_isCorrectedOnce(isToldFirst: Bool) {
        var world = AccountWorld()
        world.reachCall()
        world.setClock(by: .hours(-8))
        if isToldFirst { world.tell(.clockJumped) }
        world.answer()
        if !isToldFirst { world.tell(.clockJumped) }
        world.store()
        #expect(world.state.expiry - world.now.wall == .hours(1))
        let wait = world.alarm.map { ($0 - world.now.wall).value } ?? 0
        #expect((1..<3_600_000).contains(wait) && world.broken == nil)
    }

    /// O-09: a wait after a failure is as long as it is, whatever the wall clock does.
    @Test(arguments: [Millis.hours(2), .hours(-2)])
    func O09_clockThatJumpsDuringAWait_changesNothingOfIt(jump: Millis) throws {
        var world = AccountWorld()
        world.reachCall()
        world.fail(.busy(retryAfter: .minutes(3)))
        let wait = try #require(world.alarm) - world.now.wall
        world.setClock(by: jump)
        world.tell(.clockJumped)
        #expect(try #require(world.alarm) - world.now.wall == wait)
        var unaware = AccountWorld()
        unaware.reachCall()
        unaware.fail(.busy(retryAfter: .minutes(3)))
        unaware.setClock(by: .hours(2))
        unaware.ring()
        #expect(unaware.state.standing == .waiting && unaware.calls == 1, "an alarm that rings early is set again")
    }

    /// O-09: after a downtime everything overdue is due within the spread, and nothing else.
    @Test func O09_startAfterADowntime_makesDueWhatIsOverdue() throws {
        let lives: [(Millis, Bool)] = [
            (.hours(-5), true), (.minutes(-1), true), (.minutes(8), true), (.minutes(13), false),
        ]
        for (life, isDue) in lives {
            let world = AccountWorld(life: life)
            let wait = try #require(world.alarm) - world.now.wall
            #expect((wait <= world.policy.overdueSpread) == isDue, "life left \(life.value) ms: in \(wait.value) ms")
        }
    }
}
