// ConsentRequest: the page on which somebody lets a program use their tenant's accounts, and the form on it.
//
// For: `GET` and `POST /oauth/authorize`. Who agrees shows a key of the tenant that may make keys: there are no passwords.
// Refuses: forms that were not made here for this browser and this request; keys that may not give such a key away.
// Called by: OAuthRequest.

import Connections
import HTTP
import Hashing
import NIOCore
import OAuthServer
import Storage
import Tenancy
import Translation

/// Loop-bound; one per request.
final class ConsentRequest {
    private let request: OAuthRequest
    private let server: ServerMetadata
    private let isSecure: Bool
    private let query: String

    private static let cookieName = "weir-consent"
    /// How long a page may be looked at before its form is no good, in seconds.
    private static let patience = 600

    private var exchange: HTTPExchange { request.exchange }

    init(_ request: OAuthRequest, _ server: ServerMetadata, isSecure: Bool) {
        (self.request, self.server, self.isSecure) = (request, server, isSecure)
        query = request.exchange.head.queryText ?? ""
    }

    /// The page.
    func show() {
        understood { [self] asked in page(asked, cookie: browser ?? OAuthDesk.cookie()) }
    }

    /// The form on it was sent.
    func decide() {
        exchange.collectBody(limit: OAuthParameters.largest) { [self] result in
            guard let body = request.body(result) else { return }
            guard let form = try? OAuthParameters(body.readableBytesView), let seal = form["seal"],
                let browser, request.desk.isSealed(seal, cookie: browser, query: query)
            else { return refuse("The form is too old, or another browser's. Begin again from the program.") }
            understood { [self] asked in decide(form, asked, browser) }
        }
    }

    private func decide(_ form: OAuthParameters, _ asked: AuthorizationRequest, _ browser: String) {
        guard form["decision"] == "allow" else {
            return leave(to: asked.refused(OAuthProblem(.accessDenied, "the user said no")))
        }
        let now = Clock.unixMillis()
        switch request.gateway.keys.find(text: form["key"] ?? "", now: now) {
        case .accepted(let caller) where caller.mayGrant:
            let grant = Grant(asked, tenant: caller.tenant.id, fingerprint: caller.key.fingerprint, grantedAt: now)
            leave(to: asked.granted(request.desk.issue(grant)))
        case .accepted: page(asked, cookie: browser, "This key may not make keys for agents.")
        case .suspended: page(asked, cookie: browser, "This account is suspended.")
        case .unknown, .expired, nil: page(asked, cookie: browser, "There is no such key, or not any more.")
        }
    }

    /// Calls `done` with what the query asks for; a refusal is answered.
    private func understood(_ done: @escaping (AuthorizationRequest) -> Void) {
        guard let parameters = try? OAuthParameters(query.utf8), let client = parameters.client else {
            return refuse(Self.strange)
        }
        request.ask({ store throws(StorageError) in try store.client(client) }) { [self] found in
            guard let found else { return refuse(Self.strange) }
            do throws(AuthorizationRefusal) {
                done(try AuthorizationRequest(parameters, from: found, at: server))
            } catch {
                switch error {
                case .page(let reason): refuse(reason)
                case .redirect(let location, let target) where target.origin.isLoopback: leave(to: location)
                case .redirect(let location, let target): offer(location, target)
                }
            }
        }
    }

    private static let strange = "The program that sent you here is not known. It has to register first."
}

// What people see.
extension ConsentRequest {
    private func page(_ asked: AuthorizationRequest, cookie: String, _ objection: String? = nil) {
        let seal = request.desk.seal(cookie: cookie, query: query)
        let warning: HTML = objection.map { "<p><strong>\($0)</strong></p>" } ?? ""
        let content: HTML = """
            \(warning)
            <p>The program <strong>\(asked.client.wish.name)</strong> wants to call APIs with all accounts that your tenant \
            has connected. It says itself what it is called; you will be sent to <strong>\(asked.redirect.origin.description)</strong>.</p>
            <p>It gets a key of its own, good for 90 days and for nothing else. You can revoke it like any other key.</p>
            <form method="post" action="/oauth/authorize?\(query)">
            <input type="hidden" name="seal" value="\(seal)">
            <p><label>A key of yours with the scopes agent and keys:<br>
            <input type="password" name="key" autocomplete="off" size="50"></label></p>
            <p><button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></p>
            </form>
            """
        // Browsers hold redirects after a form against form-action, too.
        let targets = ["'self'", asked.redirect.origin.description]
        Page.answer(
            status: objection == nil ? 200 : 403, "Let a program use your accounts?", content, formTargets: targets,
            request.id, on: exchange
        ) { headers in
            let bounds = "Path=/oauth/authorize; Max-Age=\(Self.patience)\(isSecure ? "; Secure" : "")"
            headers.append("set-cookie", "\(Self.cookieName)=\(cookie); \(bounds); HttpOnly; SameSite=Strict")
        }
    }

    private func refuse(_ reason: String) {
        Page.refuse(Refusal(.invalidRequest, "invalid_request", reason), request.id, on: exchange)
    }

    /// Anybody can register a program and make such a link: the browser stays until its user has seen where it would go.
    private func offer(_ location: String, _ target: RedirectTarget) {
        let content: HTML = """
            <p>The program that sent you here asked for something that is not possible. You have given nothing away.</p>
            <p><a href="\(location)">Go back to \(target.origin.description)</a></p>
            """
        Page.answer(status: 400, "This is not possible", content, request.id, on: exchange)
    }

    private func leave(to location: String) { Page.redirect(to: location, request.id, on: exchange) }

    /// The browser's cookie, if it has one of ours.
    private var browser: String? {
        for field in exchange.head.fields.texts(of: "cookie") {
            for pair in field.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parts[0] == Self.cookieName else { continue }
                let isOurs = parts[1].utf8.count == 64 && parts[1].allSatisfy { $0.isASCII && $0.isHexDigit }
                return isOurs ? String(parts[1]) : nil
            }
        }
        return nil
    }
}
