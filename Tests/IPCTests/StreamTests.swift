// Server streams over real sockets: windows, slow readers, ends.

import Money
import NIOCore
import NIOPosix
import Testing

@testable import IPC

@Suite(.timeLimit(.minutes(5))) struct StreamTests {
    private func item(_ number: Int) -> AuditItem { AuditItem(checked: UInt64(number), total: 0) }

    /// Sends items from `number` on until the window closes; the first that was not sent.
    private static func fill(_ stream: StreamAnswer<AuditItem, AuditEnd>, from number: Int, upTo last: Int) -> Int {
        var number = number
        while number < last, stream.send(AuditItem(checked: UInt64(number), total: 0)) == .sent { number += 1 }
        return number
    }

    private static let end = AuditEnd(sound: true, entries: 1, wallets: 1, sum: .zero, findings: [])

    @Test func readerThatKeepsUpGetsEveryItemInOrderAndThenTheEnd() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let client = try await TestClient.start(path, as: testOperator)
        async let received = withCheckedContinuation { (done: CheckedContinuation<[UInt64], Never>) in
            client.loop.execute {
                let box = NIOLoopBoundBox([UInt64](), eventLoop: client.loop)
                client.wallet.value.audit(AuditRequest(), item: { box.value.append($0.checked) }) { end in
                    #expect(end == .success(Self.end))
                    done.resume(returning: box.value)
                }
            }
        }
        await daemon.journal.wait(for: "audit")
        try await daemon.run { daemon in
            let stream = daemon.streams[0]
            let next = NIOLoopBoundBox(0, eventLoop: daemon.loop)
            let pump = {
                next.value = Self.fill(stream, from: next.value, upTo: 1000)
                if next.value == 1000 { stream.end(Self.end) }
            }
            stream.whenWindowOpens(pump)
            pump()
            #expect(next.value == Int(IPCLimits.initialWindow))
        }
        #expect(await received == (0..<1000).map(UInt64.init))
        try await client.stop()
        try await daemon.stop()
    }

    @Test func readerThatGrantsNothingGetsOneWindowAndNoMore() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet(.weirctl)
        stranger.send(Stranger.frame(FrameHeader(.request, message: 0x010A, call: 1)))
        await daemon.journal.wait(for: "audit")
        let sends = try await daemon.run { daemon in
            (0..<100).map { daemon.streams[0].send(AuditItem(checked: UInt64($0), total: 0)) }
        }
        #expect(sends.filter { $0 == .sent }.count == Int(IPCLimits.initialWindow))
        #expect(sends.last == .windowClosed)
        for number in 0..<UInt64(IPCLimits.initialWindow) {
            #expect(stranger.next()?.payload.first == UInt8(number))
        }
        let update = FrameHeader(.windowUpdate, message: 0x010A, call: 1)
        stranger.send(Stranger.frame(update) { WindowPayload(items: 2).encode(to: &$0) })
        await daemon.journal.wait(for: "window")
        let more = try await daemon.run { daemon in
            (0..<3).map { _ in daemon.streams[0].send(AuditItem(checked: 0, total: 0)) }
        }
        #expect(more == [.sent, .sent, .windowClosed])
        try await daemon.stop()
    }

    @Test func awaitingReaderHoldsAtMostOneWindow() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        try await daemon.run { daemon in
            daemon.onAudit = { daemon.journal.note("sent \(Self.fill($0, from: 0, upTo: 500))") }
        }
        let wallet = await AsyncWalletClient(
            path: path, eventLoop: TestLoops.group.next(), identity: testOperator, settings: .patient)
        let items = wallet.audit().makeAsyncIterator()
        let window = Int(IPCLimits.initialWindow)
        #expect(try await items.next() == item(0))
        await daemon.journal.wait(for: "sent \(window)")
        for number in 1..<window {
            let next = try await items.next()
            #expect(next == item(number))
        }
        await daemon.journal.wait(for: "window", count: window)
        try await daemon.run { _ = $0.streams[0].end(Self.end) }
        let last = try await items.next()
        #expect(last == nil)
        #expect(items.end == Self.end)
        await wallet.stop()
        try await daemon.stop()
    }

    @Test func iteratorThatGoesAwayCancelsTheStream() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        try await daemon.run { $0.onAudit = { $0.send(AuditItem(checked: 0, total: 0)) } }
        let wallet = await AsyncWalletClient(
            path: path, eventLoop: TestLoops.group.next(), identity: testOperator, settings: .patient)
        for try await first in wallet.audit() {
            #expect(first == item(0))
            break
        }
        await daemon.journal.wait(for: "audit abandoned")
        let after = try await daemon.run { $0.streams[0].send(AuditItem(checked: 1, total: 0)) }
        #expect(after == .callEnded)
        await wallet.stop()
        try await daemon.stop()
    }

    @Test func streamThatFailsThrows() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        try await daemon.run { $0.onAudit = { $0.fail(.unavailable, "disk") } }
        let wallet = await AsyncWalletClient(
            path: path, eventLoop: TestLoops.group.next(), identity: testOperator, settings: .patient)
        await #expect(throws: CallFailure.refused(.unavailable, "disk")) {
            for try await _ in wallet.audit() { Issue.record("an item came") }
        }
        await wallet.stop()
        try await daemon.stop()
    }

    @Test func windowBeyondItsLimitIsAFault() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        for items: UInt32 in [4033, .max, 0] {
            let stranger = try #require(Stranger(path))
            stranger.greet(.weirctl)
            stranger.send(Stranger.frame(FrameHeader(.request, message: 0x010A, call: 1)))
            let update = FrameHeader(.windowUpdate, message: 0x010A, call: 1)
            stranger.send(Stranger.frame(update) { WindowPayload(items: items).encode(to: &$0) })
            #expect(stranger.next()?.failure == .protocolFault)
            #expect(stranger.next() == nil)
        }
        try await daemon.stop()
    }

    @Test func itemAboveItsSizeFailsTheStream() async throws {
        let path = TestLoops.freshPath()
        let daemon = try await TestDaemon.start(path)
        let stranger = try #require(Stranger(path))
        stranger.greet(.weirctl)
        stranger.send(Stranger.frame(FrameHeader(.request, message: 0x010A, call: 1)))
        await daemon.journal.wait(for: "audit")
        let sent = try await daemon.run { daemon in
            daemon.streams[0].call.sendItem { writer in for _ in 0...2048 { writer.u64(0) } }
        }
        #expect(sent == .callEnded)
        #expect(stranger.next()?.failure == .tooLarge)
        try await daemon.stop()
    }
}
