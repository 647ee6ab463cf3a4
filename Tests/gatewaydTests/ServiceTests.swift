// Every message of the gateway's table over a real socket: what an operator sees is what the store has.

import Glibc
import IPC
import Metrics
import Money
import NIOCore
import Storage
import Support
import Tenancy
import Testing

@testable import gatewayd

/// A listener with the gateway's table and a client of it.
private final class ServiceBench: Sendable {
    let rig: LiveRig
    let client: AsyncGatewayClient
    private let listener: NIOLoopBound<Listener>
    private let watching: NIOLoopBound<WatcherCount>

    /// Streams that are open.
    var watchers: Int {
        get async { (try? await rig.loops[0].submit { [watching] in watching.value.open }.get()) ?? 0 }
    }

    init() async throws {
        let rig = try await LiveRig()
        self.rig = rig
        let loop = rig.loops[0]
        (listener, watching) = try await loop.flatSubmit {
            let context = ServiceContext.test(rig)
            let listener = Listener(
                .path(rig.socketPath), eventLoop: loop, table: Service.table(context),
                identity: PeerIdentity(role: .gatewayd, instance: 7, build: "test"), policy: .development()
            ) { _ in }
            let bound = (
                NIOLoopBound(listener, eventLoop: loop), NIOLoopBound(context.watchers, eventLoop: loop)
            )
            return listener.start().map { bound }
        }.get()
        client = await AsyncGatewayClient(
            path: rig.socketPath, eventLoop: rig.loops[1],
            identity: PeerIdentity(role: .weirctl, instance: 1, build: "test"),
            settings: LinkSettings(seed: 1, patience: .seconds(50)))
    }

    func close() async throws {
        await client.stop()
        try await rig.loops[0].submit { [listener] in listener.value.close() }.get()
        try await rig.close()
    }

    /// Appends numbered records of acme, each with one of another tenant and one that failed over, and waits until they
    /// are durable.
    func append(_ numbers: ClosedRange<UInt64>) async throws {
        for number in numbers {
            rig.queue.append(.test(number))
            rig.queue.append(.test(number, tenant: .other))
            rig.queue.append(.test(number, status: .failedOver))
        }
        _ = try await rig.ask { _ in 0 }
    }

    func makeTenant(_ id: TenantID = .acme) async throws {
        let answer = try await client.tenantCreate(
            TenantCreateRequest(tenant: id, policy: .reserve, displayName: "Acme GmbH", limits: nil))
        #expect(answer.outcome == .done)
    }

    func makeKey(
        of tenant: TenantID = .acme, scopes: Scope = .standard, expiresAt: UnixMillis? = nil, cap: Micros? = nil,
        name: String = "laptop", limits: RateLimits? = nil
    ) async throws -> KeyCreateAnswer {
        try await client.keyCreate(
            KeyCreateRequest(
                tenant: tenant, scopes: scopes, expiresAt: expiresAt, cap: cap, name: name, limits: limits))
    }
}

extension ServiceContext {
    fileprivate static func test(_ rig: LiveRig) -> ServiceContext {
        ServiceContext(
            store: rig.queue, administration: rig.administration,
            vitals: {
                GatewayVitals(
                    startedAt: StoreRig.start, isDraining: false, isWalletConnected: true, requests: 12, errors: 1,
                    inFlight: 3, connections: 4, configGeneration: 1, configLoadedAt: StoreRig.start, instance: 7,
                    build: "test")
            },
            metrics: { loop, done in loop.execute { done([MetricReading(.counter("n_total", "N."), 5)]) } },
            reload: { done in done(ReloadAnswer(accepted: false, generation: 1, text: "weir.yaml:3:1: no")) },
            handOver: { done in done(HandOverAnswer(accepted: false, process: 0, text: "no")) },
            clock: { StoreRig.start }, eventLoop: rig.loops[0],
            backups: BackupDuty(path: rig.socketPath + ".copy", build: "test", eventLoop: rig.loops[0]))
    }
}

private func withBench(_ body: (ServiceBench) async throws -> Void) async throws {
    let bench = try await ServiceBench()
    do {
        try await body(bench)
    } catch {
        try await bench.close()
        throw error
    }
    try await bench.close()
}

@Suite struct ServiceTests {
    @Test func everyMessageOfTheGatewayHasARow() async throws {
        let rig = try await LiveRig()
        let unanswered = try await rig.loops[0].submit { Service.table(.test(rig)).unanswered }.get()
        #expect(unanswered.isEmpty)
        try await rig.close()
    }

    @Test func everyPeerMayAskForMetrics() async throws {
        try await withBench { bench in
            let answer = try await bench.client.metrics()
            #expect(answer == MetricsAnswer([MetricReading(.counter("n_total", "N."), 5)]))
        }
    }

    @Test func aBackupIsTheStore() async throws {
        try await withBench { bench in
            try await bench.append(1...400)
            var sum = FileSum()
            var bytes: [UInt8] = []
            let items = bench.client.backup().makeAsyncIterator()
            while let chunk = try await items.next() {
                sum.feed(chunk.bytes)
                bytes += chunk.bytes
            }
            #expect(items.end?.sum == sum.value && items.end?.size == UInt64(bytes.count))
            #expect(items.end?.build == "test")
            #expect(bytes.starts(with: Array("SQLite format 3\0".utf8)))
        }
    }

    @Test func aTenantIsMadeOnceListedAndChanged() async throws {
        try await withBench { bench in
            try await bench.makeTenant()
            let again = try await bench.client.tenantCreate(
                TenantCreateRequest(tenant: .acme, policy: .positive, displayName: "", limits: nil))
            #expect(again.outcome == .refused(.tenantExists))
            let limits = RateLimits(requestsPerMinute: 600, requestBurst: 20)
            let update = try await bench.client.tenantUpdate(
                TenantUpdateRequest(
                    tenant: .acme, policy: .set(.positive), suspended: .set(true), displayName: .keep,
                    limits: .set(limits)))
            #expect(update.outcome == .done)
            let list = try await bench.client.tenantList(TenantListRequest(after: nil, limit: 10))
            let row = try #require(list.tenants.first)
            #expect(row.policy == .positive && row.suspended && row.displayName == "Acme GmbH" && row.limits == limits)
            #expect(list.next == nil && row.createdAt == StoreRig.start)
        }
    }

    @Test func pagesGoOnWhereTheyEnded() async throws {
        try await withBench { bench in
            for name in ["a", "b", "c", "d", "e"] { try await bench.makeTenant(TenantID(name)!) }
            var seen: [String] = []
            var after: TenantID?
            repeat {
                let page = try await bench.client.tenantList(TenantListRequest(after: after, limit: 2))
                seen += page.tenants.map(\.tenant.text)
                after = page.next
            } while after != nil
            #expect(seen == ["a", "b", "c", "d", "e"])
            for _ in 0..<5 { _ = try await bench.makeKey(of: TenantID("a")!) }
            var keys: [KeyID] = []
            var next: KeyID?
            repeat {
                let page = try await bench.client.keyList(KeyListRequest(tenant: TenantID("a"), after: next, limit: 2))
                #expect(page.keys.count <= 2)
                keys += page.keys.map(\.key)
                next = page.next
            } while next != nil
            #expect(Set(keys).count == 5)
        }
    }

    @Test func aKeysSecretIsShownOnceAndOpensTheGateUntilItIsRevoked() async throws {
        try await withBench { bench in
            try await bench.makeTenant()
            let made = try await bench.makeKey(cap: Micros(5_000_000))
            let key = try #require(made.key)
            let bytes = Array(made.secret.utf8)
            #expect(bytes.withUnsafeBytes { KeyText.isWellFormed($0) })
            let fingerprint = KeyFingerprint.of(secret: made.secret)
            func isAccepted() async throws -> Bool {
                let found = Box(false)
                try await bench.rig.onLoop(1) { table in
                    if case .accepted = table.find(fingerprint, now: StoreRig.start) { found.value = true }
                    return true
                }
                return found.value
            }
            #expect(try await isAccepted())
            let list = try await bench.client.keyList(KeyListRequest(tenant: nil, after: nil, limit: 500))
            let row = try #require(list.keys.first)
            #expect(
                row.key == key && row.cap == Micros(5_000_000) && row.name == "laptop" && row.display == made.display)
            let revoked = try await bench.client.keyRevoke(KeyRevokeRequest(key: key))
            #expect(revoked == KeyRevokeAnswer(outcome: .done, revokedAt: StoreRig.start))
            #expect(try await !isAccepted())
            let again = try await bench.client.keyRevoke(KeyRevokeRequest(key: key))
            #expect(again == revoked, "a second time is answered as the first")
            let update = try await bench.client.keyUpdate(
                KeyUpdateRequest(key: key, expiresAt: .keep, cap: .set(nil), name: .keep, limits: .keep))
            #expect(update.outcome == .refused(.keyRevoked))
        }
    }

    @Test func changesThatMakeNoSenseAreRefused() async throws {
        try await withBench { bench in
            let unknown = try await bench.makeKey()
            #expect(unknown.outcome == .refused(.tenantUnknown) && unknown.secret.isEmpty)
            try await bench.makeTenant()
            let absurd = RateLimits(requestsPerMinute: .max, requestBurst: 1)
            #expect(try await bench.makeKey(expiresAt: StoreRig.start).outcome == .refused(.fieldInvalid))
            #expect(try await bench.makeKey(scopes: []).outcome == .refused(.fieldInvalid))
            #expect(try await bench.makeKey(name: "two\nlines").outcome == .refused(.fieldInvalid))
            #expect(try await bench.makeKey(limits: absurd).outcome == .refused(.fieldInvalid))
            #expect(try await bench.makeKey(expiresAt: UnixMillis(StoreRig.start.value + 1)).outcome == .done)
            let missing = try await bench.client.keyRevoke(KeyRevokeRequest(key: .test(99)))
            #expect(missing.outcome == .refused(.keyUnknown) && missing.revokedAt == nil)
            let nobody = try await bench.client.tenantUpdate(
                TenantUpdateRequest(
                    tenant: .other, policy: .keep, suspended: .set(true), displayName: .keep, limits: .keep))
            #expect(nobody.outcome == .refused(.tenantUnknown))
        }
    }

    @Test func aFailingDiskIsToldAndNothingChanges() async throws {
        try await withBench { bench in
            try await bench.makeTenant()
            bench.rig.faulty.plan(.forever(1))
            await #expect(throws: CallFailure.self) { try await bench.makeKey() }
            bench.rig.faulty.plan(.none)
            let list = try await bench.client.keyList(KeyListRequest(tenant: nil, after: nil, limit: 10))
            #expect(list.keys.isEmpty)
        }
    }

    @Test func usageIsGroupedByKeyModelAndDay() async throws {
        try await withBench { bench in
            try await bench.makeTenant()
            let dayBefore = UnixMillis(StoreRig.start.value - 86_400_000)
            bench.rig.queue.append(.test(1, model: "a"))
            bench.rig.queue.append(.test(2, key: .test(2), at: dayBefore, model: "b"))
            bench.rig.queue.append(.test(3, key: .test(2), model: "b"))
            let from = UnixMillis(StoreRig.start.value - 5 * 86_400_000)
            let to = UnixMillis(StoreRig.start.value + 1)
            func labels(_ group: UsageGrouping, tenant: TenantID? = .acme) async throws -> [String: Int64] {
                let answer = try await bench.client.usage(
                    UsageReportRequest(from: from, to: to, group: group, tenant: tenant, key: nil))
                #expect(!answer.truncated)
                return Dictionary(uniqueKeysWithValues: answer.rows.map { ($0.label, $0.cost.value) })
            }
            #expect(try await labels(.none) == ["": 300])
            #expect(try await labels(.none, tenant: nil) == ["": 300])
            #expect(try await labels(.model) == ["a": 100, "b": 200])
            #expect(try await labels(.key) == [KeyID.test(1).text: 100, KeyID.test(2).text: 200])
            #expect(try await labels(.day) == ["2026-11-20": 100, "2026-11-21": 200])
            await #expect(throws: CallFailure.self) {
                try await bench.client.usage(
                    UsageReportRequest(from: to, to: from, group: .none, tenant: nil, key: nil))
            }
        }
    }

    @Test func errorsAreListedInPages() async throws {
        try await withBench { bench in
            for _ in 0..<5 { bench.rig.queue.append(ErrorRecord.test) }
            let first = try await bench.client.errors(ErrorReportRequest(before: 0, limit: 3, tenant: .acme))
            #expect(first.rows.map(\.sequence) == [5, 4, 3])
            #expect(first.rows[0].side == .upstream && first.rows[0].kind == "upstream_timeout")
            let rest = try await bench.client.errors(ErrorReportRequest(before: first.next, limit: 3, tenant: .acme))
            #expect(rest.rows.map(\.sequence) == [2, 1] && rest.next == 0)
        }
    }

    @Test func changesAreListedInPagesWithWhoAsked() async throws {
        try await withBench { bench in
            try await bench.rig.makeTenant(.other)
            _ = try await bench.rig.makeKey(of: .acme)
            _ = try await bench.client.tenantUpdate(
                TenantUpdateRequest(
                    tenant: .acme, policy: .keep, suspended: .set(true), displayName: .keep, limits: .keep))
            let first = try await bench.client.audit(GatewayAuditRequest(before: 0, limit: 2, tenant: .acme))
            #expect(first.changes.map(\.action) == ["tenant.changed", "key.created"] && first.next != 0)
            #expect(first.changes.map(\.source) == ["weirctl, user \(getuid())", "test"])
            let rest = try await bench.client.audit(GatewayAuditRequest(before: first.next, limit: 200, tenant: .acme))
            #expect(rest.changes.map(\.action) == ["tenant.created"] && rest.next == 0)
            let all = try await bench.client.audit(GatewayAuditRequest(before: 0, limit: 200, tenant: nil))
            #expect(all.changes.count == 4)
        }
    }

    @Test func statusTellsWhatWaitsForTheWallet() async throws {
        try await withBench { bench in
            try await bench.makeTenant()
            _ = try await bench.makeKey()
            bench.rig.queue.append(.test(1))
            _ = try await bench.rig.ask { _ in 0 }
            let status = try await bench.client.status(GatewayStatusRequest())
            #expect(status.tenants == 1 && status.keys == 1 && status.outboxDepth == 1)
            #expect(status.outboxOldestAt == StoreRig.start && status.walletConnected && status.requests == 12)
            bench.rig.queue.acknowledge(1)
            _ = try await bench.rig.ask { _ in 0 }
            let after = try await bench.client.status(GatewayStatusRequest())
            #expect(after.outboxDepth == 0 && after.outboxOldestAt == nil)
        }
    }

    @Test func aRefusedReloadIsToldAsItIs() async throws {
        try await withBench { bench in
            let answer = try await bench.client.reload(ReloadRequest())
            #expect(!answer.accepted && answer.text == "weir.yaml:3:1: no")
        }
    }

    /// Records are numbered as they are appended; whatever a watcher is sent, what it saw and what it is told that it
    /// missed add up to the number.
    @Test(.timeLimit(.minutes(5))) func aWatcherSeesItsTenantsRequestsAndHowManyItMissed() async throws {
        try await withBench { bench in
            let iterator = bench.client.watch(WatchRequest(tenant: .acme)).makeAsyncIterator()
            // The stream is open once the first item is awaited and its watcher counts; then the first record may come.
            let opening = Task {
                while await bench.watchers == 0 { await Task.yield() }
                try await bench.append(1...1)
            }
            let first = try #require(try await iterator.next())
            try await opening.value
            #expect(first.tenant == .acme && first.model == "claude" && first.cost == Micros(100) && first.missed == 0)
            var appended = UInt64(IPCLimits.initialWindow) * 10
            try await bench.append(2...appended)
            var accounted: UInt64 = 1
            while let record = try await iterator.next() {
                accounted += record.missed + 1
                #expect(UInt64(truncatingIfNeeded: record.request.number) >> 4 == accounted)
                if record.missed > 0 { break }
                guard accounted >= UInt64(IPCLimits.initialWindow) else { continue }
                appended += 1
                try await bench.append(appended...appended)
            }
            #expect(accounted > UInt64(IPCLimits.initialWindow) * 5, "nothing was missed")
        }
    }

    @Test func watchersBeyondTheBoundAreTurnedAway() throws {
        let count = WatcherCount()
        for _ in 0..<WatcherCount.most { #expect(count.begin() != nil) }
        #expect(count.begin() == nil)
        count.end()
        #expect(count.begin() != nil)
    }
}

/// A value that a closure on a loop leaves for the test that waits for it.
final class Box<Value: Sendable>: @unchecked Sendable {
    // @unchecked: written on the loop before the future the test awaits is done, read after it.
    var value: Value

    init(_ value: Value) { self.value = value }
}
