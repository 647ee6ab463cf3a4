// Service+Tenants: an operator's questions and changes about tenants.
//
// For: messages 0x0201 to 0x0203.
// Refuses: limits that are not enforced (tokens a minute) or out of range: fieldInvalid.
// Called by: Service's table.

import IPC
import Storage
import Tenancy

extension ServiceContext {
    /// What the audit calls whoever asks over the socket; the kernel knows the user.
    static func source<Response>(_ answer: IPC.Answer<Response>) -> String {
        "weirctl, user \(answer.peer.credentials.uid)"
    }

    func createTenant(_ request: TenantCreateRequest, _ answer: IPC.Answer<AdminAnswer>) {
        guard let rate = RateOverride.accepting(request.limits) else { return answer.refuse(.fieldInvalid) }
        let wish = TenantWish(
            id: request.tenant, displayName: request.displayName, policy: request.policy, rate: rate)
        administration.createTenant(wish, by: Self.source(answer), on: eventLoop, changed(answer))
    }

    func updateTenant(_ request: TenantUpdateRequest, _ answer: IPC.Answer<AdminAnswer>) {
        guard let rate = RateOverride.accepting(request.limits) else { return answer.refuse(.fieldInvalid) }
        let update = TenantUpdate(
            displayName: request.displayName, policy: request.policy, isSuspended: request.suspended, rate: rate)
        administration.updateTenant(request.tenant, update, by: Self.source(answer), on: eventLoop, changed(answer))
    }

    func listTenants(_ request: TenantListRequest, _ answer: IPC.Answer<TenantListAnswer>) {
        let limit = min(max(Int(request.limit), 1), Store.pageMost)
        let now = clock()
        let done = reply(to: answer) { (found: [StoredTenant]) in TenantListAnswer(found, limit: limit) }
        // One more than asked tells whether there is a following page.
        let question: StoreQuestion<[StoredTenant]> = { store throws(StorageError) in
            try store.tenants(after: request.after, limit: limit + 1, now: now)
        }
        store.perform(on: eventLoop, question, done)
    }

    /// The end of a change that has nothing more to say.
    func changed(_ answer: IPC.Answer<AdminAnswer>) -> @Sendable (Result<Void, AdminFailure>) -> Void {
        reply(to: answer, { AdminAnswer(outcome: .done) }, refused: { AdminAnswer(outcome: .refused($0)) })
    }
}

extension IPC.Answer<AdminAnswer> {
    func refuse(_ refusal: AdminRefusal) { send(AdminAnswer(outcome: .refused(refusal))) }
}

extension TenantListAnswer {
    fileprivate init(_ found: [StoredTenant], limit: Int) {
        let page = found.prefix(limit)
        self.init(next: found.count > limit ? page.last?.record.id : nil, tenants: page.map { TenantRow($0) })
    }
}

extension TenantRow {
    fileprivate init(_ stored: StoredTenant) {
        self.init(
            tenant: stored.record.id, displayName: stored.displayName, policy: stored.record.policy,
            suspended: stored.record.isSuspended, createdAt: stored.createdAt, keys: UInt32(clamping: stored.keys),
            limits: stored.record.rate?.limits)
    }
}

extension RateOverride {
    /// The override that `limits` asks for, none for none; `nil` when it cannot be kept.
    static func accepting(_ limits: RateLimits?) -> RateOverride?? {
        guard let limits else { return .some(nil) }
        return RateOverride(perMinute: limits.requestsPerMinute, burst: limits.requestBurst).map { .some($0) }
    }

    /// The same for a field of an update.
    static func accepting(_ change: Change<RateLimits?>) -> Change<RateOverride?>? {
        switch change {
        case .keep: .keep
        case .set(let limits): accepting(limits).map { .set($0) }
        }
    }

    var limits: RateLimits {
        RateLimits(requestsPerMinute: perMinute, requestBurst: burst)
    }
}
