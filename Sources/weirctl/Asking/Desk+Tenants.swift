// Desk+Tenants: questions about tenants that take more than one message.
//
// For: whole lists out of pages, one row out of a list.
// Refuses: a tenant that is not there.
// Called by: TenantCommand, WalletCommand, UpCommand's demo.

import IPC
import Money
import Tenancy

extension Desk {
    /// All tenants by name.
    func tenants() async throws(Complaint) -> [TenantRow] {
        try await gateway { client throws(CallFailure) in
            var rows: [TenantRow] = []
            var after: TenantID?
            repeat {
                let page = try await client.tenantList(TenantListRequest(after: after, limit: Self.pageRows))
                rows += page.tenants
                after = page.next
            } while after != nil
            return rows
        }
    }

    /// One tenant.
    func tenant(_ tenant: TenantID) async throws(Complaint) -> TenantRow {
        guard let row = try await tenants().first(where: { $0.tenant == tenant }) else {
            throw AdminRefusal.tenantUnknown.complaint(tenant.text)
        }
        return row
    }

    /// Changes what is given.
    func update(
        _ tenant: TenantID, policy: Change<SpendPolicy> = .keep, suspended: Change<Bool> = .keep,
        name: Change<String> = .keep, limits: Change<RateLimits?> = .keep
    ) async throws(Complaint) {
        let request = TenantUpdateRequest(
            tenant: tenant, policy: policy, suspended: suspended, displayName: name, limits: limits)
        let answer = try await gateway { client throws(CallFailure) in try await client.tenantUpdate(request) }
        try answer.outcome.check(tenant.text)
    }

    /// All keys by their public name, of one tenant or of all.
    func keys(of tenant: TenantID?) async throws(Complaint) -> [KeyRow] {
        try await gateway { client throws(CallFailure) in
            var rows: [KeyRow] = []
            var after: KeyID?
            repeat {
                let page = try await client.keyList(KeyListRequest(tenant: tenant, after: after, limit: Self.pageRows))
                rows += page.keys
                after = page.next
            } while after != nil
            return rows
        }
    }

    /// As many rows a page as the protocol allows.
    private static var pageRows: UInt16 { UInt16(FieldLimits.pageRows) }
}
