// Short ways to make what a flow consists of.

import Connections
import Hashing
import JSON
import OAuthServer
import Tenancy

enum Flow {
    static let server = ServerMetadata(try! WebAddress("https://weir.example").origin)
    static let redirect = "https://client.example/back?x=1"
    static let verifier = String(repeating: "v", count: 43)
    static let now = UnixMillis(1_700_000_000_000)
    static let fingerprint = KeyFingerprintSample.one

    static func sha256(_ bytes: [UInt8]) -> [UInt8] { SHA256Digest(of: bytes).bytes }

    static var challenge: String { CodeVerifier(kept: SecretText(verifier))!.challenge(sha256) }

    static func client(_ redirects: [String] = [redirect], name: String = "Editor") -> PublicClient {
        PublicClient(
            id: ClientID(random: [UInt8](repeating: 7, count: 16)),
            wish: ClientWish(name: name, redirects: redirects.map { RedirectTarget($0)! }), registeredAt: now)
    }

    /// A good request's parameters, with some exchanged; an empty one counts as left out.
    static func query(_ changes: [String: String] = [:]) -> String {
        var values = [
            "response_type": "code", "client_id": client().id.text, "redirect_uri": redirect, "state": "s t",
            "code_challenge": challenge, "code_challenge_method": "S256", "resource": server.resource,
            "scope": "agent",
        ]
        values.merge(changes) { $1 }
        return text(values)
    }

    /// A good token request's form, with some exchanged.
    static func form(_ code: AuthorizationCode, _ changes: [String: String] = [:]) -> String {
        var values = [
            "grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": redirect,
            "client_id": client().id.text, "code_verifier": verifier,
        ]
        values.merge(changes) { $1 }
        return text(values)
    }

    private static func text(_ values: [String: String]) -> String {
        FormText.query(
            values.sorted { $0.key < $1.key }.map { FormPair($0.key, $0.value) })
    }

    static func parameters(_ text: String) throws(OAuthProblem) -> OAuthParameters { try OAuthParameters(text.utf8) }

    static func request(_ query: String, _ client: PublicClient = client()) throws -> AuthorizationRequest {
        try AuthorizationRequest(parameters(query), from: client, at: server)
    }

    static func code(_ byte: UInt8 = 1) -> AuthorizationCode {
        AuthorizationCode(random: [UInt8](repeating: byte, count: 32))
    }

    static func grant(at instant: UnixMillis = now) throws -> Grant {
        Grant(
            try request(query()), tenant: TenantID("acme")!, fingerprint: fingerprint, grantedAt: instant)
    }

    static func json(_ bytes: [UInt8]) throws -> JSONValue { try bytes.withUnsafeBytes { try JSONValue(parsing: $0) } }
}

enum KeyFingerprintSample {
    static let one = [UInt8](repeating: 9, count: 32).withUnsafeBytes { KeyFingerprint($0)! }
}
