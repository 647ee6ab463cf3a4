// OAuthSettings: a provider's OAuth 2.0, as an operator writes it.
//
// For: the section `oauth` of a provider. Ids and secrets of the operator's own registration stand elsewhere
// (ClientSettings).
// Refuses: what the declarations refuse; relations are found by Connections.
// Called by: ProviderSettings.

import Connections
import DaemonKit

enum OAuthSettings {
    private static let authorizeURL = Setting(
        optional: "authorize_url", ConnectionKinds.address, "Where browsers are sent to agree; needed for auth.oauth2.")
    private static let tokenURL = Setting("token_url", ConnectionKinds.address, "Where tokens are asked for.")
    private static let issuer = Setting(
        optional: "issuer", ConnectionKinds.words("URL"),
        "The `iss` of the provider's callbacks (RFC 9207); a callback with another one is refused.")
    private static let requiresIssuer = Setting(
        "issuer_required", .flag, default: false, "Whether a callback without `iss` is refused.")
    private static let authentication = Setting(
        "client_authentication", ConnectionKinds.word() as ScalarKind<OAuthDefinition.ClientAuthentication>,
        default: .body,
        "How the application proves itself: basic, an Authorization field; body, in the form; none, by its id alone.")
    private static let proofKey = Setting(
        "pkce", ConnectionKinds.word() as ScalarKind<OAuthDefinition.ProofKey>, default: .required,
        """
        A proof key (RFC 7636, S256): required by the provider; optional, sent as well; none, because it would \
        be taken amiss.
        """
    )
    private static let separator = Setting(
        "scope_separator", .word([("blank", " "), ("comma", ",")]), default: " ", "What stands between scopes.")
    private static let scopeParameter = Setting(
        "scope_parameter", ConnectionKinds.parameter, default: "scope", "The parameter that asks for scopes.")
    private static let scopes = Setting(
        list: "scopes", of: ConnectionKinds.words("scope"), count: 0...100,
        "What is asked for, unless the operator's registration says otherwise.")
    private static let authorizeParameters = Setting(
        map: "authorize_parameters", keys: ConnectionKinds.parameter, of: ConnectionKinds.words("text", most: 1024),
        count: 0...16, "Further parameters of the authorization request.")
    private static let tokenParameters = Setting(
        map: "token_parameters", keys: ConnectionKinds.parameter, of: ConnectionKinds.words("text", most: 1024),
        count: 0...16, "Further parameters of token requests.")
    private static let tokenTypes = Setting(
        list: "token_types", of: ConnectionKinds.words("token type"), count: 0...8,
        "Types that are used as bearer tokens, in lower case; left out, bearer.")
    private static let unit = Setting(
        "lifetime_unit", ConnectionKinds.word() as ScalarKind<OAuthDefinition.LifetimeUnit>, default: .seconds,
        "What the lifetime in an answer counts: from now on, since 1970, or a date.")
    private static let lifetime = Setting(
        "default_lifetime", .duration(OAuthDefinition.shortestLifetime...OAuthDefinition.longestLifetime),
        default: .seconds(3600), "How long a token is good whose answer does not say it.")
    private static let lead = Setting(
        "refresh_lead", .duration(.zero...OAuthDefinition.longestLead), default: .seconds(600),
        "How long before its end a token is refreshed.")
    private static let errors = Setting(
        map: "errors", keys: ConnectionKinds.words("error code", most: 64),
        of: ConnectionKinds.word() as ScalarKind<OAuthDefinition.ErrorMeaning>, count: 0...64,
        """
        What the provider's own error codes mean: invalid_grant, connect again; invalid_client, the registration \
        is wrong; temporary. Those of RFC 6749 are known.
        """)
    private static let answer = Setting(
        section: "answer", AnswerSettings.section, "Where in a token answer things are, as dotted paths.")
    private static let revocation = Setting(
        optionalSection: "revocation", RevocationSettings.section,
        "How a token is handed back when an account is disconnected.")

    static let setting = Setting(
        optionalSection: "oauth",
        ConfigSection([
            authorizeURL.declaration, tokenURL.declaration, revocation.declaration, issuer.declaration,
            requiresIssuer.declaration, authentication.declaration, proofKey.declaration, separator.declaration,
            scopeParameter.declaration, scopes.declaration, authorizeParameters.declaration,
            tokenParameters.declaration, answer.declaration, tokenTypes.declaration, unit.declaration,
            lifetime.declaration, lead.declaration, errors.declaration,
        ]), "How the provider does OAuth 2.0; needed for auth.oauth2 and auth.client_credentials.")

    static func definition(_ values: ConfigValues) -> OAuthDefinition? {
        guard var oauth = try? OAuthDefinition(authorizeURL: values[authorizeURL], tokenURL: values[tokenURL]) else {
            preconditionFailure("the names of RFC 6749 are dotted paths")
        }
        oauth.revocation = values[revocation].map(RevocationSettings.revocation)
        (oauth.issuer, oauth.requiresIssuer) = (values[issuer], values[requiresIssuer])
        (oauth.clientAuthentication, oauth.proofKey) = (values[authentication], values[proofKey])
        (oauth.scopeSeparator, oauth.scopeParameter) = (values[separator], values[scopeParameter])
        oauth.scopes = values[scopes]
        oauth.authorizeParameters = values[authorizeParameters].map { FormPair($0.name, $0.value) }
        oauth.tokenParameters = values[tokenParameters].map { FormPair($0.name, $0.value) }
        AnswerSettings.read(values[answer], &oauth.answer)
        if !values[tokenTypes].isEmpty { oauth.tokenTypes = values[tokenTypes] }
        (oauth.lifetimeUnit, oauth.defaultLifetime, oauth.refreshLead) = (values[unit], values[lifetime], values[lead])
        for entry in values[errors] { oauth.errors[entry.name] = entry.value }
        return oauth
    }
}

/// Where in a token answer things are.
private enum AnswerSettings {
    private static func path(_ name: String, _ meaning: String) -> Setting<DottedPath> {
        guard let usual = try? DottedPath(name) else { preconditionFailure("\(name) is a dotted path") }
        return Setting(name, ConnectionKinds.path, default: usual, meaning)
    }

    private static let accessToken = path("access_token", "The access token.")
    private static let refreshToken = path(
        "refresh_token", "The refresh token; an answer without one leaves the old one good.")
    private static let expiresIn = path("expires_in", "The lifetime, in lifetime_unit.")
    private static let expiresAt = path(
        "expires_at", "The end, as a date or as seconds since 1970; read when there is no lifetime.")
    private static let scope = path("scope", "What was granted.")
    private static let tokenType = path("token_type", "The token's type.")
    private static let error = path("error", "The error code of an answer without a token.")
    static let section = ConfigSection([
        accessToken.declaration, refreshToken.declaration, expiresIn.declaration, expiresAt.declaration,
        scope.declaration, tokenType.declaration, error.declaration,
    ])

    static func read(_ values: ConfigValues, _ paths: inout OAuthDefinition.AnswerPaths) {
        (paths.accessToken, paths.refreshToken) = (values[accessToken], values[refreshToken])
        (paths.lifetime, paths.end) = (values[expiresIn], values[expiresAt])
        (paths.scope, paths.tokenType, paths.error) = (values[scope], values[tokenType], values[error])
    }
}

/// How a token is handed back.
private enum RevocationSettings {
    private static let method = Setting(
        "method", ConnectionKinds.word() as ScalarKind<RequestMethod>, default: .post, "The method.")
    private static let url = Setting(
        "url", ConnectionKinds.template, "Where tokens are handed back; {client_id} may stand in it.")
    private static let style = Setting(
        "style", ConnectionKinds.word() as ScalarKind<OAuthDefinition.Revocation.Style>, default: .client,
        """
        client, a form with the token and the application's proof (RFC 7009); token, a form with the token \
        alone; bearer, the access token as credential; json, an object with access_token and the application's \
        proof as basic.
        """)
    private static let refreshToken = Setting(
        "refresh_token", .flag, default: true,
        "Whether the refresh token is handed back where there is one, not the access token.")
    static let section = ConfigSection([
        url.declaration, method.declaration, style.declaration, refreshToken.declaration,
    ])

    static func revocation(_ values: ConfigValues) -> OAuthDefinition.Revocation {
        OAuthDefinition.Revocation(
            method: values[method], url: values[url], style: values[style], revokesRefreshToken: values[refreshToken])
    }
}
