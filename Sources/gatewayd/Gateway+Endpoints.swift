// Gateway, past admission: which code answers which row of the route table.
//
// For: one switch that names every endpoint; adding a route without answering it does not compile.
// Refuses: nothing.
// Called by: Gateway.

import HTTP
import NIOCore
import Tenancy
import Translation

extension Gateway {
    /// Routes anybody may ask.
    func open(_ route: Route, _ parameters: [String], _ id: RequestID, _ exchange: HTTPExchange) {
        switch route.endpoint {
        case .probe: Health.probe(exchange)
        case .health: Health.answer(id, self, on: exchange)
        case .catalog: account.catalog(catalog, id, on: exchange)
        case .browser(let part): open(part, parameters, id, exchange)
        case .oauth(let part): OAuthRequest(self, exchange, id).start(part)
        case .metered, .tokenCount, .models, .model, .usage, .balance, .keyList, .keyCreate,
            .keyChange, .keyRevoke, .keyUsage, .agentCall, .connections, .admin,
            .tools:
            preconditionFailure("\(route.path) is not open to everybody")
        }
    }

    /// Routes a caller with a key may ask, beside the metered ones.
    func answer(
        _ route: Route, _ parameters: [String], _ caller: AuthenticatedKey, _ id: RequestID, _ exchange: HTTPExchange
    ) {
        switch route.endpoint {
        case .tokenCount: TokenCount(self, exchange, id).start()
        case .models: Models.list(id, catalog, on: exchange)
        case .model: Models.one(parameters[0], id, catalog, on: exchange)
        case .usage: account.usage(caller, id, on: exchange)
        case .balance: account.balance(caller, id, on: exchange)
        case .keyList: account.listKeys(caller, id, on: exchange)
        case .keyCreate: account.createKey(caller, id, on: exchange)
        case .keyChange: account.changeKey(parameters[0], caller, id, on: exchange)
        case .keyRevoke: account.revokeKey(parameters[0], caller, id, on: exchange)
        case .keyUsage: account.keyUsage(parameters[0], caller, id, on: exchange)
        case .agentCall: AgentRequest(self, exchange, caller, domain: parameters[1], id).start(tenant: parameters[0])
        case .connections(let part): answer(part, parameters, caller, id, exchange)
        case .tools: ToolRequest(self, exchange, caller, id).start()
        case .probe, .health, .catalog, .metered, .browser, .admin, .oauth:
            preconditionFailure("\(route.path) is answered elsewhere")
        }
    }
}

extension Gateway {
    /// Whose manners an error on `route` follows: the model list is shared by both dialects.
    func manner(of route: Route, _ exchange: HTTPExchange) -> Manner {
        switch route.endpoint {
        case .models, .model: Models.dialect(of: exchange.head) == .anthropic ? .anthropic : .openai
        default: route.manner
        }
    }

    /// Whose manners an answer to a path that is not ours follows: those of the SDK that seems to ask.
    static func manner(of exchange: HTTPExchange) -> Manner {
        exchange.head.withPath { manner(ofPath: $0) }
            ?? (Models.dialect(of: exchange.head) == .anthropic ? .anthropic : .openai)
    }

    /// By the path alone; `nil` when it says nothing.
    static func manner(ofPath path: UnsafeRawBufferPointer) -> Manner? {
        func begins(_ prefix: StaticString) -> Bool {
            prefix.withUTF8Buffer { path.count >= $0.count && zip($0, path).allSatisfy { $0 == $1 } }
        }
        if begins("/v1/messages") { return .anthropic }
        if begins("/v1/chat/") || begins("/v1/models") || begins("/v1/embeddings")
            || begins("/v1/responses")
        {
            return .openai
        }
        if begins("/v1/usage") || begins("/v1/billing") || begins("/v1/keys") || begins("/v1/catalog")
            || begins("/console/") || begins("/oauth/") || begins("/admin/")
        {
            return .account
        }
        if begins("/api/v1/") { return .agent }
        if begins("/mcp") { return .tools }
        if begins("/oauth/") || begins("/.well-known/") { return .account }
        return nil
    }
}
