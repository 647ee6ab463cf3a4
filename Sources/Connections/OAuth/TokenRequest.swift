// TokenRequest: what is sent to token endpoints (RFC 6749 §4.1.3, §4.4.2, §6) and revocation endpoints (RFC 7009).
//
// Refuses: an application without the secret that its provider asks for.
// Called by: whoever connects, refreshes and disconnects accounts.

import JSON

/// What a token is asked for with.
public enum TokenGrantRequest: Sendable, Equatable {
    /// The code of a callback, with what the authorization request held.
    case authorizationCode(SecretText, redirectURI: String, verifier: CodeVerifier?)
    case refreshToken(SecretText)
    case clientCredentials(scopes: [String])
}

extension OAuthDefinition {
    /// The longest that a token endpoint is waited for: that of every request to a provider.
    static let timeout = ProviderDefinition.longestTimeout

    /// The request that asks for a token.
    public func tokenRequest(
        _ grant: TokenGrantRequest, client: ClientRegistration
    ) throws(GrammarFault) -> OutboundRequest {
        var form: [UInt8] = []
        switch grant {
        case .authorizationCode(let code, let redirectURI, let verifier):
            FormText.append("grant_type", "authorization_code".utf8, to: &form)
            FormText.append("code", code.bytes, to: &form)
            FormText.append("redirect_uri", redirectURI.utf8, to: &form)
            if let verifier, proofKey != .none { FormText.append("code_verifier", verifier.secret.bytes, to: &form) }
        case .refreshToken(let token):
            FormText.append("grant_type", "refresh_token".utf8, to: &form)
            FormText.append("refresh_token", token.bytes, to: &form)
        case .clientCredentials(let scopes):
            FormText.append("grant_type", "client_credentials".utf8, to: &form)
            if !scopes.isEmpty { FormText.append("scope", scopes.joined(separator: scopeSeparator).utf8, to: &form) }
        }
        for pair in tokenParameters { FormText.append(pair.name, pair.value.utf8, to: &form) }
        let proof = try clientProof(client, clientAuthentication, &form)
        return post(tokenURL, proof, form: form)
    }

    /// The request that hands a token back; `nil` where the provider has no way to. The status of the answer tells
    /// whether it was taken; a token that is unknown there counts as handed back (RFC 7009 §2.2).
    public func revocationRequest(
        accessToken: SecretText, refreshToken: SecretText?, client: ClientRegistration
    ) throws(GrammarFault) -> OutboundRequest? {
        guard let revocation else { return nil }
        let id = NormalPath.segment(of: client.id)
        let url = try WebAddress(revocation.url.filled { $0 == "client_id" ? id : nil } ?? "")
        let refreshed = revocation.revokesRefreshToken ? refreshToken : nil
        var form: [UInt8] = []
        switch revocation.style {
        case .client, .token:
            FormText.append("token", (refreshed ?? accessToken).bytes, to: &form)
            let hint = refreshed == nil ? "access_token" : "refresh_token"
            FormText.append("token_type_hint", hint.utf8, to: &form)
            let proof = revocation.style == .client ? try clientProof(client, clientAuthentication, &form) : []
            return post(url, proof, form: form, revocation.method)
        case .bearer:
            let field = OutboundRequest.Field("authorization", SecretText(Array("Bearer ".utf8) + accessToken.bytes))
            return request(revocation.method, url, [field], body: nil)
        case .json:
            let proof = try clientProof(client, .basic, &form)
            let type = OutboundRequest.Field("content-type", "application/json")
            return request(revocation.method, url, proof + [type], body: Self.tokenObject(accessToken))
        }
    }

    private static func tokenObject(_ token: SecretText) -> [UInt8] {
        var body: [UInt8] = []
        JSONWriter.append(to: &body) { writer in
            writer.object { $0.member("access_token", String(decoding: token.bytes, as: UTF8.self)) }
        }
        return body
    }

    /// Adds the application's proof to the form, or returns the field that holds it.
    private func clientProof(
        _ client: ClientRegistration, _ style: ClientAuthentication, _ form: inout [UInt8]
    ) throws(GrammarFault) -> [OutboundRequest.Field] {
        if style == .none {
            FormText.append("client_id", client.id.utf8, to: &form)
            return []
        }
        guard let secret = client.secret else { throw GrammarFault("the provider asks for a client secret") }
        if style == .body {
            FormText.append("client_id", client.id.utf8, to: &form)
            FormText.append("client_secret", secret.bytes, to: &form)
            return []
        }
        let value = SecretText(Array("Basic ".utf8) + ClientRegistration.pair(client.id, secret))
        return [OutboundRequest.Field("authorization", value)]
    }

    private func post(
        _ url: WebAddress, _ proof: [OutboundRequest.Field], form: [UInt8], _ method: RequestMethod = .post
    ) -> OutboundRequest {
        let type = OutboundRequest.Field("content-type", "application/x-www-form-urlencoded")
        return request(method, url, proof + [type], body: form)
    }

    /// Operators name these endpoints, so they are not guarded.
    private func request(
        _ method: RequestMethod, _ url: WebAddress, _ fields: [OutboundRequest.Field], body: [UInt8]?
    ) -> OutboundRequest {
        // Without it GitHub answers as a form, and Salesforce may answer as XML.
        let accept = OutboundRequest.Field("accept", "application/json")
        return OutboundRequest(
            method: method, origin: url.origin, target: SecretText(url.path.isEmpty ? "/" : url.path),
            fields: [accept, OutboundRequest.userAgent] + fields, body: body.map { SecretText($0) }, isGuarded: false,
            namedPorts: [], timeout: Self.timeout)
    }
}
