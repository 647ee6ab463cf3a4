// Routes: every path this gateway answers, with what a caller needs to be let through.
//
// For: one table that a reviewer can read, a test can walk, and the dispatcher looks up.
// Refuses: paths and methods that are not in it (404, 405 with Allow).
// Called by: Gateway (dispatch), tests (every metered route must turn away an empty wallet).

import Tenancy

/// Whose manners an answer follows.
enum Manner: Sendable, CaseIterable {
    case anthropic
    case openai
    /// Weir's own account routes: `{"error":{"code","message","request_id"}}`.
    case account
}

/// How far a request must go through admission before its endpoint runs.
enum AdmissionClass: Sendable {
    /// Answered to anybody: probes, health, the public catalog.
    case open
    /// A valid key with the scope, within its rate limits.
    case authenticated
    /// As `authenticated`, and the money for it must be held first: the request may reach an upstream.
    case metered
}

/// What runs once admission has let a request through.
enum Endpoint: Sendable {
    case probe, health
    case messages, chatCompletions
    case models, model
    case usage, balance, catalog
    case keyList, keyCreate, keyChange, keyRevoke, keyUsage
}

/// One row: a method and path, and what it takes.
struct Route: Sendable {
    let method: String
    /// Segments separated by `/`; a segment `{id}` matches any single one.
    let path: String
    let manner: Manner
    let scope: Scope
    let admission: AdmissionClass
    let endpoint: Endpoint
}

/// The table.
enum Routes {
    static let all: [Route] = [
        Route("HEAD", "/", .account, [], .open, .probe),
        Route("GET", "/", .account, [], .open, .probe),
        Route("HEAD", "/api/hello", .account, [], .open, .probe),
        Route("GET", "/health", .account, [], .open, .health),
        Route("HEAD", "/health", .account, [], .open, .health),
        Route("POST", "/v1/messages", .anthropic, .inference, .metered, .messages),
        Route("POST", "/v1/chat/completions", .openai, .inference, .metered, .chatCompletions),
        Route("GET", "/v1/models", .openai, .inference, .authenticated, .models),
        Route("GET", "/v1/models/{id}", .openai, .inference, .authenticated, .model),
        Route("GET", "/v1/usage", .account, .account, .authenticated, .usage),
        Route("GET", "/v1/billing/balance", .account, .account, .authenticated, .balance),
        Route("GET", "/v1/catalog", .account, [], .open, .catalog),
        Route("GET", "/v1/keys", .account, .keys, .authenticated, .keyList),
        Route("POST", "/v1/keys", .account, .keys, .authenticated, .keyCreate),
        Route("PATCH", "/v1/keys/{id}", .account, .keys, .authenticated, .keyChange),
        Route("DELETE", "/v1/keys/{id}", .account, .keys, .authenticated, .keyRevoke),
        Route("GET", "/v1/keys/{id}/usage", .account, .keys, .authenticated, .keyUsage),
    ]
}

extension Route {
    init(
        _ method: String, _ path: String, _ manner: Manner, _ scope: Scope, _ admission: AdmissionClass,
        _ endpoint: Endpoint
    ) {
        self.init(
            method: method, path: path, manner: manner, scope: scope, admission: admission, endpoint: endpoint)
    }
}
