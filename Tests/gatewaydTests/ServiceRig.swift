// LiveRig: the store, administration and key tables on real event loops, with a disk in memory.
//
// For: tests across threads, over the IPC socket and over HTTP.
// Refuses: the real clock; it is always `StoreRig.start`.

import Glibc
import IPC
import Money
import NIOCore
import NIOPosix
import Storage
import Support
import Synchronization
import Tenancy

@testable import gatewayd

final class LiveRig: Sendable {
    let faulty = FaultyFiles()
    let group: MultiThreadedEventLoopGroup
    let storeGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let loops: [any EventLoop]
    let queue: StoreQueue
    let publisher: KeyPublisher
    let administration: Administration
    /// Where a socket may be; removed at the end.
    let socketPath: String
    private let tables: [NIOLoopBound<KeyTable>]
    private static let made = Atomic(0)

    init(loops count: Int = 2) async throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: count)
        let loops = Array(group.makeIterator())
        self.loops = loops
        socketPath = "/tmp/weir-gatewayd-test-\(getpid())-\(Self.made.add(1, ordering: .relaxed).newValue).sock"
        let options = StoreOptions(
            path: "/gatewayd.db", clock: { StoreRig.start.value }, fileLayer: faulty.name,
            copyPath: socketPath + ".copy")
        let queue = try StoreQueue.open(options, on: storeGroup.next(), loops: loops) { _, records in
            LiveRig.settled.withLock { $0 += records.count }
        }
        self.queue = queue
        let publisher = KeyPublisher(loops: loops)
        self.publisher = publisher
        administration = Administration(store: queue, publisher: publisher, clock: { StoreRig.start })
        let snapshot = try queue.directory()
        var tables: [NIOLoopBound<KeyTable>] = []
        for (index, loop) in loops.enumerated() {
            tables.append(
                try await loop.submit {
                    let table = KeyTable(tenants: snapshot.tenants, keys: snapshot.keys)
                    publisher.register(table, loop: index)
                    return NIOLoopBound(table, eventLoop: loop)
                }.get())
        }
        self.tables = tables
    }

    /// Records delivered for settlement in this test process; nobody settles them.
    private static let settled = Mutex(0)

    func close() async throws {
        unlink(socketPath)
        _ = try queue.close()
        try await group.shutdownGracefully()
        try await storeGroup.shutdownGracefully()
    }

    /// Runs `body` on a loop, once a turn, until it says that it is done.
    func onLoop(_ index: Int, _ body: @escaping @Sendable (KeyTable) -> Bool) async throws {
        let (loop, table) = (loops[index], tables[index])
        let promise = loop.makePromise(of: Void.self)
        @Sendable func turn() {
            if body(table.value) { promise.succeed() } else { loop.execute(turn) }
        }
        loop.execute(turn)
        try await promise.futureResult.get()
    }

    func ask<Answer: Sendable>(_ question: @escaping StoreQuestion<Answer>) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            queue.perform(on: loops[0], question) { continuation.resume(with: $0) }
        }
    }

    /// A tenant (if it is not there) and a key of it.
    func makeKey(
        of tenant: TenantID = .acme, name: String = "", scope: Scope = .all, cap: Micros? = nil,
        expiresAt: UnixMillis? = nil
    ) async throws -> MadeKey {
        try await makeTenant(tenant)
        let wish = KeyWish(tenant: tenant, name: name, scope: scope, cap: cap, rate: nil, expiresAt: expiresAt)
        return try await withCheckedThrowingContinuation { continuation in
            administration.createKey(wish, by: "test", on: loops[0]) { continuation.resume(with: $0) }
        }
    }

    func makeTenant(_ id: TenantID) async throws {
        let wish = TenantWish(id: id, displayName: "", policy: .reserve, rate: nil)
        let result = await withCheckedContinuation { continuation in
            administration.createTenant(wish, by: "test", on: loops[0]) { continuation.resume(returning: $0) }
        }
        if case .failure(let failure) = result, case .store = failure { throw failure }
    }

    func revoke(_ key: KeyID) async throws -> UnixMillis {
        try await withCheckedThrowingContinuation { continuation in
            administration.revokeKey(key, of: nil, by: "test", on: loops[0]) { continuation.resume(with: $0) }
        }
    }

    func update(_ key: KeyID, _ update: KeyUpdate, on loop: Int) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            administration.updateKey(key, of: nil, update, by: "test", on: loops[loop]) {
                continuation.resume(with: $0)
            }
        }
    }
}
