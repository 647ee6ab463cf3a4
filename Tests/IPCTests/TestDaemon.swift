// TestDaemon: a walletd without a wallet, and the journal that tests wait on.
//
// For: the transport tests. It grants every hold with the hold's number as free balance, keeps those of the tenant
// `later` until it is told to answer, and keeps every audit's stream. Nothing sleeps: tests wait for lines of the
// journal.

import Glibc
import Money
import NIOCore
import NIOPosix
import Tenancy
import Testing

@testable import IPC

/// What happened, in order, and who waits for it. Touched on its event loop only.
final class Journal: @unchecked Sendable {
    private let loop: any EventLoop
    private var lines: [String] = []
    private var waiters: [Int: (enough: ([String]) -> Bool, continuation: CheckedContinuation<[String], Never>)] = [:]
    private var waits = 0

    init(_ loop: any EventLoop) { self.loop = loop }

    func note(_ line: String) {
        loop.preconditionInEventLoop()
        lines.append(line)
        for (number, waiter) in waiters where waiter.enough(lines) { resume(number) }
    }

    /// Waits until the lines are enough, and gives them. After thirty seconds it gives up and says what there was.
    @discardableResult
    func wait(
        until enough: @escaping @Sendable ([String]) -> Bool, at location: SourceLocation = #_sourceLocation
    ) async -> [String] {
        await withCheckedContinuation { continuation in
            loop.execute { [self] in
                if enough(lines) { return continuation.resume(returning: lines) }
                waits += 1
                waiters[waits] = (enough, continuation)
                let number = waits
                loop.scheduleTask(in: .seconds(30)) { [self] in giveUp(number, location) }
            }
        }
    }

    private func giveUp(_ number: Int, _ location: SourceLocation) {
        guard waiters[number] != nil else { return }
        Issue.record("waited in vain; there was only \(lines)", sourceLocation: location)
        resume(number)
    }

    private func resume(_ number: Int) {
        waiters.removeValue(forKey: number)?.continuation.resume(returning: lines)
    }

    /// Waits for a line, `count` times.
    func wait(for line: String, count: Int = 1, at location: SourceLocation = #_sourceLocation) async {
        await wait(until: { lines in lines.filter { $0 == line }.count >= count }, at: location)
    }
}

/// The threads of all transport tests.
enum TestLoops {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    /// A socket path of this test alone.
    static func freshPath() -> String {
        var template = Array("/tmp/weir-ipc-XXXXXX".utf8CString)
        _ = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self) + "/s"
    }
}

/// A listener with a table of its own. Touched on its event loop only.
final class TestDaemon: @unchecked Sendable {
    let loop: any EventLoop
    let journal: Journal
    private(set) lazy var listener = makeListener(self)
    private let makeListener: (TestDaemon) -> Listener
    /// Holds of the tenant `later`, not answered yet.
    var held: [(request: HoldRequest, answer: Answer<HoldAnswer>)] = []
    var streams: [StreamAnswer<AuditItem, AuditEnd>] = []
    var peers: [PeerConnection] = []
    /// What to do with an audit as soon as it is asked for.
    var onAudit: (StreamAnswer<AuditItem, AuditEnd>) -> Void = { _ in }

    private init(_ loop: any EventLoop, _ makeListener: @escaping (TestDaemon) -> Listener) {
        self.loop = loop
        self.makeListener = makeListener
        journal = Journal(loop)
    }

    /// Starts a daemon at `path`.
    static func start(
        _ path: String, role: PeerRole = .walletd, policy: PeerPolicy = .development(),
        versions: ProtocolVersions = .ours, helloDeadline: TimeAmount = IPCLimits.helloDeadline, instance: UInt64 = 1
    ) async throws -> TestDaemon {
        try await start(
            .path(path), role: role, policy: policy, versions: versions, helloDeadline: helloDeadline,
            instance: instance)
    }

    static func start(
        _ address: ListenAddress, role: PeerRole = .walletd, policy: PeerPolicy = .development(),
        versions: ProtocolVersions = .ours, helloDeadline: TimeAmount = IPCLimits.helloDeadline, instance: UInt64 = 1
    ) async throws -> TestDaemon {
        let loop = TestLoops.group.next()
        let daemon = TestDaemon(loop) { daemon in
            Listener(
                address, eventLoop: loop, table: daemon.table(),
                identity: PeerIdentity(role: role, instance: instance, build: "test"), policy: policy,
                versions: versions, helloDeadline: helloDeadline, observer: { daemon.saw($0) })
        }
        try await loop.flatSubmit { daemon.listener.start() }.get()
        return daemon
    }

    /// Runs `body` on the daemon's loop.
    @discardableResult
    func run<Value: Sendable>(_ body: @escaping @Sendable (TestDaemon) throws -> Value) async throws -> Value {
        try await loop.submit { [self] in try body(self) }.get()
    }

    func drain() async throws { try await loop.flatSubmit { [self] in listener.drain() }.get() }

    /// Ends everything and frees the path for a successor.
    func stop() async throws {
        try await run { $0.listener.close() }
        try await drain()
    }

    private func saw(_ event: ListenerEvent) {
        switch event {
        case .connected(let peer):
            peers.append(peer)
            journal.note("connected \(peer.identity.role)")
        case .closed(let peer, let reason): journal.note("closed \(peer.identity.role): \(reason)")
        case .refused(_, let reason): journal.note("refused: \(reason)")
        case .malformed(_, let message, let fault): journal.note("malformed \(message): \(fault)")
        }
    }

    private func table() -> ServiceTable {
        ServiceTable(
            owner: .walletd,
            [
                .call(HoldRequest.self, from: .gatewayd, within: .seconds(1)) { [self] in hold($0, $1) },
                .call(AssertHoldRequest.self, from: .gatewayd, within: .seconds(1)) { [self] request, answer in
                    journal.note("assert \(request.hold.hold)")
                    answer.send(HoldAnswer(outcome: .granted, free: .zero))
                },
                .call(HistoryRequest.self, from: [.gatewayd, .cronjobd, .weirctl], within: .seconds(5)) { _, answer in
                    answer.send(HistoryAnswer(next: nil, entries: [Self.oversizedEntry]))
                },
                .stream(AuditRequest.self, from: [.cronjobd, .weirctl], within: .minutes(10)) { [self] _, stream in
                    streams.append(stream)
                    stream.onAbandoned { [self] in journal.note("audit abandoned") }
                    stream.whenWindowOpens { [self] in journal.note("window") }
                    journal.note("audit")
                    onAudit(stream)
                },
            ])
    }

    private func hold(_ request: HoldRequest, _ answer: Answer<HoldAnswer>) {
        journal.note("hold \(request.hold)")
        guard request.tenant.text == "later" else {
            answer.send(HoldAnswer(outcome: .granted, free: Micros(Int64(request.hold))))
            return
        }
        answer.onAbandoned { [self] in journal.note("abandoned \(request.hold)") }
        held.append((request, answer))
    }

    /// An entry whose note is longer than a note may be: an answer that can not be sent.
    private static let oversizedEntry = HistoryEntry(
        kind: .credit, amount: .zero, at: UnixMillis(0), reference: machineReference, original: nil, budget: nil,
        note: String(repeating: "x", count: FieldLimits.note + 1))
}

/// A gatewayd of the tests.
let testGateway = PeerIdentity(role: .gatewayd, instance: 7, build: "test")
/// An operator of the tests.
let testOperator = PeerIdentity(role: .weirctl, instance: 8, build: "test")

extension LinkSettings {
    /// For tests that are not about patience: a busy machine takes more than the usual second to connect.
    static let patient = LinkSettings(seed: 1, patience: .seconds(50))
}

/// A hold by number.
func testHold(_ number: UInt64, tenant: String = "acme") -> HoldRequest {
    HoldRequest(
        hold: number, amount: Micros(1), cap: nil, policy: .reserve, tenant: TenantID(tenant)!, budget: nil)
}

/// A wallet client whose events go to a journal.
struct TestClient: Sendable {
    let loop: any EventLoop
    let journal: Journal
    let wallet: NIOLoopBound<WalletClient>

    static func start(
        _ path: String, as identity: PeerIdentity = testGateway, patience: TimeAmount = .seconds(20),
        change: @escaping @Sendable (inout LinkSettings) -> Void = { _ in }
    ) async throws -> TestClient {
        let loop = TestLoops.group.next()
        let journal = Journal(loop)
        var settings = LinkSettings(seed: 1, patience: patience)
        change(&settings)
        let wallet = try await loop.submit { [settings] in
            let client = WalletClient(path: path, eventLoop: loop, identity: identity, settings: settings) { event in
                journal.note(Self.line(event))
            }
            client.start()
            return NIOLoopBound(client, eventLoop: loop)
        }.get()
        return TestClient(loop: loop, journal: journal, wallet: wallet)
    }

    @discardableResult
    func run<Value: Sendable>(_ body: @escaping @Sendable (WalletClient) throws -> Value) async throws -> Value {
        try await loop.submit { try body(wallet.value) }.get()
    }

    /// Asks for a hold and waits for its end.
    func hold(
        _ request: HoldRequest, deadline: TimeAmount? = nil
    ) async -> Result<HoldAnswer, CallFailure> {
        await withCheckedContinuation { continuation in
            loop.execute { wallet.value.hold(request, deadline: deadline) { continuation.resume(returning: $0) } }
        }
    }

    func stop() async throws { try await run { $0.stop() } }

    private static func line(_ event: LinkEvent) -> String {
        switch event {
        case .connected(let peer, let version): "connected \(peer.role) \(peer.instance) version \(version)"
        case .disconnected(let reason): "disconnected: \(reason)"
        case .peerLeaving: "leaving"
        case .attemptFailed(let why, _): "attempt failed: \(why)"
        case .malformedAnswer(let message, let fault): "malformed \(message): \(fault)"
        }
    }
}
