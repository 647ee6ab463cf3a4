// Routes: every path this gateway answers, with what a caller needs to be let through.
//
// For: one table that a reviewer can read, a test can walk, and the dispatcher looks up.
// Refuses: paths and methods that are not in it (404, 405 with Allow).
// Called by: Gateway (dispatch), tests (every metered route must turn away an empty wallet).

import HTTP
import Tenancy

/// Whose manners an answer follows.
enum Manner: Sendable, CaseIterable {
    case anthropic
    case openai
    /// Weir's own account routes: `{"error":{"code","message","request_id"}}`.
    case account
    /// The agent API: `{"success":false,"error","code","status"}`.
    case agent
    /// MCP: a JSON-RPC error without an id.
    case tools
}

/// How far a request must go through admission before its endpoint runs.
enum AdmissionClass: Sendable {
    /// Answered to anybody: probes, health, the public catalog.
    case open
    /// A valid key with the scope, within its rate limits.
    case authenticated
    /// The operator's own key, which no tenant has.
    case administrator
    /// As `authenticated`, and the money for it must be held first: the request may reach an upstream.
    case metered
}

/// What runs once admission has let a request through.
enum Endpoint: Sendable {
    case probe, health
    case metered(Surface)
    case tokenCount
    case models, model
    case usage, balance, catalog
    case keyList, keyCreate, keyChange, keyRevoke, keyUsage
    case agentCall
    case connections(ConnectionRoute), browser(BrowserRoute), admin(AdminRoute)
    case tools, oauth(OAuthRoute)
}

/// One row: a method and path, and what it takes.
struct Route: Sendable {
    let method: RequestMethod
    /// Segments separated by `/`; a segment in braces matches any single one.
    let path: String
    let manner: Manner
    let scope: Scope
    let admission: AdmissionClass
    let endpoint: Endpoint
}

/// The table.
enum Routes {
    static let all: [Route] =
        [
            Route(.head, "/", .account, [], .open, .probe),
            Route(.get, "/", .account, [], .open, .probe),
            Route(.head, "/api/hello", .account, [], .open, .probe),
            Route(.get, "/health", .account, [], .open, .health),
            Route(.head, "/health", .account, [], .open, .health),
            Route(.post, "/v1/messages", .anthropic, .inference, .metered, .metered(.anthropic)),
            Route(.post, "/v1/messages/count_tokens", .anthropic, .inference, .authenticated, .tokenCount),
            Route(.post, "/v1/chat/completions", .openai, .inference, .metered, .metered(.openai)),
            Route(.post, "/v1/responses", .openai, .inference, .metered, .metered(.responses)),
            Route(.post, "/v1/embeddings", .openai, .inference, .metered, .metered(.embeddings)),
            Route(.get, "/v1/models", .openai, .inference, .authenticated, .models),
            Route(.get, "/v1/models/{id}", .openai, .inference, .authenticated, .model),
            Route(.get, "/v1/usage", .account, .account, .authenticated, .usage),
            Route(.get, "/v1/billing/balance", .account, .account, .authenticated, .balance),
            Route(.get, "/v1/catalog", .account, [], .open, .catalog),
            Route(.get, "/v1/keys", .account, .keys, .authenticated, .keyList),
            Route(.post, "/v1/keys", .account, .keys, .authenticated, .keyCreate),
            Route(.patch, "/v1/keys/{id}", .account, .keys, .authenticated, .keyChange),
            Route(.delete, "/v1/keys/{id}", .account, .keys, .authenticated, .keyRevoke),
            Route(.get, "/v1/keys/{id}/usage", .account, .keys, .authenticated, .keyUsage),
            Route(.post, "/api/v1/{tenant}/{domain}", .agent, .agent, .authenticated, .agentCall),
        ] + connections + tools
}

extension Route {
    init(
        _ method: RequestMethod, _ path: String, _ manner: Manner, _ scope: Scope, _ admission: AdmissionClass,
        _ endpoint: Endpoint
    ) {
        self.init(
            method: method, path: path, manner: manner, scope: scope, admission: admission, endpoint: endpoint)
    }
}

extension Route {
    /// The method as it is written in an `Allow` field.
    var methodText: String {
        switch method {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options, .trace, .connect, .other: preconditionFailure("no row of the table has such a method")
        }
    }
}
