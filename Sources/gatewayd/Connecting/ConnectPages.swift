// ConnectPages: where the vendor leads a person's browser back to, and what all pages about connecting share.
//
// For: `/oauth/connections/{provider}/callback` (RFC 6749 §4.1). The way there begins in ConnectConsent.
// Refuses: answers that CallbackQuery and tokend refuse, each with a page that says why; more answers at a time than
//          `finishingMost`.
// Called by: Gateway, for anybody: what is asked is in the ticket, the cookie and the state.

import Connections
import HTTP
import IPC
import NIOCore
import Tenancy
import Translation

extension ConnectionEndpoints {
    /// Callbacks under way per event loop: each may take tokend to a vendor and back.
    static let finishingMost = 64

    /// The address of this gateway, where browsers are served, and the provider that the path names.
    func browsers(
        _ provider: String, _ rules: ConnectRules
    ) throws(Refusal) -> (origin: WebOrigin, provider: ProviderDefinition) {
        guard let origin = rules.browser.publicURL else {
            throw Refusal(.notFound, "no_public_url", "This gateway does not serve browsers.")
        }
        return (origin, try ConnectBody.provider(provider, rules.providers))
    }

    /// The session that the browser has already: two accounts may be on their way in two windows.
    func session(_ exchange: HTTPExchange, _ origin: WebOrigin) -> String? {
        ConnectSession.secret(inCookies: exchange.head.fields.texts(of: "cookie"), isSecure: origin.isSecure)
    }

    // MARK: callback

    /// `GET /oauth/connections/{provider}/callback?code&state&iss`: the answer of the vendor, brought by the browser.
    func callback(_ provider: String, _ rules: ConnectRules, _ id: RequestID, on exchange: HTTPExchange) {
        showing(id, exchange) { () throws(Refusal) in
            let (origin, provider) = try browsers(provider, rules)
            let query = try Self.query(exchange)
            guard let session = session(exchange, origin), let state = query.value(of: "state"), query.state != nil
            else {
                throw Refusal(
                    .invalidRequest, "state_unknown",
                    "This was not begun in this browser, or too long ago. Please begin again, with cookies allowed.")
            }
            guard finishing < Self.finishingMost else {
                throw Refusal(
                    .unavailable, "overloaded", "Too many accounts are being connected; please try again.",
                    retryAfterSeconds: 1)
            }
            let request = ConnectFinishRequest(
                state: state, session: ConnectSession.digest(session, provider.id),
                code: SecretField(query.value(of: "code") ?? ""), error: try Self.error(query),
                issuer: query.value(of: "iss")?.cut(toBytes: FieldLimits.line) ?? "")
            finishing += 1
            tokens.connectFinish(request) { [self] result in
                finishing -= 1
                showing(id, exchange) { () throws(Refusal) in try finished(result.orRefusal(), rules, id, exchange) }
            }
        }
    }

    private static func query(_ exchange: HTTPExchange) throws(Refusal) -> CallbackQuery {
        do throws(GrammarFault) {
            let query = try CallbackQuery(Array((exchange.head.queryText ?? "").utf8))
            guard query.value(of: "code").map({ $0.utf8.count <= FieldLimits.code }) ?? true else {
                throw GrammarFault("the code is too long")
            }
            return query
        } catch {
            throw Refusal(.invalidRequest, "answer_malformed", "The vendor's answer cannot be read: \(error.reason).")
        }
    }

    /// What the vendor or the person said instead of a code.
    private static func error(_ query: CallbackQuery) throws(Refusal) -> String {
        guard let error = query.value(of: "error"), !error.isEmpty else {
            guard query.value(of: "code") != nil else {
                throw Refusal(
                    .invalidRequest, "answer_malformed", "The vendor's answer has neither a code nor an error.")
            }
            return ""
        }
        let said = query.value(of: "error_description").map { "\(error): \($0)" } ?? error
        return Excerpt.of(said.utf8).cut(toBytes: FieldLimits.note)
    }

    private func finished(
        _ answer: ConnectFinishAnswer, _ rules: ConnectRules, _ id: RequestID, _ exchange: HTTPExchange
    ) throws(Refusal) {
        do throws(Refusal) { try answer.outcome.orRefusal(answer.text) } catch {
            var refusal = error
            // Proxies put a page of their own in the place of a 502.
            if refusal.kind == .upstreamFailed { refusal.kind = .invalidRequest }
            throw refusal
        }
        guard let account = answer.account else { throw Refusal(IPC.TokenRefusal.fieldInvalid, answer.text) }
        tickets.connected(account)
        // Judged again: the configuration may be another one than when the connection was begun.
        if let target = ReturnTarget(answer.returnTo, rules.browser) {
            return Page.redirect(to: target.location, id, on: exchange)
        }
        let name = rules.providers[account.provider]?.displayName ?? account.provider.text
        Page.answer(
            "Connected",
            "<p>The account \(account.account.text) at \(name) is connected. You can close this page.</p>", id,
            on: exchange)
    }

    // MARK: pages

    /// Shows what `act` refuses.
    func showing(_ id: RequestID, _ exchange: HTTPExchange, _ act: () throws(Refusal) -> Void) {
        do throws(Refusal) { try act() } catch { Page.refuse(error, id, on: exchange) }
    }
}

extension Result where Failure == CallFailure {
    /// The answer, or that there was none.
    func orRefusal() throws(Refusal) -> Success {
        switch self {
        case .success(let value): return value
        case .failure(let failure): throw Refusal(failure)
        }
    }
}
