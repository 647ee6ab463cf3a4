// Peers that break the protocol: told why, reported, closed.

import NIOCore
import NIOPosix
import Testing

@testable import IPC

@Suite(.timeLimit(.minutes(5))) struct FaultTests {
    /// Sends `bytes` (after a hello when `greeted`) and expects to be told of a fault, closed, and reported.
    private func expectFault(_ fault: FrameFault, greeted: Bool = true, _ bytes: [UInt8]) async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        if greeted { stranger.greet() }
        stranger.send(bytes)
        let told = try #require(stranger.next())
        #expect(told.failure == .protocolFault)
        #expect(told.call == 0)
        #expect(String(decoding: told.payload.dropFirst(4), as: UTF8.self) == "\(fault)")
        #expect(stranger.next() == nil)
        await daemon.journal.wait(for: (greeted ? "closed gatewayd: " : "refused: ") + "protocol fault: \(fault)")
        #expect(CloseReason.fault(fault).isAlarming)
        try await daemon.stop()
    }

    @Test func httpIsNotAHello() async throws {
        try await expectFault(.lengthTooLarge(0x2054_4547), greeted: false, Array("GET / HTTP/1.1\r\n\r\n".utf8))
    }

    @Test func requestBeforeTheHelloIsAFault() async throws {
        let request = Stranger.frame(FrameHeader(.request, message: 1, call: 1)) { $0.u64(1) }
        try await expectFault(.unexpectedKind(.request), greeted: false, request)
    }

    @Test func helloWithoutTheMagicNumberIsAFault() async throws {
        let hello = Stranger.frame(FrameHeader(.hello)) { writer in for _ in 0..<4 { writer.u64(0) } }
        try await expectFault(.badHello, greeted: false, hello)
    }

    @Test func helloOfAnUnknownRoleIsAFault() async throws {
        let hello = Stranger.frame(FrameHeader(.hello)) { writer in
            Hello(versions: .ours, identity: testGateway).encode(to: &writer)
        }
        try await expectFault(.badHello, greeted: false, hello[..<28] + [99] + hello[29...])
    }

    @Test func secondHelloIsAFault() async throws {
        let hello = Stranger.frame(FrameHeader(.hello)) { writer in
            Hello(versions: .ours, identity: testGateway).encode(to: &writer)
        }
        try await expectFault(.unexpectedKind(.hello), hello)
    }

    @Test func answersSentToTheAnswererAreFaults() async throws {
        for kind in [FrameKind.response, .streamItem, .streamEnd] {
            try await expectFault(.unexpectedKind(kind), Stranger.frame(FrameHeader(kind, message: 0x0104, call: 1)))
        }
    }

    @Test func callNumberThatDoesNotGrowIsAFault() async throws {
        let zero = Stranger.frame(FrameHeader(.request, message: 1, call: 0)) { $0.u64(1) }
        try await expectFault(.callNumberNotGrowing(0), zero)
    }

    @Test func frameAboveTheLimitIsAFault() async throws {
        try await expectFault(.lengthTooLarge(0x0010_0011), [0x11, 0, 0x10, 0])
    }

    @Test func unknownKindIsAFault() async throws {
        try await expectFault(.unknownKind(77), [16, 0, 0, 0, 77] + [UInt8](repeating: 0, count: 15))
    }

    @Test func itemBeyondTheWindowEndsTheConnectionOfARogueDaemon() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path, as: testOperator)
        try await client.run { wallet in
            _ = wallet.link.stream(AuditRequest(), grants: .byHand, item: { _ in }) { _ in }
        }
        await daemon.journal.wait(for: "audit")
        try await daemon.run { daemon in
            // Past the window by going around it: the table believes that more was granted.
            let call = daemon.streams[0].call
            call.connection.calls[call.slot]?.window = 200
            for _ in 0..<100 { daemon.streams[0].send(AuditItem(checked: 0, total: 0)) }
        }
        await client.journal.wait(for: "disconnected: protocol fault: windowBroken")
        await daemon.journal.wait { lines in lines.contains { $0.contains("turned away by peer: protocolFault") } }
        try await client.stop()
        try await daemon.stop()
    }

    @Test func streamEndForACallThatIsNoStreamIsAFaultOfTheDaemon() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        async let lost = client.hold(testHold(1, tenant: "later"), deadline: .seconds(30))
        await daemon.journal.wait(for: "hold 1")
        try await daemon.run { _ = $0.held[0].answer.call.finish(.streamEnd) { $0.u8(0) } }
        #expect(await lost == .failure(.connectionLost))
        await client.journal.wait(for: "disconnected: protocol fault: unexpectedKind(IPC.FrameKind.streamEnd)")
        try await client.stop()
        try await daemon.stop()
    }

    @Test func answerThatCanNotBeReadFailsItsCallAndIsReported() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path)
        async let failed = client.hold(testHold(1, tenant: "later"), deadline: .seconds(30))
        await daemon.journal.wait(for: "hold 1")
        try await daemon.run { _ = $0.held[0].answer.call.finish(.response) { $0.u16(999) } }
        #expect(await failed == .failure(.malformedAnswer(.badNumber)))
        await client.journal.wait(for: "malformed wallet.hold: badNumber")
        #expect(await client.hold(testHold(2)).failure == nil)
        try await client.stop()
        try await daemon.stop()
    }

    @Test func peerThatNeverReadsStopsBeingReadAndLosesNothing() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet()
        // Far more pings than sockets and water marks hold: if the daemon went on reading, all of them would be taken.
        let count = 150_000
        var bytes: [UInt8] = []
        for call in 1...UInt64(count) {
            bytes += Stranger.frame(FrameHeader(.request, message: 1, call: call)) { $0.u64(call) }
        }
        var sent = 0
        var refusals = 0
        while sent < bytes.count, refusals < 200 {
            let more = stranger.sendSome(bytes[sent...])
            sent += more
            refusals = more == 0 ? refusals + 1 : 0
            if more == 0 { await Task.yield() }
        }
        #expect(sent < bytes.count)
        let whole = sent / 28
        for call in 1...UInt64(whole) { #expect(stranger.next()?.call == call) }
        try await daemon.stop()
    }
}
