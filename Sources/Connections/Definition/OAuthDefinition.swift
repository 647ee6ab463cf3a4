// OAuthDefinition: how a provider does OAuth 2.0, where the RFCs leave a choice and where it chose otherwise.
//
// For: one flow for every vendor. What differs is data.
// Refuses: nothing by itself; ProviderFaults holds the relations.
// Called by: provider definitions, the OAuth flow, whoever sets refresh alarms.

/// The provider's side of RFC 6749.
public struct OAuthDefinition: Hashable, Sendable {
    /// How the application proves that it is itself (RFC 6749 §2.3.1).
    public enum ClientAuthentication: String, Hashable, Sendable, CaseIterable {
        /// Id and secret in an Authorization field.
        case basic
        /// Id and secret in the form.
        case body
        /// The id alone: an application without a secret.
        case none
    }

    /// Whether a proof key is sent (RFC 7636). Only S256 is.
    public enum ProofKey: String, Hashable, Sendable, CaseIterable {
        /// Sent; the provider insists.
        case required
        /// Sent; the provider checks it or passes it over.
        case optional
        /// Not sent, because the provider would take it amiss.
        case none
    }

    /// What the lifetime in a token answer counts. The names are those of the refresh rules.
    public enum LifetimeUnit: String, Hashable, Sendable, CaseIterable {
        case seconds
        case milliseconds
        case epochSeconds = "epoch_seconds"
        case epochMilliseconds = "epoch_milliseconds"
        case iso8601
    }

    /// Where in a token answer things are.
    public struct AnswerPaths: Hashable, Sendable {
        public var accessToken: DottedPath
        public var refreshToken: DottedPath
        public var lifetime: DottedPath
        public var end: DottedPath
        public var scope: DottedPath
        public var tokenType: DottedPath
        /// Where an answer without a token has its error code.
        public var error: DottedPath

        /// RFC 6749 §5.1 and §5.2, and `expires_at` that some vendors add.
        public init() throws(GrammarFault) {
            accessToken = try DottedPath("access_token")
            refreshToken = try DottedPath("refresh_token")
            lifetime = try DottedPath("expires_in")
            end = try DottedPath("expires_at")
            scope = try DottedPath("scope")
            tokenType = try DottedPath("token_type")
            error = try DottedPath("error")
        }
    }

    /// How a token is handed back (RFC 7009, and what vendors do instead).
    public struct Revocation: Hashable, Sendable {
        /// How the token is named in the request.
        public enum Style: String, Hashable, Sendable, CaseIterable {
            /// A form with `token` and the application's proof (RFC 7009 §2.1).
            case client
            /// A form with `token` alone.
            case token
            /// The access token as the request's credential, and no body.
            case bearer
            /// JSON with `access_token`, and id and secret in an Authorization field.
            case json
        }

        public var method: RequestMethod
        /// `{client_id}` may stand in it.
        public var url: TextTemplate
        public var style: Style
        /// Whether the refresh token is handed back, with which its access tokens end, rather than the access token.
        public var revokesRefreshToken: Bool

        public init(
            method: RequestMethod = .post, url: TextTemplate, style: Style = .client, revokesRefreshToken: Bool = true
        ) {
            (self.method, self.url) = (method, url)
            (self.style, self.revokesRefreshToken) = (style, revokesRefreshToken)
        }
    }

    /// What an error code of the provider means for the account.
    public enum ErrorMeaning: String, Hashable, Sendable, CaseIterable {
        /// The code or the refresh token is not accepted, and will not be.
        case invalidGrant = "invalid_grant"
        /// The application, or what it asks, is not accepted: wrong for every account.
        case invalidClient = "invalid_client"
        /// Nothing is said about either; try again.
        case temporary
    }

    /// Where the user's browser is sent; `nil` for providers of the client credentials grant alone.
    public var authorizeURL: WebAddress?
    public var tokenURL: WebAddress
    public var revocation: Revocation?
    /// The `iss` of the provider's callbacks (RFC 9207).
    public var issuer: String?
    /// Whether a callback without `iss` is refused.
    public var requiresIssuer: Bool
    public var clientAuthentication: ClientAuthentication
    public var proofKey: ProofKey
    /// What stands between scopes: a blank by RFC 6749 §3.3.
    public var scopeSeparator: String
    /// The name of the parameter, `scope` by RFC 6749 §3.3.
    public var scopeParameter: String
    /// What is asked for when nobody says otherwise.
    public var scopes: [String]
    /// Further parameters of the authorization request.
    public var authorizeParameters: [FormPair]
    /// Further parameters of every token request.
    public var tokenParameters: [FormPair]
    public var answer: AnswerPaths
    /// The token types that are taken as bearer tokens, in lower case. An answer without a type is taken as well.
    public var tokenTypes: [String]
    public var lifetimeUnit: LifetimeUnit
    /// How long a token is good of which the answer does not say it.
    public var defaultLifetime: Duration
    /// How long before its end a token is refreshed.
    public var refreshLead: Duration
    /// Error codes beside those of RFC 6749 §5.2.
    public var errors: [String: ErrorMeaning]

    /// The shortest and longest default lifetime, and the longest lead.
    public static let shortestLifetime = Duration.seconds(60)
    public static let longestLifetime = Duration.seconds(90 * 86_400)
    public static let longestLead = Duration.seconds(86_400)

    /// RFC 6749's choices for everything but the endpoints.
    public init(authorizeURL: WebAddress?, tokenURL: WebAddress) throws(GrammarFault) {
        (self.authorizeURL, self.tokenURL) = (authorizeURL, tokenURL)
        (revocation, issuer, requiresIssuer) = (nil, nil, false)
        (clientAuthentication, proofKey) = (.body, .required)
        (scopeSeparator, scopeParameter, scopes) = (" ", "scope", [])
        (authorizeParameters, tokenParameters) = ([], [])
        (answer, tokenTypes) = (try AnswerPaths(), ["bearer"])
        (lifetimeUnit, defaultLifetime, refreshLead) = (.seconds, .seconds(3600), .seconds(600))
        errors = [:]
    }
}
