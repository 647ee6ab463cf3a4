// OAuthRoute: the paths of MCP, and those by which programs come to a key for it.
//
// For: the route table.
// Refuses: nothing.
// Called by: Routes, OAuthRequest.

import HTTP
import Tenancy

/// What an OAuth path is for.
enum OAuthRoute: Sendable {
    /// RFC 9728, RFC 8414.
    case protectedResource, authorizationServer
    /// RFC 7591.
    case register
    /// The page that somebody agrees on, and its form.
    case consent, decision
    /// RFC 6749 §3.2, RFC 7009.
    case token, revoke

    /// What it counts as.
    var errand: StrangersErrand { if case .register = self { .registering } else { .authorizing } }
}

extension Routes {
    /// The first document is also where clients look for it that append the resource's path (RFC 9728 §3.1).
    static let tools: [Route] = [
        Route(.post, "/mcp", .tools, .agent, .authenticated, .tools),
        Route(.get, "/.well-known/oauth-protected-resource", .account, [], .open, .oauth(.protectedResource)),
        Route(.get, "/.well-known/oauth-protected-resource/mcp", .account, [], .open, .oauth(.protectedResource)),
        Route(.get, "/.well-known/oauth-authorization-server", .account, [], .open, .oauth(.authorizationServer)),
        Route(.post, "/oauth/register", .account, [], .open, .oauth(.register)),
        Route(.get, "/oauth/authorize", .account, [], .open, .oauth(.consent)),
        Route(.post, "/oauth/authorize", .account, [], .open, .oauth(.decision)),
        Route(.post, "/oauth/token", .account, [], .open, .oauth(.token)),
        Route(.post, "/oauth/revoke", .account, [], .open, .oauth(.revoke)),
    ]
}
