// AuthorizationURL: where a user's browser is sent to agree (RFC 6749 §4.1.1).
//
// Refuses: nothing: whatever could be wrong was found when the provider was defined.
// Called by: whoever begins a connection.

/// The operator's registration at a provider.
public struct ClientRegistration: Sendable, Equatable {
    /// The id that the provider gave out.
    public let id: String
    /// The secret; `nil` for an application without one.
    public let secret: SecretText?

    /// The longest id in bytes.
    public static let longestID = 512

    /// `nil` unless the id is printable ASCII of 1 to 512 bytes, and the secret can be sent.
    public init?(id: String, secret: SecretText?) {
        guard (1...Self.longestID).contains(id.utf8.count), id.utf8.allSatisfy(ByteGrammar.isPrintable) else {
            return nil
        }
        guard secret?.isSendable ?? true else { return nil }
        (self.id, self.secret) = (id, secret)
    }
}

extension OAuthDefinition {
    /// The URL, or `nil` for a provider whose users agree to nothing. A blank is `%20` in it.
    public func authorizationURL(
        client: ClientRegistration, redirectURI: String, scopes: [String], state: FlowState, challenge: String?
    ) -> String? {
        guard let authorizeURL else { return nil }
        var pairs = [
            FormPair("response_type", "code"), FormPair("client_id", client.id), FormPair("redirect_uri", redirectURI),
        ]
        if !scopes.isEmpty { pairs.append(FormPair(scopeParameter, scopes.joined(separator: scopeSeparator))) }
        pairs.append(FormPair("state", String(decoding: state.secret.bytes, as: UTF8.self)))
        if let challenge, proofKey != .none {
            pairs += [FormPair("code_challenge", challenge), FormPair("code_challenge_method", "S256")]
        }
        return "\(authorizeURL)?\(FormText.query(pairs + authorizeParameters))"
    }
}
