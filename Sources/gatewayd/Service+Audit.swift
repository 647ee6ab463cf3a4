// Service+Audit: who changed tenants and keys, for operators.
//
// For: message 0x020F.
// Refuses: nothing; a page has 1 to 200 changes.
// Called by: Service's table.

import IPC
import Storage
import Tenancy

extension ServiceContext {
    func audit(_ request: GatewayAuditRequest, _ answer: IPC.Answer<GatewayAuditAnswer>) {
        let limit = min(max(Int(request.limit), 1), FieldLimits.errorRows)
        let before = request.before == 0 ? Int64.max : Int64(clamping: request.before)
        let done = reply(to: answer) { (page: AuditPage) in GatewayAuditAnswer(page) }
        let question: StoreQuestion<AuditPage> = { store throws(StorageError) in
            try store.audit(AuditFilter(tenant: request.tenant), before: before, limit: limit)
        }
        store.perform(on: eventLoop, question, done)
    }
}

extension GatewayAuditAnswer {
    fileprivate init(_ page: AuditPage) {
        self.init(next: page.next.map { UInt64(clamping: $0) } ?? 0, changes: page.rows.map { GatewayChange($0) })
    }
}

extension GatewayChange {
    fileprivate init(_ row: AuditRow) {
        guard let tenant = TenantID(row.tenant) else {
            preconditionFailure("the audit's tenant \(row.tenant) was written by this daemon and can be read by it")
        }
        self.init(
            number: UInt64(clamping: row.number), at: row.at, tenant: tenant, subject: row.subject,
            action: row.action.cut(toBytes: FieldLimits.display),
            source: row.source.cut(toBytes: FieldLimits.displayName),
            before: row.before, after: row.after)
    }
}
