// A daemon's answer for a backup: one at a time, in order, no faster than it is taken, and nothing is left in its folder.

import Glibc
import NIOCore
import NIOPosix
import Support
import Synchronization
import Tenancy
import Testing

@testable import IPC

/// A daemon that can do nothing but backups of bytes the test gives it.
private final class CopyingDaemon: Sendable {
    let folder = ScratchFolder("duty")
    let client: AsyncWalletClient
    private let loop: any EventLoop
    private let parts: NIOLoopBound<(duty: BackupDuty, listener: Listener)>
    private let orders: OrderBox

    var socket: String { folder.path + "/s" }
    var copy: String { folder.path + "/copy" }

    init(stallLimit: TimeAmount = BackupDuty.stallLimit) async throws {
        let loop = TestLoops.group.next()
        self.loop = loop
        let (path, copy, orders) = (folder.path + "/s", folder.path + "/copy", OrderBox())
        parts = try await loop.flatSubmit {
            let duty = BackupDuty(path: copy, build: "test 1", eventLoop: loop, stallLimit: stallLimit)
            let table = ServiceTable(
                owner: .walletd,
                [
                    .stream(WalletBackupRequest.self, from: .weirctl, within: nil) { _, stream in
                        duty.serve(stream) { order in orders.take(order) }
                    }
                ])
            let listener = Listener(
                .path(path), eventLoop: loop, table: table,
                identity: PeerIdentity(role: .walletd, instance: 1, build: "test 1"), policy: .development(),
                observer: { _ in })
            let bound = NIOLoopBound((duty: duty, listener: listener), eventLoop: loop)
            return listener.start().map { bound }
        }.get()
        self.orders = orders
        client = await Self.asker(path)
    }

    static func asker(_ path: String, as role: PeerRole = .weirctl) async -> AsyncWalletClient {
        await AsyncWalletClient(
            path: path, eventLoop: TestLoops.group.next(),
            identity: PeerIdentity(role: role, instance: 2, build: "test"), settings: .patient)
    }

    /// The next copy that is ordered.
    func order() async -> CopyOrder { await orders.next() }

    /// Makes the ordered copy of these bytes.
    func make(_ bytes: [UInt8]) async {
        let order = await order()
        Self.write(bytes, to: order.path)
        order.done(.success(()))
    }

    static func write(_ bytes: [UInt8], to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        #expect(Glibc.write(file, bytes, bytes.count) == bytes.count)
        close(file)
    }

    var hasCopy: Bool { access(copy, F_OK) == 0 }

    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (BackupDuty, Listener) -> Value) async throws -> Value {
        try await loop.submit { [parts] in body(parts.value.duty, parts.value.listener) }.get()
    }

    /// Looks again and again on the daemon's own loop.
    func untilAbandoned(_ order: CopyOrder) async throws {
        let promise = loop.makePromise(of: Void.self)
        look(order, promise)
        try await promise.futureResult.get()
    }

    private func look(_ order: CopyOrder, _ promise: EventLoopPromise<Void>) {
        loop.scheduleTask(in: .milliseconds(1)) { [self] in
            order.isAbandoned() ? promise.succeed() : look(order, promise)
        }
    }

    func whenIdle() async throws { try await loop.flatSubmit { [parts] in parts.value.duty.whenIdle() }.get() }

    func drain() async throws { try await loop.flatSubmit { [parts] in parts.value.listener.drain() }.get() }

    func stop() async throws {
        await client.stop()
        try await onLoop { _, listener in listener.close() }
        try await whenIdle()
    }
}

/// Orders on their way from the event loop to the test.
private final class OrderBox: Sendable {
    private let state = Mutex<(orders: [CopyOrder], waiter: CheckedContinuation<CopyOrder, Never>?)>(([], nil))

    func take(_ order: CopyOrder) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil { state.orders.append(order) }
            return state.waiter
        }
        waiter?.resume(returning: order)
    }

    func next() async -> CopyOrder {
        await withCheckedContinuation { continuation in
            let order = state.withLock { state -> CopyOrder? in
                if state.orders.isEmpty { state.waiter = continuation }
                return state.orders.isEmpty ? nil : state.orders.removeFirst()
            }
            if let order { continuation.resume(returning: order) }
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct BackupDutyTests {
    private func bytes(_ count: Int) -> [UInt8] {
        var random = SeededRandom.forTest()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// Why there is no backup.
    private func failure(_ stream: CallStream<WalletBackupRequest>) async -> CallFailure? {
        do throws(CallFailure) {
            _ = try await receive(stream.makeAsyncIterator())
            return nil
        } catch {
            return error
        }
    }

    private func contents(_ stream: CallStream<WalletBackupRequest>) async throws(CallFailure) -> [UInt8] {
        try await receive(stream.makeAsyncIterator()).bytes
    }

    private func receive(
        _ items: CallStream<WalletBackupRequest>.Iterator
    ) async throws(CallFailure) -> (bytes: [UInt8], end: BackupEnd?) {
        var received: [UInt8] = []
        while let chunk = try await items.next() {
            #expect(chunk.offset == UInt64(received.count))
            received += chunk.bytes
        }
        return (received, items.end)
    }

    @Test(arguments: [0, 1, FieldLimits.chunk, FieldLimits.chunk + 1, 4 * FieldLimits.chunk, 3_000_000])
    func everyByteArrivesOnceAndTheSumIsTheirs(count: Int) async throws {
        let daemon = try await CopyingDaemon()
        let content = bytes(count)
        async let making: Void = daemon.make(content)
        let (received, end) = try await receive(daemon.client.backup().makeAsyncIterator())
        await making
        #expect(received == content)
        var sum = FileSum()
        sum.feed(content)
        #expect(end?.size == UInt64(count))
        #expect(end?.sum == sum.value)
        #expect(end?.build == "test 1")
        #expect(!daemon.hasCopy)
        try await daemon.stop()
    }

    /// FNV-1a's published vectors (draft-eastlake-fnv, appendix).
    @Test(arguments: [
        ("", UInt64(0xcbf2_9ce4_8422_2325)), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
    ])
    func sumIsThePublishedOne(text: String, value: UInt64) {
        var sum = FileSum()
        for byte in text.utf8 { sum.feed([byte]) }
        #expect(sum.value == value)
    }

    @Test func aSecondBackupIsRefusedWhileOneRunsAndMadeAfterIt() async throws {
        let daemon = try await CopyingDaemon()
        async let first = contents(daemon.client.backup())
        let order = await daemon.order()
        #expect(await failure(daemon.client.backup()) == .refused(.overloaded, "a backup is being made already"))
        CopyingDaemon.write([1, 2, 3], to: order.path)
        order.done(.success(()))
        #expect(try await first == [1, 2, 3])
        try await daemon.whenIdle()
        async let making: Void = daemon.make([4])
        #expect(try await contents(daemon.client.backup()) == [4])
        await making
        try await daemon.stop()
    }

    @Test func aCopyThatFailsIsToldAndRemoved() async throws {
        let daemon = try await CopyingDaemon()
        async let failed = failure(daemon.client.backup())
        let order = await daemon.order()
        CopyingDaemon.write([1], to: order.path)
        order.done(.failure(CopyFailure(.unavailable, "no room")))
        let error = await failed
        #expect(error == .refused(.unavailable, "no room"))
        try await daemon.whenIdle()
        #expect(!daemon.hasCopy)
        try await daemon.stop()
    }

    @Test func aCopyThatIsNotThereIsAFailure() async throws {
        let daemon = try await CopyingDaemon()
        async let failed = failure(daemon.client.backup())
        await daemon.order().done(.success(()))
        let error = await failed
        guard case .refused(.unavailable, let text) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(text.contains("open"))
        try await daemon.stop()
    }

    @Test func anAskerThatGoesAwayAbandonsTheCopy() async throws {
        let daemon = try await CopyingDaemon()
        let other = await CopyingDaemon.asker(daemon.socket)
        async let failed = failure(other.backup())
        let order = await daemon.order()
        #expect(!order.isAbandoned())
        await other.stop()
        #expect(await failed != nil)
        // The daemon notices on its loop; the copying thread would look between two portions.
        try await daemon.untilAbandoned(order)
        CopyingDaemon.write([1], to: order.path)
        order.done(.failure(CopyFailure(.cancelled, "")))
        try await daemon.whenIdle()
        #expect(!daemon.hasCopy)
        try await daemon.stop()
    }

    @Test func anAskerThatTakesNothingIsGivenUp() async throws {
        let daemon = try await CopyingDaemon(stallLimit: .milliseconds(50))
        let loop = TestLoops.group.next()
        let path = daemon.socket
        async let making: Void = daemon.make(bytes(3_000_000))
        let failure = await withCheckedContinuation { (done: CheckedContinuation<CallFailure?, Never>) in
            loop.execute {
                let link = ClientLink(
                    path: path, eventLoop: loop, identity: PeerIdentity(role: .weirctl, instance: 3, build: "slow"),
                    expecting: .walletd, settings: .patient, observer: { _ in })
                link.start()
                link.stream(WalletBackupRequest(), grants: .byHand, item: { _ in }) { end in
                    done.resume(returning: end.failure)
                    link.stop()
                }
            }
        }
        await making
        guard case .refused(.deadlineExceeded, _) = failure else {
            return #expect(Bool(false), "\(String(describing: failure))")
        }
        try await daemon.whenIdle()
        #expect(!daemon.hasCopy)
        try await daemon.stop()
    }

    @Test func aDaemonThatStopsEndsTheBackup() async throws {
        let daemon = try await CopyingDaemon()
        async let failed = failure(daemon.client.backup())
        let order = await daemon.order()
        async let drained: Void = daemon.drain()
        let error = await failed
        #expect(error == .refused(.draining, ""))
        try await drained
        #expect(order.isAbandoned())
        order.done(.failure(CopyFailure(.cancelled, "")))
        try await daemon.whenIdle()
        await daemon.client.stop()
    }

    @Test func onlyAnOperatorMayAsk() async throws {
        let daemon = try await CopyingDaemon()
        for role in PeerRole.allCases where role != .weirctl {
            let stranger = await CopyingDaemon.asker(daemon.socket, as: role)
            let error = await failure(stranger.backup())
            guard case .refused(.notPermitted, _) = error else {
                return #expect(Bool(false), "\(role): \(String(describing: error))")
            }
            await stranger.stop()
        }
        try await daemon.stop()
    }
}
