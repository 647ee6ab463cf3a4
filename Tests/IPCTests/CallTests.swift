// Calls over real sockets: multiplexing, deadlines, cancellation, bounds.

import Money
import NIOCore
import NIOPosix
import Tenancy
import Testing

@testable import IPC

@Suite(.timeLimit(.minutes(5))) struct CallTests {
    @Test func answersFindTheirCallsInWhateverOrderTheyCome() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        async let results = withTaskGroup(of: (UInt64, Result<HoldAnswer, CallFailure>).self) { group in
            for number in 1...200 {
                group.addTask {
                    (
                        UInt64(number),
                        await client.hold(testHold(UInt64(number), tenant: "later"), deadline: .seconds(30))
                    )
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        await daemon.journal.wait { $0.filter { $0.hasPrefix("hold ") }.count == 200 }
        try await daemon.run { daemon in
            for (request, answer) in daemon.held.reversed() {
                answer.send(HoldAnswer(outcome: .granted, free: Micros(Int64(request.hold))))
            }
        }
        for (number, result) in await results {
            #expect(result == .success(HoldAnswer(outcome: .granted, free: Micros(Int64(number)))))
        }
        try await client.stop()
        try await daemon.stop()
    }

    @Test func deadlinePassesAtTheAskerWhoTellsTheAnswerer() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        let result = await client.hold(testHold(1, tenant: "later"), deadline: .milliseconds(20))
        let own = result == .failure(.deadlineExceeded)
        #expect(own || result == .failure(.refused(.deadlineExceeded, "")))
        await daemon.journal.wait(for: "abandoned 1")
        let late = try await daemon.run { $0.held[0].answer.send(HoldAnswer(outcome: .granted, free: .zero)) }
        #expect(!late)
        #expect(await client.hold(testHold(2)) == .success(HoldAnswer(outcome: .granted, free: Micros(2))))
        try await client.stop()
        try await daemon.stop()
    }

    @Test func deadlinePassesAtTheAnswererToo() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        stranger.ask(testHold(1, tenant: "later"), call: 5, deadlineMillis: 20)
        let frame = try #require(stranger.next())
        #expect(frame.failure == .deadlineExceeded)
        #expect(frame.call == 5 && frame.message == MessageNumber.walletHold.rawValue)
        await daemon.journal.wait(for: "abandoned 1")
        try await daemon.stop()
    }

    @Test func earlierDeadlineOfALaterCallRingsFirst() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        async let slow = client.hold(testHold(1, tenant: "later"), deadline: .seconds(30))
        await daemon.journal.wait(for: "hold 1")
        let quick = await client.hold(testHold(2, tenant: "later"), deadline: .milliseconds(20))
        #expect(quick.failure != nil)
        try await daemon.run { _ = $0.held[0].answer.send(HoldAnswer(outcome: .granted, free: Micros(9))) }
        #expect(await slow == .success(HoldAnswer(outcome: .granted, free: Micros(9))))
        try await client.stop()
        try await daemon.stop()
    }

    @Test func cancelledCallEndsAtOnceOnBothSides() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        let result = await withCheckedContinuation { continuation in
            client.loop.execute {
                let ticket = client.wallet.value.hold(testHold(4, tenant: "later")) {
                    continuation.resume(returning: $0)
                }
                ticket.cancel()
                ticket.cancel()
            }
        }
        #expect(result == .failure(.cancelled))
        #expect(await client.hold(testHold(5)).failure == nil)
        let cancelled = await daemon.journal.wait { $0.contains("hold 5") }
        #expect(cancelled.filter { $0 == "abandoned 4" }.count == (cancelled.contains("hold 4") ? 1 : 0))
        try await client.stop()
        try await daemon.stop()
    }

    @Test func callBeyondTheBoundFailsHereAndIsNotSent() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        await client.journal.wait(for: "connected walletd 1 version 1")
        let failure = try await client.run { wallet in
            for number in 1...IPCLimits.callsInFlight {
                wallet.hold(testHold(UInt64(number), tenant: "later"), deadline: .seconds(60)) { _ in }
            }
            var failure: CallFailure?
            wallet.hold(testHold(5000, tenant: "later")) { failure = $0.failure }
            return failure
        }
        #expect(failure == .tooManyInFlight)
        await daemon.journal.wait(for: "hold \(IPCLimits.callsInFlight)")
        try await client.stop()
        try await daemon.stop()
    }

    @Test func floodBeyondTheBoundIsAnsweredOverloaded() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        for number in 1...(IPCLimits.callsInFlight + 3) {
            stranger.ask(testHold(UInt64(number), tenant: "later"), call: UInt64(number), deadlineMillis: 60_000)
        }
        for number in 1...3 {
            let frame = try #require(stranger.next())
            #expect(frame.failure == .overloaded)
            #expect(frame.call == UInt64(IPCLimits.callsInFlight + number))
        }
        let held = try await daemon.run { $0.held.count }
        #expect(held == IPCLimits.callsInFlight)
        try await daemon.stop()
    }

    @Test func fieldThatIsTooLongFailsTheCallAndNotTheConnection() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        await client.journal.wait(for: "connected walletd 1 version 1")
        let note = String(repeating: "x", count: FieldLimits.note + 1)
        let failure = try await client.run { wallet in
            var failure: CallFailure?
            let credit = CreditRequest(
                amount: Micros(1), at: UnixMillis(0), reference: machineReference, tenant: TenantID("acme")!, note: note
            )
            wallet.credit(credit) { failure = $0.failure }
            return failure
        }
        #expect(failure == .fieldTooLong)
        #expect(await client.hold(testHold(1)).failure == nil)
        try await client.stop()
        try await daemon.stop()
    }

    @Test func answerThatIsTooLargeBecomesAFailure() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let wallet = await AsyncWalletClient(
            path: path, eventLoop: TestLoops.group.next(), identity: testOperator, settings: .patient)
        let failure = await #expect(throws: CallFailure.self) {
            try await wallet.history(HistoryRequest(tenant: TenantID("acme")!, before: nil, limit: 1))
        }
        guard case .refused(.tooLarge, _) = failure else { Issue.record("\(String(describing: failure))"); return }
        await wallet.stop()
        try await daemon.stop()
    }

    @Test func messageTheRoleMayNotAskIsNotPermitted() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path, as: testOperator)
        #expect(await client.hold(testHold(1)) == .failure(.refused(.notPermitted, "")))
        try await client.stop()
        try await daemon.stop()
    }

    @Test func messageWithoutARowIsUnknown() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        for (call, message) in [UInt16(0x0106), 0x01FF, 0x0201, 0x0000, 0xFFFF].enumerated() {
            stranger.send(Stranger.frame(FrameHeader(.request, message: message, call: UInt64(call + 1))))
            #expect(stranger.next()?.failure == .unknownMessage)
        }
        try await daemon.stop()
    }

    @Test func malformedRequestIsAnsweredAndReportedAndTheConnectionLives() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        stranger.send(Stranger.frame(FrameHeader(.request, message: 0x0104, call: 1)) { $0.u64(1) })
        #expect(stranger.next()?.failure == .malformed)
        await daemon.journal.wait(for: "malformed wallet.hold: truncated")
        stranger.ask(testHold(2), call: 2)
        #expect(stranger.next()?.kind == .response)
        try await daemon.stop()
    }

    @Test func pingIsAnsweredByTheTableItself() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet(.mediad)
        stranger.ask(PingRequest(token: 0x0102_0304_0506_0708), call: 1)
        #expect(stranger.next()?.payload == [8, 7, 6, 5, 4, 3, 2, 1])
        try await daemon.stop()
    }

    @Test func trailingFieldsOfANewerRequestAreSkipped() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        stranger.ask(testHold(3), call: 1, trailing: [1, 2, 3, 4, 5])
        #expect(stranger.next()?.kind == .response)
        try await daemon.stop()
    }
}
