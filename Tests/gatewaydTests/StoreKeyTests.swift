// Tenants and keys are kept, listed in pages, changed and revoked; files of every earlier release are brought up to date.

import IPC
import Money
import NIOCore
import Storage
import Support
import Synchronization
import Tenancy
import Testing

@testable import gatewayd

@Suite struct StoreKeyTests {
    @Test func keysAndTenantsAreThereAfterARestart() throws {
        let faulty = FaultyFiles()
        let rig = try StoreRig(faulty)
        _ = try rig.makeTenant(.other)
        _ = try rig.makeKey(.test(1), name: "laptop", scope: .all, cap: Micros(5), expiresAt: UnixMillis(9))
        let next = try withExtendedLifetime(rig) { try StoreRig(faulty) }
        let snapshot = try next.queue.directory()
        #expect(snapshot.tenants.map(\.id) == [.other, .acme])
        #expect(snapshot.tenants.map(\.number) == [0, 1])
        let key = try #require(snapshot.keys.first)
        #expect(key.id == .test(1) && key.fingerprint == .test(.test(1)) && key.tenantNumber == 1)
        #expect(key.scope == .all && key.cap == Micros(5) && key.expiresAt == UnixMillis(9))
    }

    @Test func aRevokedKeyIsListedAndNotLive() throws {
        let faulty = FaultyFiles()
        let rig = try StoreRig(faulty)
        let key = try rig.makeKey(.test(1))
        try rig.ask { store throws(StorageError) in try store.revokeKey(key, by: "test", at: UnixMillis(77)) }
        for next in [rig, try StoreRig(faulty)] {
            #expect(try next.queue.directory().keys.isEmpty)
            let row = try next.ask { store throws(StorageError) in try store.key(.test(1)) }
            #expect(row?.revokedAt == UnixMillis(77))
        }
    }

    @Test func anUpdateKeepsTheRateCell() throws {
        let rig = try StoreRig()
        let key = try rig.makeKey(.test(1), name: "old")
        key.cell.bucket.store(5, ordering: .relaxed)
        let updated = try rig.ask { store throws(StorageError) -> KeyRecord? in
            guard let row = try store.key(.test(1)) else { return nil }
            return try store.updateKey(
                key, row, KeyUpdate(cap: .set(Micros(9))), by: "test", at: StoreRig.start)
        }
        #expect(updated?.cell === key.cell)
        #expect(updated?.cap == Micros(9))
        let row = try rig.ask { store throws(StorageError) in try store.key(.test(1)) }
        #expect(row?.name == "old" && row?.cap == Micros(9))
    }

    @Test func keysAreListedInPagesOfOneTenantOrAll() throws {
        let rig = try StoreRig()
        for number in UInt64(0)..<25 { _ = try rig.makeKey(.test(number), of: number % 5 == 0 ? .other : .acme) }
        let acme = try rig.makeTenant(.acme)
        for (tenant, expected) in [(acme, 20), (nil, 25)] as [(TenantRecord?, Int)] {
            var listed: [KeyID] = []
            while true {
                let after = listed.last
                let page = try rig.ask { store throws(StorageError) in
                    try store.keys(of: tenant, after: after, limit: 7)
                }
                #expect(page.count <= 7)
                if page.isEmpty { break }
                listed += page.map(\.id)
            }
            #expect(listed.count == expected)
            #expect(listed.map(\.text) == listed.map(\.text).sorted())
        }
    }

    @Test func tenantsAreListedInPagesWithTheKeysInForce() throws {
        let rig = try StoreRig()
        for name in ["zoo", "acme", "mid"] { _ = try rig.makeTenant(TenantID(name)!) }
        _ = try rig.makeKey(.test(1))
        _ = try rig.makeKey(.test(2), expiresAt: UnixMillis(100))
        let revoked = try rig.makeKey(.test(3))
        let rows = try rig.ask { store throws(StorageError) in
            try store.revokeKey(revoked, by: "test", at: UnixMillis(50))
            return try store.tenants(after: nil, limit: 2, now: UnixMillis(100))
        }
        #expect(rows.map(\.record.id.text) == ["acme", "mid"])
        #expect(rows[0].keys == 1, "revoked and expired ones do not count, and expiry is the first instant of refusal")
        let rest = try rig.ask { store throws(StorageError) in
            try store.tenants(after: rows[1].record.id, limit: 2, now: UnixMillis(99))
        }
        #expect(rest.map(\.record.id.text) == ["zoo"])
    }

    @Test func theLastUseIsWrittenLazilyAndKept() throws {
        let faulty = FaultyFiles()
        let rig = try StoreRig(faulty)
        let key = try rig.makeKey(.test(1))
        key.cell.lastUsed.store(StoreRig.start.value, ordering: .relaxed)
        let now = try rig.ask { store throws(StorageError) in try store.key(.test(1))?.lastUsedAt }
        #expect(now == StoreRig.start, "a list shows what memory knows")
        rig.advance(StoreWorker.upkeepTime)
        key.cell.lastUsed.store(StoreRig.start.value + 5, ordering: .relaxed)
        let killed = try withExtendedLifetime(rig) { try StoreRig(faulty) }
        #expect(try killed.queue.directory().keys.first?.cell.lastUsed.load(ordering: .relaxed) == StoreRig.start.value)
    }

    @Test func closingWritesTheLastUses() throws {
        let faulty = FaultyFiles()
        let rig = try StoreRig(faulty)
        let key = try rig.makeKey(.test(1))
        key.cell.lastUsed.store(StoreRig.start.value, ordering: .relaxed)
        _ = try rig.queue.close()
        let next = try StoreRig(faulty)
        #expect(try next.queue.directory().keys.first?.cell.lastUsed.load(ordering: .relaxed) == StoreRig.start.value)
    }

    @Test func theNthOperationFailsAndAKeyIsThereOrNot() throws {
        var number = 0
        var reached = true
        while reached {
            number += 1
            let rig = try StoreRig()
            _ = try rig.makeTenant()
            rig.faulty.plan(.once(number))
            let made = try? rig.makeKey(.test(1))
            reached = rig.faulty.hasFailed
            rig.faulty.plan(.none)
            #expect(try rig.queue.directory().keys.count == (made == nil ? 0 : 1), "operation \(number)")
            let next = try withExtendedLifetime(rig) { try StoreRig(rig.faulty) }
            if made != nil { #expect(try next.queue.directory().keys.count == 1, "operation \(number)") }
        }
    }
}

@Suite struct StoreMigrationTests {
    @Test(arguments: 0...Migrations.all.count) func aFileOfAnEarlierReleaseIsBroughtUpToDate(shape: Int) throws {
        let faulty = FaultyFiles()
        var options = DatabaseOptions()
        options.fileLayer = faulty.name
        if shape > 0 {
            let old = try Database(path: "/gatewayd.db", options: options)
            try Migrator(applicationID: Migrations.applicationID, migrations: Array(Migrations.all.prefix(shape)))
                .bringUpToDate(old)
            try old.execute(
                """
                INSERT INTO tenants VALUES (0, 'acme', 'Acme GmbH', 2, 1, 600, 20, 5);
                INSERT INTO keys VALUES ('\(KeyID.test(1))', 0, 'laptop', zeroblob(32), 'weir_abcd…wxyz', 3, NULL, NULL,
                    NULL, 6, NULL, NULL, NULL);
                """)
            old.close()
        }
        let rig = try StoreRig(faulty)
        let snapshot = try rig.queue.directory()
        #expect(snapshot.keys.count == min(shape, 1))
        if let tenant = snapshot.tenants.first {
            #expect(tenant.policy == .positive && tenant.isSuspended && tenant.rate?.perMinute == 600)
        }
        rig.queue.append(.test(1, error: ErrorNote(kind: .clientGone, message: "gone")))
        rig.advance()
        #expect(rig.delivered().count == 1)
    }

    @Test func anotherDaemonsFileIsRefused() throws {
        let faulty = FaultyFiles()
        var options = DatabaseOptions()
        options.fileLayer = faulty.name
        let foreign = try Database(path: "/gatewayd.db", options: options)
        try Migrator(applicationID: "WeiW", migrations: [Migration(1, "w", "CREATE TABLE w (x)")]).bringUpToDate(
            foreign)
        foreign.close()
        #expect(throws: StorageError.self) { try StoreRig(faulty) }
    }
}
