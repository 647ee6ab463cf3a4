// OAuthRequest: one request of a program, or of its user's browser, on the way to a token for /mcp.
//
// For: the routes in OAuthRoute. The access token is a key of the tenant, made as any key is: it can be listed, limited and
//      revoked like any other.
// Refuses: everything while the operator has not said where browsers reach this gateway; what module OAuthServer refuses;
//          peers that ask too often.
// Called by: Gateway, on its event loop.

import Connections
import HTTP
import Hashing
import IPC
import Logging
import NIOCore
import OAuthServer
import Routing
import Storage
import Tenancy
import Translation

/// Loop-bound; one per request.
final class OAuthRequest {
    let gateway: Gateway
    let exchange: HTTPExchange
    let id: RequestID

    var desk: OAuthDesk { gateway.shared.oauth }

    init(_ gateway: Gateway, _ exchange: HTTPExchange, _ id: RequestID) {
        (self.gateway, self.exchange, self.id) = (gateway, exchange, id)
    }

    func start(_ part: OAuthRoute) {
        guard let origin = gateway.settings.browser.publicURL, gateway.tokens != nil else {
            let reason = "This gateway does not take programs that register themselves."
            return Answer.refuse(Refusal(.notFound, "no_public_url", reason), .account, id, on: exchange)
        }
        let server = ServerMetadata(origin)
        switch part {
        case .protectedResource: return document(server.protectedResource)
        case .authorizationServer: return document(server.authorizationServer)
        case .register, .consent, .decision, .token, .revoke: break
        }
        if let seconds = gateway.pause(before: part.errand, exchange) {
            return refuse(OAuthProblem(.tooManyRequests, "please try again in \(seconds) s"), retryAfter: seconds)
        }
        switch part {
        case .register: register()
        case .consent: ConsentRequest(self, server, isSecure: origin.isSecure).show()
        case .decision: ConsentRequest(self, server, isSecure: origin.isSecure).decide()
        case .token: form { [self] form throws(OAuthProblem) in try exchangeCode(form, server) }
        case .revoke: form { [self] form throws(OAuthProblem) in try revoke(form) }
        case .protectedResource, .authorizationServer: preconditionFailure("documents were answered")
        }
    }

    // MARK: registration

    private func register() {
        exchange.collectBody(limit: ClientWish.largestBody) { [self] result in
            guard let body = body(result) else { return }
            let wish = body.withUnsafeReadableBytes { bytes in
                Result { () throws(OAuthProblem) in try ClientWish(bytes) }
            }
            do throws(OAuthProblem) { try register(try wish.get()) } catch { refuse(error) }
        }
    }

    private func register(_ wish: ClientWish) throws(OAuthProblem) {
        let client = PublicClient(
            id: ClientID(random: SecureRandom.bytes(ClientID.randomBytes)), wish: wish,
            registeredAt: Clock.unixMillis())
        ask({ store throws(StorageError) in try store.register(client) }) { [self] _ in
            json(client.registration, status: 201)
        }
    }

    // MARK: tokens

    private func exchangeCode(_ form: OAuthParameters, _ server: ServerMetadata) throws(OAuthProblem) {
        let request = try CodeExchange(form, at: server)
        let now = Clock.unixMillis()
        guard let grant = grant(for: request.code, now: now) else { throw CodeExchange.mismatch }
        try request.check(grant, OAuthDesk.sha256)
        // Whoever agreed may have been revoked, suspended or capped meanwhile.
        guard case .accepted(let granter) = gateway.keys.find(grant.fingerprint, now: now), granter.mayGrant else {
            throw CodeExchange.mismatch
        }
        let ends = min(now.value + Grant.tokenMillis, granter.key.expiresAt.value)
        let wish = KeyWish(
            tenant: grant.tenant, name: grant.keyName, scope: .agent, cap: nil, rate: nil, expiresAt: UnixMillis(ends))
        let seconds = (ends - now.value) / 1000
        let bound = NIOLoopBound(self, eventLoop: exchange.eventLoop)
        gateway.account.administration.createKey(wish, by: granter.key.id.text, on: exchange.eventLoop) { result in
            bound.value.made(result, for: grant, request.code, seconds: seconds)
        }
    }

    /// What was agreed to. A code that comes again was seen by somebody else: the key that was made for it ends.
    private func grant(for code: AuthorizationCode, now: UnixMillis) -> Grant? {
        switch desk.take(code, now: now) {
        case .grant(let grant): return grant
        case .nothing: return nil
        case .used(let key):
            end(key)
            return nil
        }
    }

    private func end(_ key: KeyID) {
        gateway.log.warning(
            "a code was used twice; its key is revoked", metadata: ["request": "\(id)", "key": "\(key.text)"])
        gateway.account.administration.revokeKey(key, of: nil, by: key.text, on: exchange.eventLoop) { _ in }
    }

    private func made(
        _ result: Result<MadeKey, AdminFailure>, for grant: Grant, _ code: AuthorizationCode, seconds: Int64
    ) {
        switch result {
        case .success(let made):
            guard desk.note(made.key.id, madeFor: code) else {
                end(made.key.id)
                return refuse(CodeExchange.mismatch)
            }
            tell(made.key.id, grant)
            json(CodeExchange.answer(token: made.secret.reveal(), seconds: seconds))
        case .failure(.refused(.limitReached)):
            refuse(OAuthProblem(.accessDenied, "the tenant has as many keys as it may have"))
        case .failure(.refused): refuse(CodeExchange.mismatch)
        case .failure(.store): refuse(Self.unavailable)
        }
    }

    private func tell(_ key: KeyID, _ grant: Grant) {
        gateway.log.info(
            "a program got a key",
            metadata: [
                "request": "\(id)", "tenant": "\(grant.tenant)", "client": "\(grant.client)", "key": "\(key.text)",
            ])
        let client = grant.client
        gateway.store.perform(
            on: exchange.eventLoop,
            { store throws(StorageError) in try store.noteUse(of: client, at: Clock.unixMillis()) }, { _ in })
    }

    /// Whoever has the token may end it; any other is answered alike (RFC 7009 §2.2). Keys that can do more than a token of
    /// ours are not touched.
    private func revoke(_ form: OAuthParameters) throws(OAuthProblem) {
        guard let token = form["token"] else { throw OAuthProblem(.invalidRequest, "token is missing") }
        guard case .accepted(let caller)? = gateway.keys.find(text: token, now: Clock.unixMillis()),
            caller.key.scope == .agent
        else { return json(Array("{}".utf8)) }
        let bound = NIOLoopBound(self, eventLoop: exchange.eventLoop)
        let (tenant, key) = (caller.tenant.id, caller.key.id)
        gateway.account.administration.revokeKey(key, of: tenant, by: key.text, on: exchange.eventLoop) { result in
            switch result {
            case .success, .failure(.refused): bound.value.json(Array("{}".utf8))
            case .failure(.store): bound.value.refuse(Self.unavailable)
            }
        }
    }
}

// Bodies in, answers out.
extension OAuthRequest {
    static let unavailable = OAuthProblem(.temporarilyUnavailable, "please try again")

    /// Reads a form, then calls `act`; a refusal of either is answered.
    private func form(_ act: @escaping (OAuthParameters) throws(OAuthProblem) -> Void) {
        exchange.collectBody(limit: OAuthParameters.largest) { [self] result in
            guard let body = body(result) else { return }
            do throws(OAuthProblem) {
                guard exchange.head.fields.text(of: "content-type").map(MediaType.isForm) == true else {
                    throw OAuthProblem(.invalidRequest, "the body must be application/x-www-form-urlencoded")
                }
                try act(try OAuthParameters(body.readableBytesView))
            } catch { refuse(error) }
        }
    }

    /// The body; a refusal is answered.
    func body(_ result: Result<ByteBuffer, RequestProblem>) -> ByteBuffer? {
        switch result {
        case .success(let body): return body
        case .failure(.clientGone): return nil
        case .failure(let problem):
            Answer.refuse(RequestPipeline.refusal(for: problem, gateway.settings), .account, id, on: exchange)
            return nil
        }
    }

    /// Asks the store, and goes on here.
    func ask<Value: Sendable>(_ question: @escaping StoreQuestion<Value>, _ done: @escaping (Value) -> Void) {
        let bound = NIOLoopBound((self, done), eventLoop: exchange.eventLoop)
        gateway.store.perform(on: exchange.eventLoop, question) { result in
            let (request, done) = bound.value
            switch result {
            case .success(let value): done(value)
            case .failure: request.refuse(Self.unavailable)
            }
        }
    }

    /// An answer that no cache keeps (RFC 6749 §5.1).
    func json(_ body: [UInt8], status: Int = 200) {
        respond(status, body) { $0.append("cache-control", "no-store") }
    }

    /// A document that is the same for everybody.
    private func document(_ body: [UInt8]) {
        respond(200, body) {
            $0.append("cache-control", "public, max-age=300")
            $0.append("access-control-allow-origin", "*")
        }
    }

    func refuse(_ problem: OAuthProblem, retryAfter: Int? = nil) {
        respond(problem.status, problem.body) { headers in
            headers.append("cache-control", "no-store")
            if let retryAfter { headers.append("retry-after", retryAfter) }
        }
    }

    private func respond(_ status: Int, _ body: [UInt8], _ also: (inout HeaderBlock) -> Void) {
        exchange.respond(status: status, body: ByteBuffer(bytes: body)) { headers in
            headers.append("content-type", "application/json")
            Answer.appendIdentity(of: id, .account, to: &headers)
            also(&headers)
        }
    }
}

extension AuthenticatedKey {
    /// Whether its holder may give a key for agents away: the rules of `POST /v1/keys`.
    var mayGrant: Bool { key.scope.isSuperset(of: [.agent, .keys]) && key.cap == nil }
}

extension KeyTable {
    /// Who presents this key; `nil` for text that is none.
    func find(text: String, now: UnixMillis) -> KeyLookup? {
        let bytes = Array(text.utf8)
        guard bytes.count == KeyText.length,
            let fingerprint = SHA256Digest(of: bytes).withBytes({ KeyFingerprint($0) })
        else { return nil }
        return find(fingerprint, now: now)
    }
}
