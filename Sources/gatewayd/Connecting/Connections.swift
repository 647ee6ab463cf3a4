// Connections: a tenant's programs connect, list, test and remove accounts at vendors.
//
// For: `/console/connections` and what is below it. Everything is done by tokend; nothing here sees a stored secret.
// Refuses: accounts of other tenants (their names begin with the caller's own), bodies that ConnectBody refuses, providers
//          and return addresses that are not configured; everything while tokend is away (503).
// Called by: Gateway, once a caller is authenticated and has the scope `connections`.

import Connections
import HTTP
import IPC
import NIOCore
import Tenancy
import Translation

/// What is configured at the moment of a request.
struct ConnectRules {
    let providers: ProviderTable
    let browser: BrowserConfiguration
}

/// One event loop's dealings with tokend on behalf of people and programs. Bound to it.
final class ConnectionEndpoints {
    let tokens: TokenClient
    let tickets: ConnectTickets
    /// Seals the forms of pages.
    let desk: OAuthDesk
    let clock: @Sendable () -> UnixMillis
    /// Callbacks of browsers that tokend is working on.
    var finishing = 0

    /// Accounts of one page when nobody says how many.
    static let page = 100

    init(
        tokens: TokenClient, tickets: ConnectTickets, desk: OAuthDesk,
        clock: @escaping @Sendable () -> UnixMillis = { Clock.unixMillis() }
    ) {
        (self.tokens, self.tickets, self.desk, self.clock) = (tokens, tickets, desk, clock)
    }

    /// `GET /console/connections/providers`.
    func providers(_ rules: ConnectRules, _ id: RequestID, on exchange: HTTPExchange) {
        Answer.json(ConnectionAnswers.catalogue(rules.providers), .account, id, on: exchange)
    }

    /// `GET /console/connections?provider&limit&after`: by provider and name.
    func list(_ caller: AuthenticatedKey, _ id: RequestID, on exchange: HTTPExchange) {
        list(of: caller.tenant.id, id, on: exchange)
    }

    /// A page of a tenant's accounts. A page's token is the last account's `provider/account`, so that it leads into no
    /// other tenant's.
    func list(of tenant: TenantID, _ id: RequestID, on exchange: HTTPExchange) {
        let query = Query(exchange.head.queryText)
        answering(id, exchange) { () throws(Refusal) in
            let limit = try query.integer("limit", within: 1...UInt16(FieldLimits.errorRows)) ?? UInt16(Self.page)
            let after = query["after"].map { "\(tenant)/\($0)" }
            guard after.map({ AccountKey($0) != nil }) ?? true else {
                throw Refusal(.invalidRequest, "invalid_parameter", "after is no page's \"next\".", field: "after")
            }
            let provider = query["provider"] ?? ""
            guard provider.isEmpty || ProviderID(provider) != nil else {
                throw Refusal(.notFound, "provider_unknown", "There is no such provider.", field: "provider")
            }
            let request = TokenListRequest(tenant: tenant, provider: provider, after: after ?? "", limit: limit)
            tokens.list(request, reply(id, exchange) { $0.json })
        }
    }

    /// `POST /console/connections/api-key`.
    func connect(_ caller: AuthenticatedKey, _ rules: ConnectRules, _ id: RequestID, on exchange: HTTPExchange) {
        collect(id, exchange) { [self] body throws(Refusal) in
            let request = try ConnectBody.key(
                body, of: caller.tenant.id, rules.providers, by: caller.key.id.text)
            put(request, id, on: exchange)
        }
    }

    /// Stores an account: 201 and its id.
    func put(_ request: TokenPutRequest, _ id: RequestID, on exchange: HTTPExchange) {
        tokens.put(
            request,
            reply(id, exchange, status: 201) { (answer) throws(Refusal) in
                try answer.outcome.orRefusal(answer.text)
                return ConnectionAnswers.confirmation(of: request.account)
            })
    }

    /// `POST /console/connections/{provider}/{account}/test`: what the vendor says, with status 200.
    func test(_ account: AccountKey, by source: String, _ id: RequestID, on exchange: HTTPExchange) {
        tokens.test(
            TokenTestRequest(account: account, source: source),
            reply(id, exchange) { (answer) throws(Refusal) in
                try answer.refuseUnlessTried()
                return answer.json(of: account)
            })
    }

    /// `DELETE /console/connections/{provider}/{account}`: withdrawn here, then revoked at the vendor where that is possible.
    func remove(_ account: AccountKey, by source: String, _ id: RequestID, on exchange: HTTPExchange) {
        tokens.remove(
            TokenRemoveRequest(account: account, revoke: true, source: source),
            reply(id, exchange) { (answer) throws(Refusal) in
                try answer.outcome.orRefusal(answer.text)
                return answer.json(of: account)
            })
    }
}

// MARK: the way to a browser

extension ConnectionEndpoints {
    /// `GET /console/connections/{provider}/start?account&display_name&scopes&return_to`, and the provider's own fields: a link
    /// for somebody's browser.
    func start(
        _ provider: String, _ caller: AuthenticatedKey, _ rules: ConnectRules, _ id: RequestID,
        on exchange: HTTPExchange
    ) {
        let query = Query(exchange.head.queryText)
        answering(id, exchange) { () throws(Refusal) in
            let (origin, provider) = try flow(provider, rules)
            let account = try ConnectBody.account(
                caller.tenant.id, provider, query["account"] ?? ConnectBody.plainAccount)
            let now = clock()
            let ticket = ConnectTicket(
                account: account, label: try label(query["display_name"] ?? ""),
                scopes: try scopes(query["scopes"] ?? "", provider),
                returnTo: try returnTo(query["return_to"] ?? "", rules), source: caller.key.id.text,
                facts: try ConnectBody.facts(query.others(than: Self.startParameters), provider),
                expiresAt: UnixMillis(now.value + TicketTable.lifetime))
            let secret = tickets.issue(ticket, now: now)
            let url = "\(origin)/oauth/connections/\(provider.id)/begin?ticket=\(secret)"
            Answer.json(ConnectionAnswers.link(url, ticket.expiresAt), .account, id, on: exchange)
        }
    }

    /// What `start` itself takes; what is beside is the provider's.
    private static let startParameters: Set = ["account", "display_name", "scopes", "return_to"]

    /// The gateway's own address, and a provider where people agree.
    private func flow(
        _ provider: String, _ rules: ConnectRules
    ) throws(Refusal) -> (origin: WebOrigin, provider: ProviderDefinition) {
        let provider = try ConnectBody.provider(provider, rules.providers)
        guard provider.isConnectedInBrowsers else {
            throw Refusal(.invalidRequest, "kind_unfit", "\(provider.displayName) is not connected in a browser.")
        }
        guard let origin = rules.browser.publicURL else {
            throw Refusal(
                .notFound, "no_public_url", "The operator has not said where browsers reach this gateway (public_url).")
        }
        return (origin, provider)
    }

    private func label(_ text: String) throws(Refusal) -> String {
        guard text.utf8.count <= FieldLimits.displayName, text.isOneLine else {
            throw Refusal(
                .invalidRequest, "invalid_parameter",
                "display_name is one line of at most \(FieldLimits.displayName) bytes.", field: "display_name")
        }
        return text
    }

    private func scopes(_ text: String, _ provider: ProviderDefinition) throws(Refusal) -> String {
        let scopes = text.split(separator: " ").map(String.init)
        let isFit = scopes.allSatisfy { provider.oauth?.isScope($0) ?? false }
        guard isFit, text.utf8.count <= FieldLimits.scopeList else {
            throw Refusal(
                .invalidRequest, "invalid_parameter",
                "scopes are separated by blanks, \(FieldLimits.scopeList) bytes at most.",
                field: "scopes")
        }
        return scopes.joined(separator: " ")
    }

    private func returnTo(_ text: String, _ rules: ConnectRules) throws(Refusal) -> String {
        guard !text.isEmpty else { return "" }
        guard ReturnTarget(text, rules.browser) != nil else {
            throw Refusal(
                .invalidRequest, "invalid_parameter",
                "return_to is neither a path of this gateway nor at one of gatewayd.return_origins.", field: "return_to"
            )
        }
        return text
    }
}

extension ProviderDefinition {
    /// Whether somebody can agree to it in a browser.
    var isConnectedInBrowsers: Bool { oauth?.authorizeURL != nil && placement(of: .oauth2) != nil }
}

// MARK: questions in, answers out

extension ConnectionEndpoints {
    /// The account that a path names.
    func account(_ tenant: TenantID, _ parameters: some Collection<String>) throws(Refusal) -> AccountKey {
        let names = parameters.map { Query.decoded($0[...].utf8[...]) }
        guard let key = AccountKey(([tenant.text] + names).joined(separator: "/")), names.count == 2 else {
            throw Refusal(.notFound, "account_unknown", "There is no such account.")
        }
        return key
    }

    /// Answers what `act` refuses.
    func answering(_ id: RequestID, _ exchange: HTTPExchange, _ act: () throws(Refusal) -> Void) {
        do throws(Refusal) { try act() } catch { Answer.refuse(error, .account, id, on: exchange) }
    }

    /// Reads the body, then calls `act`; a refusal of either is answered.
    func collect(_ id: RequestID, _ exchange: HTTPExchange, _ act: @escaping (ByteBuffer) throws(Refusal) -> Void) {
        exchange.collectBody(limit: ConnectBody.most) { [self] result in
            answering(id, exchange) { () throws(Refusal) in
                switch result {
                case .success(let bytes): try act(bytes)
                case .failure(.clientGone): break
                case .failure(let problem): throw Refusal(problem)
                }
            }
        }
    }

    /// The end of a question to tokend: its answer as JSON, or why there is none.
    func reply<Value>(
        _ id: RequestID, _ exchange: HTTPExchange, status: Int = 200,
        _ body: @escaping (Value) throws(Refusal) -> [UInt8]
    ) -> (Result<Value, CallFailure>) -> Void {
        { [self] result in
            answering(id, exchange) { () throws(Refusal) in
                switch result {
                case .success(let value):
                    Answer.json(try body(value), status: status, .account, id, on: exchange)
                case .failure(let failure): throw Refusal(failure)
                }
            }
        }
    }
}
