// The audit: every change of a tenant or key leaves one row, in the same transaction, with digests and no secret.

import Hashing
import IPC
import Money
import Storage
import Support
import Tenancy
import Testing

@testable import gatewayd

@Suite struct StoreAuditTests {
    private func rows(_ rig: StoreRig, of tenant: TenantID? = nil, before: Int64 = .max) throws -> [AuditRow] {
        try page(rig, AuditFilter(tenant: tenant), before: before).rows
    }

    private func page(
        _ rig: StoreRig, _ filter: AuditFilter, before: Int64 = .max, limit: Int = 100
    ) throws -> AuditPage {
        try rig.ask { store throws(StorageError) in try store.audit(filter, before: before, limit: limit) }
    }

    @Test func everyChange_leavesARowWithTheDigestsBeforeAndAfter() throws {
        let rig = try StoreRig()
        let tenant = try rig.makeTenant(.acme)
        let key = try rig.makeKey(.test(1), name: "old")
        try rig.ask { store throws(StorageError) in
            _ = try store.updateTenant(
                tenant, TenantUpdate(isSuspended: .set(true)), by: "weirctl, user 0", at: UnixMillis(3))
            guard let row = try store.key(.test(1)) else { return }
            _ = try store.updateKey(key, row, KeyUpdate(name: .set("new")), by: "key_asker", at: UnixMillis(4))
            try store.revokeKey(key, by: "key_asker", at: UnixMillis(5))
        }
        let rows = try rows(rig)
        #expect(
            rows.map(\.action) == ["key.revoked", "key.changed", "tenant.changed", "key.created", "tenant.created"])
        #expect(rows.map(\.source) == ["key_asker", "key_asker", "weirctl, user 0", "test", "test"])
        #expect(rows.map(\.subject) == [key.id.text, key.id.text, "acme", key.id.text, "acme"])
        #expect(rows.prefix(3).map(\.at) == [UnixMillis(5), UnixMillis(4), UnixMillis(3)])
        // What a change left is what the next one found.
        #expect(rows[0].before == rows[1].after && rows[1].before == rows[3].after && rows[2].before == rows[4].after)
        #expect(rows[3].before.isEmpty && rows[4].before.isEmpty)
        #expect(rows.allSatisfy { $0.after.utf8.count == 64 && $0.after != $0.before })
    }

    @Test func digest_isOfTheRowAsJSON() throws {
        let rig = try StoreRig()
        _ = try rig.makeTenant(.acme)
        let row = #"[0,"acme","acme",\#(SpendPolicy.reserve.rawValue),0,null,null,\#(StoreRig.start.value)]"#
        #expect(try rows(rig)[0].after == SHA256Digest(of: Array(row.utf8)).description)
    }

    @Test func pages_areATenantsOwnAndGoBackwards() throws {
        let rig = try StoreRig()
        _ = try rig.makeTenant(.acme)
        _ = try rig.makeTenant(.other)
        for number in UInt64(1)...3 { _ = try rig.makeKey(.test(number), of: .other) }
        let all = try rows(rig, of: .other)
        #expect(all.count == 4 && all.allSatisfy { $0.tenant == "other" })
        #expect(try rows(rig, of: .other, before: all[1].number) == Array(all[2...]))
        #expect(try rows(rig).count == 5)
    }

    @Test func rows_areFoundByWhatWasDoneToWhatSinceWhen() throws {
        let rig = try StoreRig()
        let tenant = try rig.makeTenant(.acme)
        let key = try rig.makeKey(.test(1))
        try rig.ask { store throws(StorageError) in
            _ = try store.updateTenant(
                tenant, TenantUpdate(isSuspended: .set(true)), by: "test", at: UnixMillis(StoreRig.start.value + 9))
        }
        func actions(_ filter: AuditFilter) throws -> [String] { try page(rig, filter).rows.map(\.action) }
        #expect(try actions(AuditFilter(action: "key.created")) == ["key.created"])
        #expect(try actions(AuditFilter(subject: key.id.text)) == ["key.created"])
        #expect(try actions(AuditFilter(tenant: .acme, subject: "acme")) == ["tenant.changed", "tenant.created"])
        #expect(try actions(AuditFilter(since: UnixMillis(StoreRig.start.value + 9))) == ["tenant.changed"])
        #expect(try actions(AuditFilter(action: "none")).isEmpty)
        let first = try page(rig, AuditFilter(subject: "acme"), limit: 1)
        #expect(first.rows.map(\.action) == ["tenant.changed"])
        let next = try #require(first.next)
        #expect(try page(rig, AuditFilter(subject: "acme"), before: next, limit: 1).rows.map(\.number) == [1])
        // A row of a clock that was behind hides none before it.
        try rig.ask { store throws(StorageError) in
            _ = try store.updateTenant(
                tenant, TenantUpdate(isSuspended: .set(false)), by: "test", at: UnixMillis(1))
        }
        #expect(try actions(AuditFilter(since: UnixMillis(StoreRig.start.value + 9))) == ["tenant.changed"])
    }

    @Test func change_thatFails_leavesNoRow_andNoRowThatFailsAChange() throws {
        // The n-th file operation fails: either there are a tenant and its row, or neither.
        for failing in 1...200 {
            let faulty = FaultyFiles()
            let rig = try StoreRig(faulty)
            faulty.plan(.once(failing))
            let made = try? rig.makeTenant(.acme)
            let hasFailed = faulty.hasFailed
            faulty.plan(.none)
            let (tenants, audit) = try rig.ask { store throws(StorageError) in
                (
                    try store.tenants(after: nil, limit: 10, now: StoreRig.start).count,
                    try store.audit(AuditFilter(), limit: 10).rows.count
                )
            }
            #expect(tenants == audit && tenants == (made == nil ? 0 : 1), "operation \(failing)")
            if !hasFailed { return }
        }
        Issue.record("a change has more than 200 file operations")
    }

    @Test func oldRows_arePruned_newOnesStay() throws {
        let rig = try StoreRig()
        _ = try rig.makeTenant(.acme)
        let tenant = try rig.makeTenant(.other)
        try rig.ask { store throws(StorageError) in
            _ = try store.updateTenant(tenant, TenantUpdate(isSuspended: .set(true)), by: "test", at: UnixMillis(.max))
            _ = try store.prune(before: UnixMillis(StoreRig.start.value + 1), settled: 0)
        }
        #expect(try rows(rig).map(\.action) == ["tenant.changed"])
    }
}
