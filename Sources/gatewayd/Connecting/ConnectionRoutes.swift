// ConnectionRoutes: the rows of the route table about connected accounts, and who answers them.
//
// For: programs of tenants, people's browsers, and the operator's programs.
// Refuses: everything where no accounts can be connected; a wrong administrator's key.
// Called by: Routes (the rows), Gateway (dispatch).

import HTTP
import Routing
import Tenancy
import Translation

/// What a tenant's program wants with its accounts.
enum ConnectionRoute: Sendable {
    case providers, list, connect, test, remove, start
}

/// What a browser wants.
enum BrowserRoute: Sendable {
    /// The page that asks, the form on it, and the way back.
    case begin, agree, callback
}

/// What an operator's program wants.
enum AdminRoute: Sendable {
    case tokenPut, tokenList, tokenRemove, seed, audit
}

extension Routes {
    static let connections: [Route] = [
        console(.get, "/providers", .providers),
        console(.get, "", .list),
        console(.post, "/api-key", .connect),
        console(.get, "/{provider}/start", .start),
        console(.post, "/{provider}/{account}/test", .test),
        console(.delete, "/{provider}/{account}", .remove),
        browser(.get, "/begin", .begin),
        browser(.post, "/begin", .agree),
        browser(.get, "/callback", .callback),
        admin(.put, "/tokens/{tenant}/{provider}/{account}", .tokenPut),
        admin(.delete, "/tokens/{tenant}/{provider}/{account}", .tokenRemove),
        admin(.get, "/tokens/{tenant}", .tokenList),
        admin(.post, "/seed-oauth", .seed),
        admin(.get, "/audit", .audit),
    ]

    private static func console(_ method: RequestMethod, _ path: String, _ part: ConnectionRoute) -> Route {
        Route(method, "/console/connections\(path)", .account, .connections, .authenticated, .connections(part))
    }

    private static func browser(_ method: RequestMethod, _ path: String, _ part: BrowserRoute) -> Route {
        Route(method, "/oauth/connections/{provider}\(path)", .account, [], .open, .browser(part))
    }

    private static func admin(_ method: RequestMethod, _ path: String, _ part: AdminRoute) -> Route {
        Route(method, "/admin\(path)", .account, [], .administrator, .admin(part))
    }
}

extension Gateway {
    static let connectionsOff = Refusal(
        .notFound, "connections_off", "No accounts can be connected here (gatewayd.tokend_socket).")

    /// What is configured now.
    var connectRules: ConnectRules { ConnectRules(providers: connections.providers, browser: settings.browser) }

    func answer(
        _ part: ConnectionRoute, _ parameters: [String], _ caller: AuthenticatedKey, _ id: RequestID,
        _ exchange: HTTPExchange
    ) {
        guard let connecting else { return Answer.refuse(Self.connectionsOff, .account, id, on: exchange) }
        let (tenant, source) = (caller.tenant.id, caller.key.id.text)
        connecting.answering(id, exchange) { () throws(Refusal) in
            switch part {
            case .providers: connecting.providers(connectRules, id, on: exchange)
            case .list: connecting.list(of: tenant, id, on: exchange)
            case .connect: connecting.connect(caller, connectRules, id, on: exchange)
            case .start: connecting.start(parameters[0], caller, connectRules, id, on: exchange)
            case .test:
                connecting.test(try connecting.account(tenant, parameters), by: source, id, on: exchange)
            case .remove:
                connecting.remove(try connecting.account(tenant, parameters), by: source, id, on: exchange)
            }
        }
    }

    func open(_ part: BrowserRoute, _ parameters: [String], _ id: RequestID, _ exchange: HTTPExchange) {
        guard let connecting else { return Page.refuse(Self.connectionsOff, id, on: exchange) }
        if let seconds = pause(before: .connecting, exchange) {
            let reason = "There are too many requests from where you are. Please try again in \(seconds) s."
            return Page.refuse(
                Refusal(.rateLimit, "rate_limited", reason, retryAfterSeconds: seconds), id, on: exchange)
        }
        switch part {
        case .begin: connecting.begin(parameters[0], connectRules, id, on: exchange)
        case .agree: connecting.agree(parameters[0], connectRules, id, on: exchange)
        case .callback: connecting.callback(parameters[0], connectRules, id, on: exchange)
        }
    }

    /// The routes below /admin: for whoever has the key, as often as the instance takes requests. A wrong key takes nothing
    /// from that limit: whoever sends such keys could keep others out.
    func administrate(
        _ route: Route, _ parameters: [String], _ id: RequestID, _ exchange: HTTPExchange, _ startedNanos: UInt64
    ) {
        do throws(Refusal) {
            guard case .admin(let part) = route.endpoint else {
                preconditionFailure("\(route.path) is not for administrators")
            }
            try checkAdministrator(exchange)
            let verdict = RateLimiting.ask(settings.rates, instance: shared.instanceBucket, now: startedNanos)
            if case .limited(let standing) = verdict { return limited(standing, route, id, exchange) }
            administer(part, parameters, id, on: exchange)
        } catch {
            lane.refuse(error.kind)
            Answer.refuse(error, .account, id, on: exchange)
        }
    }

    private func checkAdministrator(_ exchange: HTTPExchange) throws(Refusal) {
        guard let key = settings.browser.adminKey else {
            throw Refusal(.notFound, "not_found", "There is nothing at \(exchange.head.pathText).")
        }
        let fields = exchange.head.fields
        let isRight =
            fields.withValue(of: "x-admin-key") { key.matches($0) }
            ?? fields.withValue(of: "authorization") { Authentication.bearer(in: $0).map(key.matches) ?? false }
            ?? false
        guard isRight else {
            throw Refusal(.authentication, "admin_key_wrong", "This needs the administrator's key.")
        }
    }
}
