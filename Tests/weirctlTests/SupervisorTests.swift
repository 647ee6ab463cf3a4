// The decisions of `weirctl up`, without a process: one event a line, what follows from it at its end.

import Testing

@testable import weirctl

@Suite struct SupervisorTests {
    private var three: Supervisor {
        Supervisor([
            .init(name: "walletd", isAsked: true, stopLimit: 300),
            .init(name: "upstream", isAsked: false, stopLimit: 200),
            .init(name: "gatewayd", isAsked: true, stopLimit: 100),
        ])
    }

    /// All three ready at 30.
    private var running: Supervisor {
        var supervisor = three
        _ = supervisor.begin(now: 0)
        _ = supervisor.started(0, now: 5)
        _ = supervisor.becameReady(0, now: 10)
        _ = supervisor.started(1, now: 15)
        _ = supervisor.started(2, now: 20)
        _ = supervisor.becameReady(2, now: 30)
        return supervisor
    }

    @Test func eachStartsWhenTheOneBeforeItIsReady() {
        var supervisor = three
        #expect(supervisor.begin(now: 0) == [.start(0)])
        #expect(supervisor.started(0, now: 5) == [.ask(0)])
        #expect(supervisor.becameReady(0, now: 10) == [.start(1)])
        #expect(supervisor.started(1, now: 15) == [.start(2)])
        #expect(supervisor.started(2, now: 20) == [.ask(2)])
        #expect(supervisor.becameReady(2, now: 30) == [.allReady])
        #expect(supervisor.wakeAt == nil)
    }

    @Test func stopsInReverseOrderOneAfterTheOther() {
        var supervisor = running
        #expect(supervisor.stopAsked(now: 40) == [.say("stopping gatewayd"), .send(2, .terminate)])
        #expect(
            supervisor.ended(2, .exited(0), now: 50)
                == [.say("gatewayd ended"), .say("stopping upstream"), .send(1, .terminate)])
        #expect(
            supervisor.ended(1, .killed(signal: 15), now: 60).suffix(2)
                == [.say("stopping walletd"), .send(0, .terminate)])
        #expect(supervisor.ended(0, .exited(0), now: 70) == [.say("walletd ended"), .finish(.done)])
    }

    @Test func secondStopSignalKillsWhateverIsLeft() {
        var supervisor = running
        _ = supervisor.stopAsked(now: 40)
        #expect(supervisor.stopAsked(now: 39 + Supervisor.sameStop) == [], "the same signal, sent twice")
        let kills = supervisor.stopAsked(now: 40 + Supervisor.sameStop).filter {
            if case .send = $0 { true } else { false }
        }
        #expect(kills == [.send(0, .kill), .send(1, .kill), .send(2, .kill)])
        #expect(supervisor.ended(1, .killed(signal: 9), now: 42).count == 1)
        #expect(supervisor.ended(0, .killed(signal: 9), now: 42).count == 1)
        #expect(supervisor.ended(2, .killed(signal: 9), now: 43).last == .finish(.refused))
    }

    @Test func childThatIgnoresTheStopIsKilledAtTheLimit() {
        var supervisor = running
        _ = supervisor.stopAsked(now: 40)
        #expect(supervisor.wakeAt == 140)
        #expect(supervisor.timePassed(now: 139) == [])
        #expect(supervisor.timePassed(now: 140).last == .send(2, .kill))
        #expect(supervisor.timePassed(now: 141) == [])
        _ = supervisor.ended(2, .killed(signal: 9), now: 400_000)
        _ = supervisor.ended(1, .exited(0), now: 400_001)
        #expect(supervisor.ended(0, .exited(0), now: 400_002).last == .finish(.refused))
    }

    @Test func crashedChildIsStartedAgainAfterTheBackOff() {
        var supervisor = running
        #expect(
            supervisor.ended(0, .killed(signal: 9), now: 100)
                == [.say("walletd was ended by signal 9 (Killed); starting it again in 250 ms")])
        #expect(supervisor.wakeAt == 350)
        #expect(supervisor.timePassed(now: 349) == [])
        #expect(supervisor.timePassed(now: 350) == [.start(0)])
        #expect(supervisor.started(0, now: 351) == [.ask(0)])
        #expect(supervisor.becameReady(0, now: 360) == [.say("walletd is ready again")])
    }

    @Test func crashLoopSlowsDownAndIsForgivenAfterAGoodRun() {
        var supervisor = running
        var now: Int64 = 1000
        var delays: [Int64] = []
        for _ in 0..<8 {
            _ = supervisor.ended(0, .exited(1), now: now)
            delays.append((supervisor.wakeAt ?? 0) - now)
            now = supervisor.wakeAt ?? 0
            _ = supervisor.timePassed(now: now)
            _ = supervisor.started(0, now: now)
        }
        #expect(delays == [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
        _ = supervisor.becameReady(0, now: now)
        now += RestartDelay.forgivenAfter
        _ = supervisor.ended(0, .exited(1), now: now)
        #expect(supervisor.wakeAt == now + RestartDelay.first)
    }

    @Test func childThatEndsBeforeAllWereReadyStopsEverything() {
        var supervisor = three
        _ = supervisor.begin(now: 0)
        _ = supervisor.started(0, now: 1)
        _ = supervisor.becameReady(0, now: 10)
        _ = supervisor.started(1, now: 11)
        _ = supervisor.started(2, now: 12)
        let effects = supervisor.ended(2, .exited(78), now: 20)
        #expect(
            effects.first
                == .say("gatewayd ended with status 78 before everything was ready; its own lines above say why"))
        #expect(effects.last == .send(1, .terminate))
        _ = supervisor.ended(1, .exited(0), now: 30)
        #expect(supervisor.ended(0, .exited(0), now: 40).last == .finish(.refused))
    }

    @Test func childThatCannotBeStartedEndsTheFirstStart() {
        var supervisor = three
        _ = supervisor.begin(now: 0)
        #expect(supervisor.ended(0, .notStarted(reason: "no such file"), now: 1).last == .finish(.refused))
    }

    @Test func childThatNeverGetsReadyIsGivenUp() {
        var supervisor = three
        _ = supervisor.begin(now: 0)
        _ = supervisor.started(0, now: 1)
        #expect(supervisor.wakeAt == Supervisor.startLimit)
        #expect(supervisor.timePassed(now: Supervisor.startLimit).last == .send(0, .terminate))
        #expect(supervisor.ended(0, .exited(0), now: Supervisor.startLimit + 1).last == .finish(.refused))
    }

    @Test func stopWhileWaitingForARestartStopsTheOthers() {
        var supervisor = running
        _ = supervisor.ended(2, .exited(1), now: 100)
        #expect(supervisor.stopAsked(now: 110) == [.say("stopping upstream"), .send(1, .terminate)])
        #expect(supervisor.timePassed(now: 309) == [])
        _ = supervisor.ended(1, .exited(0), now: 309)
        #expect(supervisor.ended(0, .exited(0), now: 310).last == .finish(.done))
    }

    @Test func waitStatusIsReadAsTheKernelWritesIt() {
        #expect(ChildEnd(waitStatus: 0) == .exited(0))
        #expect(ChildEnd(waitStatus: 0x4E00) == .exited(78))
        #expect(ChildEnd(waitStatus: 9) == .killed(signal: 9))
        #expect(ChildEnd(waitStatus: 0x8B) == .killed(signal: 11))
    }
}
