// ConnectConsent: the page on which somebody lets a tenant use an account of theirs, and the form on it.
//
// For: `GET` and `POST /oauth/connections/{provider}/begin`. Tenants share the operator's application at a vendor, and a vendor
//      asks nobody twice: without this page, following a link would be enough to hand an account over.
// Refuses: tickets that ConnectTickets refuses; forms that were not made here for this browser and this link.
// Called by: Gateway, for anybody: what is asked is in the ticket, the cookie and the seal.

import Connections
import HTTP
import IPC
import NIOCore
import OAuthServer
import Tenancy
import Translation

/// A link that was opened and is good.
private struct OpenedLink {
    let origin: WebOrigin
    let provider: ProviderDefinition
    /// What the link has in it, and what that stands for.
    let secret: String
    let ticket: ConnectTicket

    /// What a form is sealed for. Queries, which ConsentRequest seals for, have no blanks.
    var sealed: String { "connect \(provider.id) \(secret)" }

    var callback: String { "\(origin)/oauth/connections/\(provider.id)/callback" }
}

extension ConnectionEndpoints {
    /// The form has a seal and nothing else.
    static let formMost = 4 << 10

    /// `GET /oauth/connections/{provider}/begin?ticket`: asks. Nothing is begun, whoever led the browser here.
    func begin(_ provider: String, _ rules: ConnectRules, _ id: RequestID, on exchange: HTTPExchange) {
        showing(id, exchange) { () throws(Refusal) in
            let link = try opened(provider, rules, exchange)
            let session = session(exchange, link.origin) ?? URLSecret.make()
            let targets = Self.targets(of: link.provider, rules.browser)
            Page.answer("Connect an account?", content(link, session), formTargets: targets, id, on: exchange) {
                $0.append("set-cookie", ConnectSession.cookie(session, isSecure: link.origin.isSecure))
            }
        }
    }

    /// `POST /oauth/connections/{provider}/begin?ticket`: the form on that page; on to the vendor's.
    func agree(_ provider: String, _ rules: ConnectRules, _ id: RequestID, on exchange: HTTPExchange) {
        exchange.collectBody(limit: Self.formMost) { [self] result in
            showing(id, exchange) { () throws(Refusal) in
                switch result {
                case .success(let body):
                    let link = try opened(provider, rules, exchange)
                    go(on: link, try sealedSession(link, body, exchange), id, exchange)
                case .failure(.clientGone): break
                case .failure(let problem): throw Refusal(problem)
                }
            }
        }
    }

    private func opened(
        _ provider: String, _ rules: ConnectRules, _ exchange: HTTPExchange
    ) throws(Refusal) -> OpenedLink {
        let (origin, provider) = try browsers(provider, rules)
        let secret = Query(exchange.head.queryText)["ticket"] ?? ""
        guard let ticket = tickets.ticket(secret, of: provider.id, now: clock()) else {
            throw Refusal(
                .invalidRequest, "ticket_unknown",
                "This link is unknown, too old, or has done its work. Please ask for a new one where you got it.")
        }
        return OpenedLink(origin: origin, provider: provider, secret: secret, ticket: ticket)
    }

    /// The browser's session, which the form was sealed for.
    private func sealedSession(
        _ link: OpenedLink, _ body: ByteBuffer, _ exchange: HTTPExchange
    ) throws(Refusal) -> String {
        guard let form = try? OAuthParameters(body.readableBytesView), let seal = form["seal"],
            let session = session(exchange, link.origin), desk.isSealed(seal, cookie: session, query: link.sealed)
        else {
            throw Refusal(
                .invalidRequest, "form_unknown",
                "This was not agreed to in this browser, or too long ago. Please open the link again.")
        }
        return session
    }

    private func go(on link: OpenedLink, _ session: String, _ id: RequestID, _ exchange: HTTPExchange) {
        let ticket = link.ticket
        let request = ConnectBeginRequest(
            account: ticket.account, label: ticket.label, session: ConnectSession.digest(session, link.provider.id),
            redirect: link.callback, scopes: ticket.scopes, returnTo: ticket.returnTo, source: ticket.source,
            metadata: ticket.facts)
        tokens.connectBegin(request) { [self] result in
            showing(id, exchange) { () throws(Refusal) in
                let answer = try result.orRefusal()
                try answer.outcome.orRefusal(answer.text)
                Page.redirect(to: answer.url, id, on: exchange) {
                    $0.append("set-cookie", ConnectSession.cookie(session, isSecure: link.origin.isSecure))
                }
            }
        }
    }

    // MARK: the page

    /// Nothing in it but ids is the tenant's own choice.
    private func content(_ link: OpenedLink, _ session: String) -> HTML {
        let (name, account) = (link.provider.displayName, link.ticket.account)
        let seal = desk.seal(cookie: session, query: link.sealed)
        return """
            <p>The tenant <strong>\(account.tenant.text)</strong> asks to use your account at \
            <strong>\(name)</strong>. It will be kept there as <strong>\(account.account.text)</strong>, and \
            programs of that tenant will act with it until it is disconnected.</p>
            <p>You may not be asked again: if you use \(name) with this gateway already, it can agree at once. If you did \
            not ask for this link yourself, close this page.</p>
            <form method="post" action="/oauth/connections/\(link.provider.id.text)/begin?ticket=\(link.secret)">
            <input type="hidden" name="seal" value="\(seal)">
            <p><button>Connect my account for \(account.tenant.text)</button></p>
            </form>
            """
    }

    /// Browsers hold redirects after a form against form-action, too. Vendors lead on among hosts of their own, such as a
    /// customer's, and the way ends where the link says: only what is not https is named.
    private static func targets(of provider: ProviderDefinition, _ browser: BrowserConfiguration) -> [String] {
        let places = [provider.oauth?.authorizeURL?.origin].compactMap { $0 } + browser.returnOrigins
        return ["'self'", "https:"] + places.filter { !$0.isSecure }.map(\.description)
    }
}
