// Discovery: what a tenant's agents can call, as the tool `discover` tells it.
//
// For: finding domains, accounts, actions with the schema of their arguments, and allowed paths.
// Refuses: to tell of providers where the tenant has no account; more than `mostDomains` at a time.
// Called by: ToolServer, with what gatewayd knows of the tenant's accounts.

public import Connections
import JSON
import Tenancy

/// A provider with the accounts that a tenant has there.
public struct ToolOffer: Sendable {
    /// The provider.
    public let provider: ProviderDefinition
    /// The accounts; at least one, or the provider is not told of.
    public let accounts: [AccountOffer]

    public init(_ provider: ProviderDefinition, _ accounts: [AccountOffer]) {
        (self.provider, self.accounts) = (provider, accounts)
    }
}

/// Answers `discover`.
struct Discovery {
    let offers: [ToolOffer]

    /// The most domains of one answer.
    static let mostDomains = 20
    /// The longest text that is looked for, in bytes.
    static let longestQuery = 100

    /// The answer to these arguments.
    func result(_ arguments: ToolArguments) throws(AgentFailure) -> ToolResult {
        try arguments.refuseUnknown(beside: ["rationale", "domain", "query"])
        let domain = try arguments.text("domain", longest: ProviderNameLimit.longest)
        let query = try arguments.text("query", longest: Self.longestQuery)?.lowercased()
        var found: [(offer: ToolOffer, domain: ProviderDomain)] = []
        for offer in offers where !offer.accounts.isEmpty {
            for part in offer.provider.allDomains where domain.map({ $0 == part.name.text }) ?? true {
                if let query, !query.isEmpty, !Self.matches(query, part, offer.provider) { continue }
                found.append((offer, part))
            }
        }
        return ToolResult(body: Self.body(found), isError: false)
    }

    private static func matches(_ query: String, _ domain: ProviderDomain, _ provider: ProviderDefinition) -> Bool {
        let texts = [domain.name.text, provider.id.text, provider.displayName] + domain.actions.map(\.name)
        return texts.contains { $0.lowercased().contains(query) }
    }

    private static func body(_ found: [(offer: ToolOffer, domain: ProviderDomain)]) -> [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.key("domains")
                $0.array { list in
                    for (offer, domain) in found.prefix(mostDomains) { list.append(domain, offer) }
                }
                $0.member("more", max(0, found.count - mostDomains))
            }
        }
        return out
    }
}

/// Domains are named like providers.
private enum ProviderNameLimit { static let longest = 32 }

extension JSONWriter {
    fileprivate mutating func append(_ domain: ProviderDomain, _ offer: ToolOffer) {
        object {
            $0.member("domain", domain.name.text)
            $0.member("provider", offer.provider.id.text)
            $0.member("name", offer.provider.displayName)
            $0.key("accounts")
            $0.array { list in for account in offer.accounts { list.append(account) } }
            $0.key("paths")
            $0.array { list in for rule in domain.allow { list.string(rule.description) } }
            $0.key("actions")
            $0.array { list in for action in domain.actions { list.append(action) } }
        }
    }

    private mutating func append(_ account: AccountOffer) {
        object {
            $0.member("account_id", account.name.text)
            $0.member("usable", account.isUsable)
            $0.member("facts", object: { for fact in account.facts.pairs { $0.member(fact.name, fact.value) } })
        }
    }

    private mutating func append(_ action: ProviderAction) {
        object {
            $0.member("action", action.name)
            $0.member("request", "\(action.method.rawValue) \(action.path)")
            $0.key("parameters")
            $0.object { schema in
                schema.member("type", "object")
                schema.key("properties")
                schema.object { for parameter in action.parameters { $0.append(parameter) } }
                schema.key("required")
                schema.array { list in
                    for parameter in action.parameters where parameter.isRequired { list.string(parameter.name) }
                }
            }
        }
    }

    /// A parameter's JSON schema under its name.
    private mutating func append(_ parameter: ActionParameter) {
        key(parameter.name)
        object {
            switch parameter.form {
            case .text: $0.member("type", "string")
            case .integer: $0.member("type", "integer")
            case .flag: $0.member("type", "boolean")
            case .list:
                $0.member("type", "array")
                $0.member("items", object: { $0.member("type", "string") })
            case .any: break
            }
            if let most = parameter.most { $0.member("maximum", most) }
            if let fallback = parameter.fallback {
                $0.key("default")
                parameter.fallbackValue(fallback).write(to: &$0)
            }
        }
    }
}

extension ActionParameter {
    fileprivate func fallbackValue(_ text: String) -> JSONValue {
        switch form {
        case .integer: .number(text)
        case .flag: .boolean(text == "true")
        case .text, .list, .any: .string(text)
        }
    }
}
