// ProviderBook: what the configuration says about providers, as tokend uses it.
//
// For: which kinds a provider takes, by which rules its tokens are refreshed, what its token endpoint is asked.
// Refuses: a provider that is not configured, an account without a client where the provider asks for one, an endpoint that is
//      no address.
// Called by: RefreshLoop, TokenEndpoint, Service. Made anew by each reload.

import Connections
import DaemonKit
import IPC
import ProviderCatalog
import Refresh
import Tenancy

/// Why a token endpoint cannot be asked.
struct RequestFault: Error, Hashable, Sendable {
    /// For people, without secrets.
    let text: String
}

struct ProviderBook: Sendable {
    let table: ProviderTable
    /// The operator's registrations.
    let clients: [ProviderID: ProviderClient]

    // MARK: kinds

    /// What may be released.
    var rules: ReleaseRules {
        let pairs = table.providers.map { provider in
            (provider.id, Set(CredentialKind.allCases.filter { takes($0, provider) }))
        }
        return ReleaseRules(kinds: Dictionary(uniqueKeysWithValues: pairs))
    }

    /// Whether a provider is connected with credentials of that kind.
    func takes(_ kind: CredentialKind, _ provider: ProviderDefinition) -> Bool {
        kind.authKind.map { provider.placement(of: $0) != nil } ?? false
    }

    // MARK: refreshing

    /// By which rules a provider's tokens are refreshed. One that is not configured any more keeps the standard ones: its
    /// accounts fail until it is back.
    func policy(of provider: String) -> RefreshPolicy {
        var policy = RefreshPolicy()
        guard let oauth = ProviderID(provider).flatMap({ table[$0] })?.oauth else { return policy }
        // A definition may say none; an alarm at the very end is one all the same.
        policy.lead = max(Millis(1), Millis(oauth.refreshLead))
        policy.defaultLifetime = Millis(oauth.defaultLifetime)
        policy.minimumLifetime = min(policy.minimumLifetime, policy.defaultLifetime)
        policy.expiry = ExpiryRule(rawValue: oauth.lifetimeUnit.rawValue) ?? .seconds
        precondition(policy.fault == nil, "the bounds of definitions are those of policies")
        return policy
    }

    /// What distinguishes one line of turns from another: the host that is asked.
    func host(provider: String, endpoint: String?) -> String {
        if let endpoint { return (try? WebAddress(endpoint).origin.description) ?? endpoint }
        return ProviderID(provider).flatMap { table[$0] }?.oauth?.tokenURL.origin.description ?? "unknown"
    }

    // MARK: requests

    /// The definition an account is refreshed by, its own endpoint in it.
    func definition(for account: AccountRecord) throws(RequestFault) -> ProviderDefinition {
        guard var provider = table[account.key.provider] else {
            throw RequestFault(text: "no provider of that name is configured")
        }
        guard provider.oauth != nil else { throw RequestFault(text: "the provider has no token endpoint") }
        if let endpoint = account.endpoint {
            do throws(GrammarFault) {
                provider.oauth?.tokenURL = try WebAddress(endpoint)
            } catch {
                throw RequestFault(text: "the account's token endpoint: \(error.reason)")
            }
        }
        return provider
    }

    /// The application that speaks for an account: its own, or the operator's.
    func client(of account: AccountRecord, _ secret: Secret?) throws(RequestFault) -> ClientRegistration {
        guard let own = account.client else {
            // The operator's secret goes to the provider's own endpoint and nowhere else.
            guard account.endpoint == nil else {
                throw RequestFault(text: "an endpoint of its own needs a client of its own")
            }
            return try operatorClient(at: account.key.provider)
        }
        guard let client = ClientRegistration(id: own, secret: secret.map { SecretText($0) }) else {
            throw RequestFault(text: "the account's client id or secret cannot be sent")
        }
        return client
    }

    /// The application that the operator has registered at a provider.
    func operatorClient(at provider: ProviderID) throws(RequestFault) -> ClientRegistration {
        guard let client = clients[provider] else {
            throw RequestFault(text: "the operator has no client at this provider (connections.clients)")
        }
        return client.registration
    }

    /// What is asked for at a provider when nobody says otherwise.
    func scopes(at provider: ProviderDefinition) -> [String] {
        clients[provider.id]?.scopes ?? provider.oauth?.scopes ?? []
    }

    /// What the request that refreshes an account carries in secret, the client's included, whosever it is.
    func secrets(_ material: CallMaterial) throws(RequestFault) -> [SecretText] {
        let client = try client(of: material.record, material.secrets.clientSecret)
        let token = material.secrets.refreshToken.map { SecretText.spelt([SecretText($0)]) } ?? []
        return client.spellings + token
    }

    /// The request that refreshes an account.
    func refreshRequest(
        _ material: CallMaterial, _ provider: ProviderDefinition
    ) throws(RequestFault) -> OutboundRequest {
        guard let oauth = provider.oauth else { throw RequestFault(text: "the provider has no token endpoint") }
        let client = try client(of: material.record, material.secrets.clientSecret)
        do throws(GrammarFault) {
            return try oauth.tokenRequest(try grant(material, scopes(at: provider)), client: client)
        } catch {
            throw RequestFault(text: error.reason)
        }
    }

    /// The request that hands an account's tokens back; `nil` where there is none to be made.
    func revocationRequest(_ removed: RemovedAccount) throws(RequestFault) -> OutboundRequest? {
        // Tokens of an endpoint of its own are nothing for the definition's.
        guard let secret = removed.secrets.secret, removed.record.kind == .oauth, removed.record.endpoint == nil else {
            return nil
        }
        guard let oauth = table[removed.record.key.provider]?.oauth, oauth.revocation != nil else { return nil }
        let client = try client(of: removed.record, removed.secrets.clientSecret)
        do throws(GrammarFault) {
            return try oauth.revocationRequest(
                accessToken: SecretText(secret), refreshToken: removed.secrets.refreshToken.map { SecretText($0) },
                client: client)
        } catch {
            throw RequestFault(text: error.reason)
        }
    }

    private func grant(_ material: CallMaterial, _ usual: [String]) throws(GrammarFault) -> TokenGrantRequest {
        if let token = material.secrets.refreshToken { return .refreshToken(SecretText(token)) }
        guard material.record.kind == .clientCredentials else { throw GrammarFault("the account has no refresh token") }
        let scopes = material.record.scopes.split(separator: " ").map(String.init)
        return .clientCredentials(scopes: scopes.isEmpty ? usual : scopes)
    }
}

extension CredentialKind {
    /// As definitions call it; `nil` for a withdrawn credential.
    var authKind: AuthKind? {
        switch self {
        case .none: nil
        case .apiKey: .apiKey
        case .botToken: .botToken
        case .basic: .basic
        case .oauth: .oauth2
        case .clientCredentials: .clientCredentials
        }
    }
}

extension SecretText {
    /// A copy for a request, which does not print either.
    init(_ secret: Secret) { self.init(secret.withBytes { Array($0) }) }
}

extension Millis {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
