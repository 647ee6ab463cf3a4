// StoreRig: a StoreQueue whose clock, threads and disk belong to the test.
//
// For: tests that count commits, fail file operations, kill the store and open it again.
// Refuses: more than one thread: all its event loops are driven by the test.

import Hashing
import Money
import NIOCore
import NIOEmbedded
import Storage
import Support
import Synchronization
import Tenancy
import Testing

@testable import gatewayd

final class StoreRig {
    let faulty: FaultyFiles
    let thread = EmbeddedEventLoop()
    let loops: [EmbeddedEventLoop]
    let queue: StoreQueue
    let options: StoreOptions
    private let log = DeliveryLog()
    private(set) var events = StoreEventLog()

    /// A day in November 2026, on the hour.
    static let start = UnixMillis(1_795_248_000_000)

    init(
        _ faulty: FaultyFiles = FaultyFiles(), loops count: Int = 2, now: UnixMillis = StoreRig.start,
        copyPath: String? = nil
    ) throws {
        self.faulty = faulty
        let loops = (0..<count).map { _ in EmbeddedEventLoop() }
        self.loops = loops
        let (log, events) = (log, events)
        let options = StoreOptions(
            path: "/gatewayd.db", leaving: .on(faulty), eventDays: 30, clock: { now.value }, fileLayer: faulty.name,
            copyPath: copyPath, report: { events.add($0) })
        self.options = options
        queue = try StoreQueue.open(options, on: thread, loops: loops) { loop, records in log.add(loop, records) }
    }

    /// Lets time pass for the store, and every loop take what it was handed.
    func advance(_ time: TimeAmount = StoreQueue.gatherTime) {
        thread.advanceTime(by: time)
        for loop in loops { loop.run() }
    }

    /// Runs what is due now.
    func run() { advance(.zero) }

    /// What was delivered since the last call.
    func delivered() -> [Delivery] { log.take() }

    /// Asks the store, as of now.
    func ask<Answer: Sendable>(_ question: @escaping StoreQuestion<Answer>) throws -> Answer {
        let answer = Mutex<Result<Answer, StoreFailure>?>(nil)
        queue.perform(on: thread, question) { result in answer.withLock { $0 = result } }
        run()
        return try #require(answer.withLock { $0 }).get()
    }

    /// The tenant, made if it is not there.
    func makeTenant(_ id: TenantID = .acme) throws -> TenantRecord {
        try ask { store throws(StorageError) in
            if let tenant = store.directory.tenant(id) { return tenant }
            return try store.createTenant(
                id, displayName: id.text, policy: .reserve, rate: nil, by: "test", at: StoreRig.start)
        }
    }

    /// A new key of `tenant`; its digest is its number.
    func makeKey(
        _ id: KeyID, of tenant: TenantID = .acme, name: String = "", scope: Scope = .standard, cap: Micros? = nil,
        expiresAt: UnixMillis? = nil
    ) throws -> KeyRecord {
        let tenant = try makeTenant(tenant)
        let key = NewKey(
            id: id, tenant: tenant.id, name: name, fingerprint: .test(id), display: "weir_abcd…wxyz", scope: scope,
            cap: cap, rate: nil, expiresAt: expiresAt, createdAt: StoreRig.start)
        return try ask { store throws(StorageError) in try store.createKey(key, of: tenant, by: "test") }
    }
}

extension LeavingFolder {
    /// The leaving files of a disk in memory.
    static func on(_ faulty: FaultyFiles) -> LeavingFolder {
        LeavingFolder(
            names: {
                faulty.paths.map { String($0.dropFirst()) }.filter { $0.hasPrefix("leaving-") && $0.hasSuffix(".db") }
            },
            path: { "/\($0)" }, remove: { faulty.remove("/\($0)") })
    }
}

extension KeyFingerprint {
    /// The digest of a key in the clear.
    static func of(secret: String) -> KeyFingerprint {
        SHA256Digest(of: Array(secret.utf8)).withBytes { KeyFingerprint($0)! }
    }

    /// A digest made of the key's public name.
    static func test(_ key: KeyID) -> KeyFingerprint {
        SHA256Digest(of: Array(key.text.utf8)).withBytes { KeyFingerprint($0)! }
    }
}

/// A record handed to a loop.
struct Delivery: Sendable {
    let loop: Int
    let record: CommittedRecord
}

final class DeliveryLog: Sendable {
    private let entries = Mutex<[Delivery]>([])

    func add(_ loop: Int, _ records: [CommittedRecord]) {
        entries.withLock { $0 += records.map { Delivery(loop: loop, record: $0) } }
    }

    func take() -> [Delivery] {
        entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
    }
}

final class StoreEventLog: Sendable {
    private let entries = Mutex<[String]>([])

    func add(_ event: StoreEvent) {
        entries.withLock { entries in
            switch event {
            case .failing: entries.append("failing")
            case .recovered: entries.append("recovered")
            case .leftBehind: entries.append("leftBehind")
            case .stored, .absorbed: break
            }
        }
    }

    var all: [String] { entries.withLock { $0 } }
}

extension TenantID {
    static let acme = TenantID("acme")!
    static let other = TenantID("other")!
}

extension KeyID {
    static func test(_ number: UInt64) -> KeyID { KeyID(random: 0, number) }
}

extension UsageRecord {
    /// An attempt of request `number`.
    static func test(
        _ number: UInt64, tenant: TenantID = .acme, key: KeyID = .test(1), cost: Int64 = 100, hold: UInt64 = 0,
        loop: UInt16 = 0, at: UnixMillis = StoreRig.start, model: String = "claude", attempt: UInt8 = 0,
        status: AttemptStatus = .completed, error: ErrorNote? = nil
    ) -> UsageRecord {
        UsageRecord(
            request: RequestID(milliseconds: at.value, unique: 0, number << 4), attempt: attempt, at: at, loop: loop,
            hold: hold, tenant: tenant, key: key, surface: .anthropic, requestedModel: model,
            upstreamModel: "up-\(model)",
            provider: "demo", status: status, httpStatus: 200,
            usage: Usage(uncachedInput: 10, cacheRead: 20, cacheWrite5m: 3, cacheWrite1h: 4, output: 5), flags: [],
            cost: Micros(cost), latencyMillis: 12, firstByteMillis: 7, error: error)
    }
}
