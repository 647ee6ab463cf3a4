// Service+Keys: an operator's questions and changes about API keys.
//
// For: messages 0x0204 to 0x0207.
// Refuses: what Administration refuses, and limits that are not enforced: fieldInvalid.
// Called by: Service's table.

import IPC
import Storage
import Tenancy

extension ServiceContext {
    func createKey(_ request: KeyCreateRequest, _ answer: IPC.Answer<KeyCreateAnswer>) {
        guard let rate = RateOverride.accepting(request.limits) else {
            answer.send(KeyCreateAnswer(.fieldInvalid))
            return
        }
        let wish = KeyWish(
            tenant: request.tenant, name: request.name, scope: request.scopes, cap: request.cap, rate: rate,
            expiresAt: request.expiresAt)
        let done = reply(to: answer, { (made: MadeKey) in KeyCreateAnswer(made) }, refused: { KeyCreateAnswer($0) })
        administration.createKey(wish, by: Self.source(answer), on: eventLoop, done)
    }

    func listKeys(_ request: KeyListRequest, _ answer: IPC.Answer<KeyListAnswer>) {
        let limit = min(max(Int(request.limit), 1), Store.pageMost)
        let done = reply(to: answer) { (found: [StoredKey]) in KeyListAnswer(found, limit: limit) }
        let question: StoreQuestion<[StoredKey]> = { store throws(StorageError) in
            let tenant = request.tenant.map { store.directory.tenant($0) }
            if case .some(nil) = tenant { return [] }
            return try store.keys(of: tenant ?? nil, after: request.after, limit: limit + 1)
        }
        store.perform(on: eventLoop, question, done)
    }

    func revokeKey(_ request: KeyRevokeRequest, _ answer: IPC.Answer<KeyRevokeAnswer>) {
        let done = reply(
            to: answer, { (at: UnixMillis) in KeyRevokeAnswer(outcome: .done, revokedAt: at) },
            refused: { KeyRevokeAnswer(outcome: .refused($0), revokedAt: nil) })
        administration.revokeKey(request.key, of: nil, by: Self.source(answer), on: eventLoop, done)
    }

    func updateKey(_ request: KeyUpdateRequest, _ answer: IPC.Answer<AdminAnswer>) {
        guard let rate = RateOverride.accepting(request.limits) else { return answer.refuse(.fieldInvalid) }
        let update = KeyUpdate(name: request.name, cap: request.cap, rate: rate, expiresAt: request.expiresAt)
        administration.updateKey(
            request.key, of: nil, update, by: Self.source(answer), on: eventLoop, changed(answer))
    }
}

extension KeyCreateAnswer {
    fileprivate init(_ made: MadeKey) {
        self.init(outcome: .done, key: made.key.id, secret: made.secret.reveal(), display: made.key.display)
    }

    fileprivate init(_ refusal: AdminRefusal) {
        self.init(outcome: .refused(refusal), key: nil, secret: "", display: "")
    }
}

extension KeyListAnswer {
    fileprivate init(_ found: [StoredKey], limit: Int) {
        let page = found.prefix(limit)
        self.init(next: found.count > limit ? page.last?.id : nil, keys: page.map { KeyRow($0) })
    }
}

extension KeyRow {
    fileprivate init(_ stored: StoredKey) {
        self.init(
            key: stored.id, tenant: stored.tenant, scopes: stored.scope, createdAt: stored.createdAt,
            expiresAt: stored.expiresAt, revokedAt: stored.revokedAt, lastUsedAt: stored.lastUsedAt, cap: stored.cap,
            spent: stored.spent, name: stored.name, display: stored.display, limits: stored.rate?.limits)
    }
}
