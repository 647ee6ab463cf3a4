// ProofKey: PKCE (RFC 7636) with S256.
//
// For: an authorization code that is worth nothing to somebody who only saw it.
// Refuses: the method `plain`; there is no way to say it.
// Called by: whoever begins a connection keeps the verifier; AuthorizationURL and TokenRequest send its two halves.

/// The digest that this module does not have: SHA-256 (FIPS 180-4), 32 bytes.
public typealias SHA256Function = (_ bytes: [UInt8]) -> [UInt8]

/// The secret half of a proof key.
public struct CodeVerifier: Sendable, Equatable {
    /// 43 unreserved characters.
    public let secret: SecretText

    /// The bytes that a verifier is made from: what RFC 7636 §4.1 recommends.
    public static let randomBytes = 32

    /// A verifier from 32 bytes of a secure source.
    public init(random bytes: [UInt8]) {
        precondition(bytes.count == Self.randomBytes, "a verifier is made from 32 random bytes")
        secret = SecretText(Base64Text.forURL(bytes))
    }

    /// A verifier that was kept; `nil` unless it is 43 to 128 unreserved characters (§4.1).
    public init?(kept secret: SecretText) {
        guard (43...128).contains(secret.bytes.count), secret.bytes.allSatisfy(ByteGrammar.isUnreserved) else {
            return nil
        }
        self.secret = secret
    }

    /// The public half, `BASE64URL(SHA256(verifier))` (§4.2).
    public func challenge(_ sha256: SHA256Function) -> String { Base64Text.forURL(sha256(secret.bytes)) }
}
