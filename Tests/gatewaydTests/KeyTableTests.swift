// A key is found by its digest until the instant it expires, its tenant is suspended, or it is revoked on any loop.

import IPC
import Money
import NIOCore
import NIOPosix
import Routing
import Storage
import Support
import Synchronization
import Tenancy
import Testing

@testable import gatewayd

@Suite struct KeyTableTests {
    private func tenant(_ number: Int, _ id: TenantID = .acme, isSuspended: Bool = false) -> TenantRecord {
        TenantRecord(
            number: number, id: id, policy: .reserve, isSuspended: isSuspended, rate: nil, cell: RateCell())
    }

    private func key(
        _ number: UInt64, tenant: Int = 0, expiresAt: UnixMillis = .never, cap: Micros? = nil,
        cell: RateCell = RateCell()
    ) -> KeyRecord {
        KeyRecord(
            id: .test(number), fingerprint: .test(.test(number)), tenantNumber: tenant, scope: .standard,
            expiresAt: expiresAt, cap: cap, rate: nil, cell: cell)
    }

    private func isAccepted(_ lookup: KeyLookup) -> Bool { if case .accepted = lookup { true } else { false } }

    @Test func aKeyIsFoundWithItsTenantAndItsUseIsNoted() {
        let table = KeyTable(tenants: [tenant(0), tenant(1, .other)], keys: [key(1, tenant: 1)])
        guard case .accepted(let caller) = table.find(.test(.test(1)), now: UnixMillis(5)) else {
            Issue.record("not found")
            return
        }
        #expect(caller.key.id == .test(1) && caller.tenant.id == .other)
        #expect(caller.key.cell.lastUsed.load(ordering: .relaxed) == 5)
    }

    @Test func anUnknownDigestIsUnknown() {
        let table = KeyTable(tenants: [tenant(0)], keys: [key(1)])
        if case .unknown = table.find(.test(.test(2)), now: UnixMillis(0)) { return }
        Issue.record("found")
    }

    @Test func aKeyIsAcceptedUntilItsExpiryAndNotAtIt() {
        let table = KeyTable(tenants: [tenant(0)], keys: [key(1, expiresAt: UnixMillis(100))])
        #expect(isAccepted(table.find(.test(.test(1)), now: UnixMillis(99))))
        for now in [Int64(100), 101] {
            if case .expired = table.find(.test(.test(1)), now: UnixMillis(now)) { continue }
            Issue.record("accepted at \(now)")
        }
    }

    @Test func aSuspendedTenantsKeysAreRefusedAndComeBack() {
        let table = KeyTable(tenants: [tenant(0)], keys: [key(1)])
        table.apply(.tenant(tenant(0, isSuspended: true)))
        if case .suspended = table.find(.test(.test(1)), now: UnixMillis(0)) {} else { Issue.record("not suspended") }
        table.apply(.tenant(tenant(0)))
        #expect(isAccepted(table.find(.test(.test(1)), now: UnixMillis(0))))
    }

    @Test func changesTakeEffectOnTheNextLookup() {
        let table = KeyTable(tenants: [], keys: [])
        table.apply(.tenant(tenant(0)))
        let first = key(1)
        table.apply(.key(first))
        table.apply(.key(key(1, cap: Micros(7), cell: first.cell)))
        guard case .accepted(let caller) = table.find(.test(.test(1)), now: UnixMillis(0)) else {
            Issue.record("not found")
            return
        }
        #expect(caller.key.cap == Micros(7) && caller.key.cell === first.cell)
        table.apply(.revoked(caller.key))
        #expect(!isAccepted(table.find(.test(.test(1)), now: UnixMillis(0))))
        #expect(table.count == 0)
    }

    @Test func anExplicitNoLimitIsNotTheDefault() {
        #expect(RateOverride(perMinute: 0, burst: 0)?.inForce.requestsPerMinute == RateLimit.largestRate)
        #expect(RateOverride(perMinute: 60, burst: 0)?.inForce.burst == 60)
        #expect(RateOverride(perMinute: .max, burst: 0) == nil)
    }
}

/// What look-ups on several loops came to.
private final class Sightings: Sendable {
    let isRevoked = Atomic<Bool>(false)
    let lookups = Atomic<Int>(0)
    /// Look-ups that found the key after its revocation was acknowledged.
    let wrong = Atomic<Int>(0)
}

@Suite struct KeyRevocationTests {
    /// While all loops look a key up without pause, it is revoked; from the moment that is acknowledged no look-up may find
    /// it, on any loop.
    @Test(.timeLimit(.minutes(5)), arguments: 0..<6) func aRevocationHoldsOnTheVeryNextLookUpOfEveryLoop(round: Int)
        async throws
    {
        let rig = try await LiveRig(loops: 3)
        let made = try await rig.makeKey()
        let seen = Sightings()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in rig.loops.indices {
                group.addTask {
                    try await rig.onLoop(index) { table in
                        // Turns of the event loop, as requests are: changes come in between.
                        let wasRevoked = seen.isRevoked.load(ordering: .sequentiallyConsistent)
                        let lookup = table.find(made.key.fingerprint, now: StoreRig.start)
                        seen.lookups.add(1, ordering: .relaxed)
                        if wasRevoked, case .accepted = lookup { seen.wrong.add(1, ordering: .relaxed) }
                        return wasRevoked
                    }
                }
            }
            group.addTask {
                while seen.lookups.load(ordering: .relaxed) < 100 { await Task.yield() }
                _ = try await rig.revoke(made.key.id)
                seen.isRevoked.store(true, ordering: .sequentiallyConsistent)
            }
            try await group.waitForAll()
        }
        #expect(seen.wrong.load(ordering: .relaxed) == 0)
        try await rig.close()
    }

    @Test func changesFromManyLoopsReachEveryTableInTheOrderOfTheFile() async throws {
        let rig = try await LiveRig(loops: 3)
        let made = try await rig.makeKey()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    try await rig.update(made.key.id, KeyUpdate(cap: .set(Micros(Int64(number)))), on: number % 3)
                }
            }
            try await group.waitForAll()
        }
        let stored = try await rig.ask { store throws(StorageError) in try store.key(made.key.id)?.cap }
        for index in rig.loops.indices {
            try await rig.onLoop(index) { table in
                if case .accepted(let caller) = table.find(made.key.fingerprint, now: StoreRig.start) {
                    #expect(caller.key.cap == stored)
                } else {
                    Issue.record("the key is gone")
                }
                return true
            }
        }
        try await rig.close()
    }

    @Test func aChangeThatTheDiskRefusesReachesNoTable() async throws {
        let rig = try await LiveRig(loops: 2)
        let made = try await rig.makeKey()
        rig.faulty.plan(.forever(1))
        await #expect(throws: AdminFailure.self) { try await rig.revoke(made.key.id) }
        rig.faulty.plan(.none)
        for index in rig.loops.indices {
            try await rig.onLoop(index) { table in
                if case .accepted = table.find(made.key.fingerprint, now: StoreRig.start) { return true }
                Issue.record("revoked in memory and not on disk")
                return true
            }
        }
        #expect(try await rig.revoke(made.key.id) == StoreRig.start)
        try await rig.close()
    }
}

@Suite struct FingerprintMapTests {
    /// Digests that crowd into few slots, and the naive model beside.
    @Test func anyOrderOfInsertionsAndRemovalsIsWhatADictionarySays() {
        var random = SeededRandom.forTest()
        for _ in 0..<50 {
            var map = FingerprintMap()
            var model: [KeyFingerprint: KeyID] = [:]
            for step in UInt64(0)..<400 {
                let digest = KeyFingerprint.crowded(Int.random(in: 0..<120, using: &random))
                if Int.random(in: 0..<3, using: &random) > 0 {
                    let record = KeyRecord(
                        id: .test(step), fingerprint: digest, tenantNumber: 0, scope: .standard, expiresAt: .never,
                        cap: nil, rate: nil, cell: RateCell())
                    map.insert(record)
                    model[digest] = record.id
                } else {
                    map.remove(digest)
                    model[digest] = nil
                }
                #expect(map.count == model.count, "seed \(random.seed)")
            }
            for number in 0..<120 {
                let digest = KeyFingerprint.crowded(number)
                #expect(map[digest]?.id == model[digest], "seed \(random.seed)")
            }
        }
    }
}

extension KeyFingerprint {
    /// Digests with few different first words, 0 among them.
    fileprivate static func crowded(_ number: Int) -> KeyFingerprint {
        let words = [UInt64(number % 7).bigEndian, UInt64(number).bigEndian, 0, 0]
        return words.withUnsafeBytes { KeyFingerprint($0)! }
    }
}
