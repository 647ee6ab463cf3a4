// ConnectBody: from a body to what tokend is asked to keep.
//
// For: keys and passwords that a tenant brings, tokens and grants that an operator brings.
// Refuses: providers and kinds that there are not, and members that neither the route nor the provider knows. What a value
//          means is judged by tokend as well, which has the last word.
// Called by: ConnectionEndpoints, AdminEndpoints.

import Connections
import IPC
import NIOCore
import Tenancy
import Translation

enum ConnectBody {
    /// A body at its longest: one secret of `FieldLimits.secret`, two of `FieldLimits.page`, escaped.
    static let most = 64 << 10
    /// The account's name when nobody gives it one.
    static let plainAccount = "default"

    /// `POST /console/connections/api-key`: {provider, account, display_name, kind, api_key | user + password, replace, and
    /// the provider's own fields}.
    static func key(
        _ bytes: ByteBuffer, of tenant: TenantID, _ providers: ProviderTable, by source: String
    ) throws(Refusal) -> TokenPutRequest {
        var body = try BodyMembers(bytes)
        let provider = try self.provider(try body.required("provider", most: FieldLimits.shortName), providers)
        let name = try body.text("account", most: AccountName.longest) ?? plainAccount
        var request = TokenPutRequest(try account(tenant, provider, name), .apiKey, by: source)
        let key = try body.secret("api_key", most: FieldLimits.secret)
        let password = try body.secret("password", most: FieldLimits.secret)
        let kinds: [AuthKind] = password.isEmpty ? [.apiKey, .botToken] : [.basic]
        request.kind = try kind(try body.text("kind", most: FieldLimits.shortName), of: provider, among: kinds)
        guard key.isEmpty != password.isEmpty else {
            throw BodyMembers.invalid(key.isEmpty ? "api_key" : "password", key.isEmpty ? "missing" : "one too many")
        }
        request.secret = key.isEmpty ? password : key
        request.user = try body.text("user", most: FieldLimits.note) ?? ""
        request.label = try body.text("display_name", most: FieldLimits.displayName) ?? ""
        request.replace = try body.flag("replace") ?? false
        request.metadata = try facts(try body.rest(), provider)
        return request
    }

    /// `PUT /admin/tokens/{tenant}/{provider}/{account}`: {access_token, expires_at, token_type, kind, display_name, scopes,
    /// and the provider's own fields}. It takes the place of what was there.
    static func token(
        _ bytes: ByteBuffer, _ account: AccountKey, _ providers: ProviderTable, by source: String
    ) throws(Refusal) -> TokenPutRequest {
        var body = try BodyMembers(bytes)
        let provider = try self.provider(account.provider.text, providers)
        var request = TokenPutRequest(account, .oauth, by: source)
        request.secret = SecretField(try body.required("access_token", most: FieldLimits.secret))
        request.expiresAt = try body.seconds("expires_at")
        if let type = try body.text("token_type", most: FieldLimits.shortName), type.lowercased() != "bearer" {
            throw BodyMembers.invalid("token_type", "not bearer, the only one that is used")
        }
        request.kind = try kind(
            try body.text("kind", most: FieldLimits.shortName), of: provider, among: [.oauth2, .apiKey, .botToken])
        request.label = try body.text("display_name", most: FieldLimits.displayName) ?? ""
        request.scopes = try body.text("scopes", most: FieldLimits.scopeList) ?? ""
        request.replace = true
        request.metadata = try facts(try body.rest(), provider, from: Set(AccountField.Source.allCases))
        try refuseWithoutAddress(request, provider)
        return request
    }

    /// `POST /admin/seed-oauth`: {tenant_id, provider, account_id, client_id, client_secret, token_endpoint, refresh_token,
    /// access_token, expires_at, display_name, scopes, and the provider's own fields}. tokend refreshes from then on.
    static func seed(
        _ bytes: ByteBuffer, _ providers: ProviderTable, by source: String
    ) throws(Refusal) -> TokenPutRequest {
        var body = try BodyMembers(bytes)
        let tenant = try self.tenant(try body.required("tenant_id", most: FieldLimits.shortName))
        let provider = try self.provider(try body.required("provider", most: FieldLimits.shortName), providers)
        let name = try body.text("account_id", most: AccountName.longest) ?? plainAccount
        var request = TokenPutRequest(try account(tenant, provider, name), .oauth, by: source)
        request.refreshToken = SecretField(try body.required("refresh_token", most: FieldLimits.page))
        request.clientID = try body.text("client_id", most: FieldLimits.line) ?? ""
        request.clientSecret = try body.secret("client_secret", most: FieldLimits.page)
        let endpoint = try body.text("token_endpoint", most: FieldLimits.line) ?? ""
        // The definition's own endpoint needs no leave and follows the definition when that changes.
        request.tokenEndpoint = endpoint == provider.oauth?.tokenURL.description ? "" : endpoint
        request.secret = try body.secret("access_token", most: FieldLimits.secret)
        request.expiresAt = try body.seconds("expires_at")
        request.label = try body.text("display_name", most: FieldLimits.displayName) ?? ""
        request.scopes = try body.text("scopes", most: FieldLimits.scopeList) ?? ""
        request.replace = true
        request.metadata = try facts(try body.rest(), provider, from: Set(AccountField.Source.allCases))
        return request
    }
}

// MARK: parts

extension ConnectBody {
    static func tenant(_ text: String) throws(Refusal) -> TenantID {
        guard let tenant = TenantID(text) else {
            throw Refusal(.notFound, "tenant_unknown", "There is no such tenant.")
        }
        return tenant
    }

    static func provider(_ text: String, _ providers: ProviderTable) throws(Refusal) -> ProviderDefinition {
        guard let provider = ProviderID(text).flatMap({ providers[$0] }) else {
            throw Refusal(.notFound, "provider_unknown", "There is no such provider.", field: "provider")
        }
        return provider
    }

    static func account(
        _ tenant: TenantID, _ provider: ProviderDefinition, _ name: String
    ) throws(Refusal) -> AccountKey {
        guard let account = AccountName(name) else {
            throw BodyMembers.invalid("account", "no name of 1 to \(AccountName.longest) letters, digits and _ . @ -")
        }
        return AccountKey(tenant: tenant, provider: provider.id, account: account)
    }

    /// The kind that is asked for, or the only one that fits.
    private static func kind(
        _ text: String?, of provider: ProviderDefinition, among kinds: [AuthKind]
    ) throws(Refusal) -> CredentialKind {
        let fit = kinds.filter { provider.placement(of: $0) != nil }
        if let text {
            guard let kind = AuthKind(rawValue: text), fit.contains(kind) else {
                throw unfit(provider, fit, field: "kind")
            }
            return kind.credentialKind
        }
        // A token that was granted is taken for one where that is possible; a key is not taken for a bot's token unasked.
        guard let first = fit.first, fit.count == 1 || first == .oauth2 else {
            throw unfit(provider, fit, field: "kind")
        }
        return first.credentialKind
    }

    private static func unfit(_ provider: ProviderDefinition, _ fit: [AuthKind], field: String) -> Refusal {
        let names = fit.map(\.rawValue).joined(separator: ", ")
        let takes = fit.isEmpty ? "is not connected with this" : "takes as kind: \(names)"
        return Refusal(.invalidRequest, "kind_unfit", "\(provider.displayName) \(takes).", field: field)
    }

    /// A token that is put in place has no answer of a token endpoint beside it, which else names the address.
    private static func refuseWithoutAddress(
        _ request: TokenPutRequest, _ provider: ProviderDefinition
    ) throws(Refusal) {
        let missing = provider.fieldsOfAddresses.first { field in
            !request.metadata.contains { $0.name == field.name }
        }
        if let missing { throw BodyMembers.invalid(missing.name, "missing; calls need it") }
    }

    /// What the provider wants to know beside the secret: everything that is left of a body or a query.
    static func facts(
        _ rest: [(name: String, value: String)], _ provider: ProviderDefinition,
        from sources: Set<AccountField.Source> = [.tenant]
    ) throws(Refusal) -> [MetadataField] {
        let given = rest.map { FormPair($0.name, $0.value) }
        do throws(AgentFailure) {
            let facts = try provider.facts(given: given, from: sources).pairs.map {
                MetadataField(name: $0.name, value: $0.value)
            }
            if let long = facts.first(where: { $0.value.utf8.count > FieldLimits.note }) {
                throw AgentFailure(.validationError, "\(long.name): longer than \(FieldLimits.note) bytes")
            }
            return facts
        } catch {
            let field = error.problems.first.map { $0.path }
            throw Refusal(.invalidRequest, "field_invalid", error.message, field: field)
        }
    }
}

extension TokenPutRequest {
    /// With nothing in it yet.
    fileprivate init(_ account: AccountKey, _ kind: CredentialKind, by source: String) {
        self.init(
            account: account, kind: kind, label: "", secret: SecretField(""), user: "", refreshToken: SecretField(""),
            clientID: "", clientSecret: SecretField(""), tokenEndpoint: "", scopes: "", expiresAt: nil, metadata: [],
            replace: false, source: source)
    }
}

extension AuthKind {
    /// The same kind in messages.
    fileprivate var credentialKind: CredentialKind {
        switch self {
        case .apiKey: .apiKey
        case .botToken: .botToken
        case .oauth2: .oauth
        case .clientCredentials: .clientCredentials
        case .basic: .basic
        }
    }
}
