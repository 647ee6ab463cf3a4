// AccountRules: what a request to connect an account has to have.
//
// For: token.put: every field is judged by the provider's definition before anything is sealed.
// Refuses: in the order of TokenRefusal: fields that make no sense, providers and kinds that there are not, endpoints that may
//      not be called.
// Called by: Service.

import Connections
import DaemonKit
import HTTP
import IPC
import Refresh
import Tenancy

/// Why something is refused, with a sentence for people.
struct Refused: Error, Hashable, Sendable {
    let refusal: IPC.TokenRefusal
    let text: String

    init(_ refusal: IPC.TokenRefusal, _ text: String) { (self.refusal, self.text) = (refusal, text) }
}

/// Judges requests by the configuration in force.
struct AccountRules {
    let book: ProviderBook
    let addressPolicy: AddressPolicy

    /// The account that a request of `source` asks for, or why there is none.
    func account(_ request: TokenPutRequest, by source: String, at now: UnixMillis) throws(Refused) -> NewAccount {
        guard let provider = book.table[request.account.provider] else {
            throw Refused(.providerUnknown, "no provider is called \(request.account.provider)")
        }
        guard book.takes(request.kind, provider) else {
            throw Refused(.kindUnfit, "\(provider.displayName) is not connected with this kind of credential")
        }
        try checkSecrets(request)
        try checkUser(request)
        let refreshes = try refreshes(request, provider)
        if refreshes { try checkEndpoint(request, provider) }
        let waits = refreshes && request.secret.isEmpty
        let life = book.policy(of: provider.id.text).defaultLifetime.value
        let expiry = waits ? now : request.expiresAt ?? (refreshes ? UnixMillis(now.value + life) : nil)
        return NewAccount(
            key: request.account, kind: request.kind, state: waits ? .pending : .active, refreshes: refreshes,
            expiry: expiry, endpoint: request.tokenEndpoint.nonEmpty, client: request.clientID.nonEmpty,
            user: request.user, label: request.label.nonEmpty ?? request.account.account.text, scopes: request.scopes,
            facts: try facts(request.metadata, provider), secrets: AccountSecrets(request), replaces: request.replace,
            source: source)
    }

    private func checkSecrets(_ request: TokenPutRequest) throws(Refused) {
        let fields = [
            ("secret", request.secret), ("refresh token", request.refreshToken),
            ("client secret", request.clientSecret),
        ]
        for (name, field) in fields where !field.isEmpty {
            guard SecretText(field.text).isSendable else {
                throw Refused(.fieldInvalid, "the \(name) is not printable ASCII, or has a blank at an end")
            }
        }
        let isOAuth = request.kind == .oauth || request.kind == .clientCredentials
        let own = [request.refreshToken.text, request.clientID, request.clientSecret.text, request.tokenEndpoint]
        guard isOAuth || own.allSatisfy(\.isEmpty) else {
            throw Refused(.fieldInvalid, "refresh tokens, clients and token endpoints belong to OAuth")
        }
        guard !request.secret.isEmpty || isOAuth else { throw Refused(.fieldInvalid, "the secret is missing") }
        guard request.clientSecret.isEmpty || !request.clientID.isEmpty else {
            throw Refused(.fieldInvalid, "a client secret needs the client's id")
        }
    }

    private func checkUser(_ request: TokenPutRequest) throws(Refused) {
        guard request.kind == .basic else {
            guard request.user.isEmpty else { throw Refused(.fieldInvalid, "a user belongs to basic authentication") }
            return
        }
        let isUser = !request.user.isEmpty && request.user.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x3A }
        guard isUser else { throw Refused(.fieldInvalid, "the user is empty, has a colon, or is not printable ASCII") }
    }

    /// Whether there is something to be refreshed with.
    private func refreshes(_ request: TokenPutRequest, _ provider: ProviderDefinition) throws(Refused) -> Bool {
        guard request.kind == .oauth || request.kind == .clientCredentials else { return false }
        let isRefreshable = request.kind == .clientCredentials || !request.refreshToken.isEmpty
        guard isRefreshable else {
            guard !request.secret.isEmpty else { throw Refused(.fieldInvalid, "neither a token nor a refresh token") }
            return false
        }
        guard provider.oauth != nil else { throw Refused(.kindUnfit, "\(provider.displayName) has no token endpoint") }
        guard !request.clientID.isEmpty || book.clients[provider.id] != nil else {
            throw Refused(.fieldInvalid, "neither the account nor the operator has a client at \(provider.displayName)")
        }
        return true
    }

    /// A tenant's own endpoint leads to the internet, or where the operator's allow-list says.
    private func checkEndpoint(_ request: TokenPutRequest, _ provider: ProviderDefinition) throws(Refused) {
        guard let endpoint = request.tokenEndpoint.nonEmpty else { return }
        // The operator's secret goes to the provider's own endpoint and nowhere else.
        guard !request.clientID.isEmpty else {
            throw Refused(.fieldInvalid, "a token endpoint of its own needs a client of its own")
        }
        do throws(GrammarFault) {
            let address = try WebAddress(endpoint)
            guard address.origin.isSecure || provider.plainHTTP else {
                throw GrammarFault("expected https")
            }
        } catch {
            throw Refused(.fieldInvalid, "the token endpoint: \(error.reason)")
        }
        do throws(TargetRefusal) {
            if let refusal = addressPolicy.refusal(of: try OutboundURL(endpoint)) { throw refusal }
        } catch {
            throw Refused(.addressForbidden, "the token endpoint may not be called")
        }
    }

    /// What somebody names of an account, checked; what the tenant has to name must be there.
    func facts(_ metadata: [MetadataField], _ provider: ProviderDefinition) throws(Refused) -> [MetadataField] {
        var facts: [MetadataField] = []
        for given in metadata {
            guard let field = provider.allFields.first(where: { $0.name == given.name }) else {
                throw Refused(.fieldInvalid, "\(provider.displayName) knows no \(given.name) of an account")
            }
            do throws(GrammarFault) {
                let value = try field.checked(given.value, plainHTTP: provider.plainHTTP)
                facts.append(MetadataField(name: field.name, value: value))
            } catch {
                throw Refused(.fieldInvalid, error.reason)
            }
        }
        let missing = provider.accountFields.first { field in
            field.isRequired && field.source == .tenant && !facts.contains { $0.name == field.name }
        }
        if let missing { throw Refused(.fieldInvalid, "\(missing.name) is missing") }
        return facts
    }
}

extension AccountSecrets {
    init(_ request: TokenPutRequest) {
        secret = Secret(request.secret)
        refreshToken = Secret(request.refreshToken)
        clientSecret = Secret(request.clientSecret)
    }
}

extension AccountFacts {
    /// As messages and rows have them.
    init(_ fields: [MetadataField]) { self.init(fields.map { FormPair($0.name, $0.value) }) }

    var fields: [MetadataField] { pairs.map { MetadataField(name: $0.name, value: $0.value) } }
}

extension Secret {
    /// `nil` for an empty field.
    init?(_ field: SecretField) {
        guard !field.isEmpty else { return nil }
        self.init(field.text.utf8)
    }
}

extension String {
    /// `nil` when there is nothing in it.
    var nonEmpty: String? { isEmpty ? nil : self }
}
