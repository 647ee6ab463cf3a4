// Keys: a tenant's programs manage its API keys.
//
// For: `/v1/keys` and what is below it. The same rules and the same order of events as an operator's changes.
// Refuses: keys of other tenants (404, as if they were not there), and giving away more than the caller has: a scope it
//          lacks, a life beyond its own, anything at all when the caller itself is capped.
// Called by: Gateway, once a caller is authenticated and has the scope `keys`.

import HTTP
import IPC
import JSON
import Money
import NIOCore
import Storage
import Tenancy
import Translation

extension AccountEndpoints {
    /// Keys of one page when nobody says how many.
    static let keyPage = 100

    /// `GET /v1/keys?limit&after`: by public name, revoked and expired ones too.
    func listKeys(_ caller: AuthenticatedKey, _ id: RequestID, on exchange: HTTPExchange) {
        let query = Query(exchange.head.queryText)
        let (limit, after): (Int, KeyID?)
        do {
            limit = try query.integer("limit", within: 1...Store.pageMost) ?? Self.keyPage
            after = try query["after"].map { text throws(Refusal) in try KeyID(orRefusal: text) }
        } catch {
            return Answer.refuse(error, .account, id, on: exchange)
        }
        let tenant = caller.tenant
        let question: StoreQuestion<[StoredKey]> = { store throws(StorageError) in
            try store.keys(of: tenant, after: after, limit: limit + 1)
        }
        store.perform(on: eventLoop, question, answering(id, exchange) { StoredKey.page($0, limit: limit) })
    }

    /// `POST /v1/keys`: the only answer that holds the secret.
    func createKey(_ caller: AuthenticatedKey, _ id: RequestID, on exchange: HTTPExchange) {
        collect(id, exchange) { [self] body throws(Refusal) in
            let wish = try body.wish(of: caller)
            let done = changing(id, exchange, status: 201) { (made: MadeKey) in made.json }
            administration.createKey(wish, by: caller.key.id.text, on: eventLoop, done)
        }
    }

    /// `PATCH /v1/keys/{id}`: name, cap or expiry.
    func changeKey(_ key: String, _ caller: AuthenticatedKey, _ id: RequestID, on exchange: HTTPExchange) {
        collect(id, exchange) { [self] body throws(Refusal) in
            let key = try KeyID(orRefusal: key)
            let update = try body.update(by: caller)
            let done = changing(id, exchange) { (_: Void) in Self.confirmation(key) }
            administration.updateKey(
                key, of: caller.tenant.id, update, by: caller.key.id.text, on: eventLoop, done)
        }
    }

    /// `DELETE /v1/keys/{id}`: for ever; a second time is answered as the first.
    func revokeKey(_ key: String, _ caller: AuthenticatedKey, _ id: RequestID, on exchange: HTTPExchange) {
        do {
            let key = try KeyID(orRefusal: key)
            let done = changing(id, exchange) { (at: UnixMillis) in Self.confirmation(key, revokedAt: at) }
            administration.revokeKey(
                key, of: caller.tenant.id, by: caller.key.id.text, on: eventLoop, done)
        } catch {
            Answer.refuse(error, .account, id, on: exchange)
        }
    }

    /// `GET /v1/keys/{id}/usage?limit&before`: what it spent in its life, by model, and its latest attempts.
    func keyUsage(_ text: String, _ caller: AuthenticatedKey, _ id: RequestID, on exchange: HTTPExchange) {
        let query = Query(exchange.head.queryText)
        let (key, limit, before): (KeyID, Int, Int64?)
        do {
            key = try KeyID(orRefusal: text)
            limit = try query.integer("limit", within: 0...Store.eventPageMost) ?? Store.eventPageMost
            before = try query.integer("before", within: 1...Int64.max)
        } catch {
            return Answer.refuse(error, .account, id, on: exchange)
        }
        let tenant = caller.tenant.id
        let question: StoreQuestion<KeyUsage?> = { store throws(StorageError) in
            guard let stored = try store.key(key), stored.tenant == tenant else { return nil }
            return try KeyUsage(stored, store, before: before, limit: limit)
        }
        let bound = NIOLoopBound(exchange, eventLoop: eventLoop)
        let answer = answering(id, exchange) { (usage: KeyUsage) in usage.json }
        store.perform(on: eventLoop, question) { result in
            switch result {
            case .success(nil): Answer.refuse(Refusal(.keyUnknown), .account, id, on: bound.value)
            case .success(let usage?): answer(.success(usage))
            case .failure(let failure): answer(.failure(failure))
            }
        }
    }
}

// MARK: bodies in, answers out

extension AccountEndpoints {
    /// A key's settings at their longest are a tenth of this.
    static let bodyMost = 16 << 10

    /// Reads the body as JSON, then calls `act`; a refusal of either is answered.
    private func collect(
        _ id: RequestID, _ exchange: HTTPExchange, _ act: @escaping (KeyBody) throws(Refusal) -> Void
    ) {
        exchange.collectBody(limit: Self.bodyMost) { result in
            do throws(Refusal) {
                switch result {
                case .success(let bytes): try act(try KeyBody(bytes))
                case .failure(.clientGone): break
                case .failure(let problem): throw Refusal(problem)
                }
            } catch {
                Answer.refuse(error, .account, id, on: exchange)
            }
        }
    }

    /// The end of a change: its answer as JSON, or why there is none.
    private func changing<Value: Sendable>(
        _ id: RequestID, _ exchange: HTTPExchange, status: Int = 200, _ body: @escaping (Value) -> [UInt8]
    ) -> @Sendable (Result<Value, AdminFailure>) -> Void {
        let bound = NIOLoopBound((exchange, body), eventLoop: eventLoop)
        return { result in
            let (exchange, body) = bound.value
            switch result {
            case .success(let value): Answer.json(body(value), status: status, .account, id, on: exchange)
            case .failure(.refused(let refusal)): Answer.refuse(Refusal(refusal), .account, id, on: exchange)
            case .failure(.store): Answer.refuse(RequestPipeline.storeUnavailable, .account, id, on: exchange)
            }
        }
    }

    private static func confirmation(_ key: KeyID, revokedAt: UnixMillis? = nil) -> [UInt8] {
        var body: [UInt8] = []
        JSONWriter.append(to: &body) { writer in
            writer.object {
                $0.member("ok", true)
                $0.member("id", key.text)
                if let revokedAt { $0.member("revoked_at_ms", revokedAt.value) }
            }
        }
        return body
    }
}

extension KeyID {
    /// A name that is no key's name is not found, like one that nobody has.
    fileprivate init(orRefusal text: String) throws(Refusal) {
        guard let key = KeyID(text) else { throw Refusal(.keyUnknown) }
        self = key
    }
}

extension Refusal {
    /// An administration refusal in an HTTP answer.
    init(_ refusal: AdminRefusal) {
        switch refusal {
        case .keyUnknown: self.init(.notFound, "key_unknown", "There is no such key.")
        case .keyRevoked:
            self.init(.invalidRequest, "key_revoked", "The key is revoked; it can not be changed any more.")
        case .fieldInvalid:
            self.init(.invalidRequest, "field_invalid", "A field makes no sense, such as an expiry in the past.")
        case .limitReached: self.init(.permission, "limit_reached", "There are as many keys as there may be.")
        case .tenantUnknown, .tenantExists: self.init(.internal, "internal", "The account could not be found.")
        }
    }

    /// A body that could not be read.
    init(_ problem: RequestProblem) {
        self.init(
            Translation.ErrorKind(status: problem.status), problem.status == 413 ? "body_too_large" : "body_malformed",
            "The request body could not be read.")
    }
}
