// CodeExchange: a client fetches its token with a code (RFC 6749 §4.1.3, RFC 7636 §4.5).
//
// For: `POST /oauth/token` and `POST /oauth/revoke`.
// Refuses: other grants, no proof key, one that does not belong to the challenge; another client, redirect URI or resource
//   than the code was given for.
// Called by: gatewayd.

public import Connections
import JSON

/// A token request, understood.
public struct CodeExchange: Sendable {
    public let code: AuthorizationCode
    private let client: ClientID
    private let redirect: String
    private let verifier: CodeVerifier

    private static let names: Set<String> = [
        "grant_type", "code", "redirect_uri", "client_id", "code_verifier", "resource",
    ]

    /// Reads the form of a token request.
    public init(_ form: OAuthParameters, at server: ServerMetadata) throws(OAuthProblem) {
        if let name = form.repeated.intersection(Self.names).min() {
            throw OAuthProblem(.invalidRequest, "\(name) is given twice")
        }
        guard let grant = form["grant_type"] else { throw OAuthProblem(.invalidRequest, "grant_type is missing") }
        guard grant == "authorization_code" else {
            throw OAuthProblem(.unsupportedGrantType, "the grant type is authorization_code")
        }
        guard let code = form["code"], let redirect = form["redirect_uri"], let verifier = form["code_verifier"] else {
            throw OAuthProblem(.invalidRequest, "code, redirect_uri and code_verifier are needed")
        }
        guard let client = form.client else { throw OAuthProblem(.invalidClient, "client_id is missing or unknown") }
        guard form["resource"].map(server.isMeant) ?? true else {
            throw OAuthProblem(.invalidTarget, "the resource is \(server.resource)")
        }
        guard let code = AuthorizationCode(code), let verifier = CodeVerifier(kept: SecretText(verifier)) else {
            throw Self.mismatch
        }
        (self.code, self.client, self.redirect, self.verifier) = (code, client, redirect, verifier)
    }

    /// One sentence for everything that a thief could want told apart.
    public static let mismatch = OAuthProblem(
        .invalidGrant, "the code is unknown, used or too old, or it does not belong to this request")

    /// Whether the request may have what was agreed to.
    public func check(_ grant: Grant, _ sha256: SHA256Function) throws(OAuthProblem) {
        let isProven = SecretText(verifier.challenge(sha256)) == SecretText(grant.challenge)
        guard isProven, client == grant.client, redirect == grant.redirect.description else { throw Self.mismatch }
    }

    /// The answer that holds the token (RFC 6749 §5.1). `seconds` is how long it lives.
    public static func answer(token: String, seconds: Int64) -> [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.member("access_token", token)
                $0.member("token_type", "Bearer")
                $0.member("expires_in", seconds)
                $0.member("scope", ServerMetadata.scope)
            }
        }
        return out
    }
}
