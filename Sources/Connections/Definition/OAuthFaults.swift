// OAuthFaults: the relations within a provider's OAuth section.
//
// For: ProviderFaults.
// Refuses: endpoints in the clear, applications that prove nothing, parameters that the flow writes itself, lifetimes
//   and leads that make no sense.
// Called by: ProviderDefinition.faults.

extension OAuthDefinition {
    /// What the flow writes into authorization requests by itself.
    static let authorizeNames: Set<String> = [
        "response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "scope",
    ]
    /// What the flow writes into token requests by itself.
    static let tokenNames: Set<String> = [
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_id", "client_secret", "scope",
    ]

    /// Everything that is wrong.
    func faults(in provider: ProviderDefinition) -> [ProviderFault] {
        var faults = endpointFaults + parameterFaults + lifetimeFaults
        if provider.placement(of: .oauth2) != nil, authorizeURL == nil {
            faults.append(ProviderFault("oauth.authorize_url", "missing; auth.oauth2 begins there"))
        }
        if provider.placement(of: .oauth2) == nil, provider.placement(of: .clientCredentials) == nil {
            faults.append(ProviderFault("oauth", "neither auth.oauth2 nor auth.client_credentials makes use of it"))
        }
        if clientAuthentication == .none, proofKey != .required {
            faults.append(ProviderFault("oauth.pkce", "without a secret, a proof key is required"))
        }
        if clientAuthentication == .none, provider.placement(of: .clientCredentials) != nil {
            faults.append(
                ProviderFault("oauth.client_authentication", "client credentials without a secret prove nothing"))
        }
        return faults
    }

    private var endpointFaults: [ProviderFault] {
        var faults: [ProviderFault] = []
        for (path, address) in [("oauth.authorize_url", authorizeURL), ("oauth.token_url", tokenURL)] {
            guard let origin = address?.origin, !origin.isSecure, !origin.isLoopback else { continue }
            faults.append(ProviderFault(path, "expected https (RFC 6749 §3.1.2.1)"))
        }
        if requiresIssuer, issuer == nil { faults.append(ProviderFault("oauth.issuer", "missing; it is required")) }
        guard let revocation else { return faults }
        do throws(GrammarFault) {
            let address = try WebAddress(revocation.url.filled { $0 == "client_id" ? "a" : nil } ?? "")
            if !address.origin.isSecure, !address.origin.isLoopback {
                faults.append(ProviderFault("oauth.revocation.url", "expected https (RFC 7009 §2)"))
            }
        } catch {
            faults.append(ProviderFault("oauth.revocation.url", "\(error.reason); {client_id} alone may stand in it"))
        }
        if !revocation.method.takesBody, revocation.style != .bearer {
            faults.append(ProviderFault("oauth.revocation.method", "\(revocation.method.rawValue) has no body"))
        }
        if revocation.revokesRefreshToken, revocation.style == .bearer || revocation.style == .json {
            faults.append(ProviderFault("oauth.revocation.refresh_token", "this style names the access token"))
        }
        return faults
    }

    private var parameterFaults: [ProviderFault] {
        var faults: [ProviderFault] = []
        let own = Self.authorizeNames.union([scopeParameter])
        for pair in authorizeParameters where own.contains(pair.name) {
            faults.append(ProviderFault("oauth.authorize_parameters.\(pair.name)", "written by the flow itself"))
        }
        for pair in tokenParameters where Self.tokenNames.contains(pair.name) {
            faults.append(ProviderFault("oauth.token_parameters.\(pair.name)", "written by the flow itself"))
        }
        if Self.authorizeNames.subtracting(["scope"]).contains(scopeParameter) {
            faults.append(ProviderFault("oauth.scope_parameter", "written by the flow itself"))
        }
        for (index, scope) in scopes.enumerated() where !isScope(scope) {
            faults.append(
                ProviderFault("oauth.scopes[\(index)]", "expected printable ASCII without blanks and separators"))
        }
        if tokenTypes.isEmpty || tokenTypes.contains(where: { $0 != $0.lowercased() }) {
            faults.append(ProviderFault("oauth.token_types", "expected at least one, in lower case"))
        }
        return faults
    }

    /// Whether `text` can be asked for: printable ASCII but for the blank, `"` and `\` (RFC 6749 §3.3) and the
    /// separator.
    public func isScope(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count) && !text.contains(scopeSeparator)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }

    private var lifetimeFaults: [ProviderFault] {
        var faults: [ProviderFault] = []
        if !(Self.shortestLifetime...Self.longestLifetime).contains(defaultLifetime) {
            faults.append(ProviderFault("oauth.default_lifetime", "expected 1m to 90d"))
        }
        if !(Duration.zero...Self.longestLead).contains(refreshLead) {
            faults.append(ProviderFault("oauth.refresh_lead", "expected 0s to 1d"))
        }
        return faults
    }
}
