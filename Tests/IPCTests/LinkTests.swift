// The asking side's link: reconnecting, patience, what waits and what is lost.

import Money
import NIOCore
import NIOPosix
import Testing

@testable import IPC

@Suite(.timeLimit(.minutes(5))) struct LinkTests {
    private func granted(_ number: Int64) -> Result<HoldAnswer, CallFailure> {
        .success(HoldAnswer(outcome: .granted, free: Micros(number)))
    }

    @Test func clientFindsADaemonThatStartsLater() async throws {
        let path = TestLoops.freshPath()
        let client = try await TestClient.start(path)
        async let answer = client.hold(testHold(3), deadline: .seconds(30))
        await client.journal.wait { $0.filter { $0.hasPrefix("attempt failed") }.count >= 2 }
        let daemon = try await TestDaemon.start(path)
        #expect(await answer == granted(3))
        try await client.stop()
        try await daemon.stop()
    }

    @Test func clientComesBackToARestartedDaemonAndAssertsBeforeWhatWaited() async throws {
        let path = TestLoops.freshPath()
        let first = try await TestDaemon.start(path, instance: 1)
        let client = try await TestClient.start(path)
        await client.journal.wait(for: "connected walletd 1 version 1")
        try await client.run { wallet in
            wallet.link.onConnected = { wallet.assertHold(AssertHoldRequest(testHold(77))) { _ in } }
        }
        try await first.stop()
        await client.journal.wait(for: "disconnected: peer closed")
        async let answer = client.hold(testHold(5), deadline: .seconds(30))
        await client.journal.wait { $0.contains { $0.hasPrefix("attempt failed: connect") || $0.contains("refused") } }
        let second = try await TestDaemon.start(path, instance: 2)
        #expect(await answer == granted(5))
        let lines = await second.journal.wait { $0.contains("hold 5") }
        #expect(lines.suffix(2) == ["assert 77", "hold 5"])
        #expect(try await client.run { $0.link.peer?.instance } == 2)
        try await client.stop()
        try await second.stop()
    }

    @Test func callsInFlightFailWithTheConnectionAndTheirEffectIsUnknown() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        async let lost = client.hold(testHold(1, tenant: "later"), deadline: .seconds(30))
        await daemon.journal.wait(for: "hold 1")
        try await daemon.run { $0.peers[0].close() }
        let failure = await lost.failure
        #expect(failure == .connectionLost)
        #expect(failure?.effect == .unknown)
        await daemon.journal.wait(for: "abandoned 1")
        #expect(await client.hold(testHold(2), deadline: .seconds(30)) == granted(2))
        try await client.stop()
        try await daemon.stop()
    }

    @Test func connectionIsReportedClosedBeforeItsCallsAreAbandoned() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        async let lost = client.hold(testHold(1, tenant: "later"), deadline: .seconds(30))
        await daemon.journal.wait(for: "hold 1")
        try await client.stop()
        #expect(await lost == .failure(.stopped))
        let lines = await daemon.journal.wait { $0.contains("abandoned 1") }
        #expect(lines.suffix(2) == ["closed gatewayd: peer closed", "abandoned 1"])
        try await daemon.stop()
    }

    @Test func callsWaitForThePatienceAndThenFailAtOnce() async throws {
        let client = try await TestClient.start(TestLoops.freshPath(), patience: .milliseconds(30))
        #expect(await client.hold(testHold(1)) == .failure(.notConnected))
        let atOnce = try await client.run { wallet in
            var failure: CallFailure?
            wallet.hold(testHold(2)) { failure = $0.failure }
            return failure
        }
        #expect(atOnce == .notConnected)
        #expect(atOnce?.effect == .nothingDone)
        try await client.stop()
    }

    @Test func noMoreCallsWaitThanTheBound() async throws {
        let client = try await TestClient.start(TestLoops.freshPath()) { $0.waitingMax = 3 }
        let failures = try await client.run { wallet in
            let failures = NIOLoopBoundBox([CallFailure](), eventLoop: wallet.link.eventLoop)
            for number in 1...5 {
                wallet.hold(testHold(UInt64(number))) { if let failure = $0.failure { failures.value.append(failure) } }
            }
            return failures.value
        }
        #expect(failures == [.notConnected, .notConnected])
        try await client.stop()
    }

    @Test func waitingCallThatIsCancelledIsNeverSent() async throws {
        let path = TestLoops.freshPath()
        let client = try await TestClient.start(path)
        try await client.run { wallet in
            wallet.hold(testHold(1)) { #expect($0 == .failure(.cancelled)) }.cancel()
        }
        async let kept = client.hold(testHold(2), deadline: .seconds(30))
        let daemon = try await TestDaemon.start(path)
        #expect(await kept == granted(2))
        let lines = await daemon.journal.wait { $0.contains("hold 2") }
        #expect(lines.filter { $0.hasPrefix("hold") } == ["hold 2"])
        try await client.stop()
        try await daemon.stop()
    }

    @Test func waitingCallWhoseDeadlinePassesEndsWithIt() async throws {
        let client = try await TestClient.start(TestLoops.freshPath())
        #expect(await client.hold(testHold(1), deadline: .milliseconds(20)) == .failure(.deadlineExceeded))
        try await client.stop()
    }

    @Test func stoppedLinkFailsWhatWaitsAndWhatComes() async throws {
        let client = try await TestClient.start(TestLoops.freshPath())
        async let waiting = client.hold(testHold(1))
        await client.journal.wait { !$0.isEmpty }
        try await client.stop()
        #expect(await waiting == .failure(.stopped))
        #expect(await client.hold(testHold(2)) == .failure(.stopped))
    }

    @Test func drainedDaemonFinishesWhatIsOpenAndTurnsNewCallsAway() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        stranger.ask(testHold(1, tenant: "later"), call: 1, deadlineMillis: 60_000)
        await daemon.journal.wait(for: "hold 1")
        let drained = try await daemon.run { $0.listener.drain() }
        #expect(stranger.next()?.kind == .goodbye)
        #expect(Stranger(path)?.greet() == nil)
        stranger.ask(testHold(2), call: 2)
        #expect(stranger.next()?.failure == .draining)
        try await daemon.run { _ = $0.held[0].answer.send(HoldAnswer(outcome: .granted, free: .zero)) }
        #expect(stranger.next()?.kind == .response)
        #expect(stranger.next() == nil)
        try await drained.get()
    }

    @Test func lastAnswerLeavesWholeBeforeADrainedConnectionCloses() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        stranger.ask(testHold(1, tenant: "later"), call: 1, deadlineMillis: 60_000)
        await daemon.journal.wait(for: "hold 1")
        let drained = try await daemon.run { daemon in
            let drained = daemon.listener.drain()
            // Several times what a socket holds.
            _ = daemon.held[0].answer.call.finish(.response) { for number in 0..<130_000 { $0.u64(UInt64(number)) } }
            return drained
        }
        #expect(stranger.next()?.kind == .goodbye)
        #expect(stranger.next()?.payload.count == 130_000 * 8)
        #expect(stranger.next() == nil)
        try await drained.get()
    }

    @Test func clientLeavesADrainingDaemonForItsSuccessorAndStillGetsItsAnswer() async throws {
        let path = TestLoops.freshPath()
        let old = try await TestDaemon.start(path, instance: 1)
        let client = try await TestClient.start(path)
        async let open = client.hold(testHold(1, tenant: "later"), deadline: .seconds(30))
        await old.journal.wait(for: "hold 1")
        let drained = try await old.run { $0.listener.drain() }
        await client.journal.wait(for: "leaving")
        let new = try await TestDaemon.start(path, instance: 2)
        #expect(await client.hold(testHold(2), deadline: .seconds(30)) == granted(2))
        try await old.run { _ = $0.held[0].answer.send(HoldAnswer(outcome: .granted, free: Micros(1))) }
        #expect(await open == granted(1))
        try await drained.get()
        #expect(await client.hold(testHold(3)) == granted(3))
        try await client.stop()
        try await new.stop()
    }

    @Test func askerThatSaysGoodbyeIsClosedAfterItsLastAnswer() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        stranger.ask(testHold(1, tenant: "later"), call: 1, deadlineMillis: 60_000)
        stranger.send(Stranger.frame(FrameHeader(.goodbye)) { GoodbyePayload(.stopping).encode(to: &$0) })
        await daemon.journal.wait(for: "hold 1")
        try await daemon.run { _ = $0.held[0].answer.send(HoldAnswer(outcome: .granted, free: .zero)) }
        #expect(stranger.next()?.kind == .response)
        #expect(stranger.next() == nil)
        await daemon.journal.wait(for: "closed gatewayd: closed here")
        try await daemon.stop()
    }
}
