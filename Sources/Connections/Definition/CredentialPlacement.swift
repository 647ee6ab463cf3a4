// CredentialPlacement: how a provider wants to be shown a credential.
//
// For: turning what the vault holds into what a request carries, by the provider's definition.
// Refuses: secrets that would break out of their place, a password where one value is wanted.
// Called by: provider definitions; whoever releases credentials; request planning.

/// The kinds of credential a provider may accept. Stored and configured by these names.
public enum AuthKind: String, Hashable, Sendable, CaseIterable {
    /// A key or token that its owner copied from the vendor's site.
    case apiKey = "api_key"
    /// A bot's token, which stands for no person.
    case botToken = "bot_token"
    /// OAuth 2.0, authorization code grant: somebody has agreed in a browser.
    case oauth2
    /// OAuth 2.0, client credentials grant: the application speaks for itself.
    case clientCredentials = "client_credentials"
    /// A user name and a password.
    case basic
}

/// What is to be presented.
public enum Credential: Sendable, Equatable {
    case secret(SecretText)
    case userPassword(user: String, password: SecretText)
}

/// A credential as a request carries it.
public enum PresentedCredential: Sendable, Equatable {
    /// A header field; the name in lower case.
    case header(name: String, value: SecretText)
    /// A parameter of the query.
    case query(name: String, value: SecretText)
    /// Segments before everything that is asked for, such as `/bot123:abc`.
    case path(SecretText)
}

/// Where a credential stands in requests.
public enum CredentialPlacement: Hashable, Sendable {
    /// `Authorization: Bearer …` (RFC 6750 §2.1).
    case bearer
    /// `Authorization: Basic …` (RFC 7617). A credential of one value is the user name, with an empty password.
    case basic
    /// A header field; the template has `{secret}` once.
    case header(name: String, template: TextTemplate)
    /// A parameter of the query. Queries end up in logs: for vendors that know nothing else.
    case query(name: String)
    /// The front of the path, such as `/bot{secret}`; the template has `{secret}` once.
    case path(TextTemplate)

    /// The name that the secret has in templates.
    public static let variable = "secret"

    /// The credential as a request carries it. The faults are for the owner of the credential and hold nothing of it.
    public func presented(_ credential: Credential) throws(GrammarFault) -> PresentedCredential {
        switch (self, credential) {
        case (.basic, let credential): return try Self.basicField(credential)
        case (.bearer, .secret(let secret)): return try Self.field("authorization", "Bearer ", secret, "")
        case (.header(let name, let template), .secret(let secret)):
            let (front, back) = Self.around(template)
            return try Self.field(name, front, secret, back)
        case (.query(let name), .secret(let secret)):
            guard secret.isSendable else { throw Self.unsendable }
            return .query(name: name, value: secret)
        case (.path(let template), .secret(let secret)): return try Self.front(template, secret)
        case (_, .userPassword):
            throw GrammarFault("the provider takes a single secret here, not a user and a password")
        }
    }

    private static let unsendable = GrammarFault("the secret is empty, too long or not printable ASCII")

    private static func field(
        _ name: String, _ front: String, _ secret: SecretText, _ back: String
    ) throws(GrammarFault) -> PresentedCredential {
        guard secret.isSendable else { throw unsendable }
        return .header(name: name.lowercased(), value: SecretText(Array(front.utf8) + secret.bytes + Array(back.utf8)))
    }

    private static func basicField(_ credential: Credential) throws(GrammarFault) -> PresentedCredential {
        switch credential {
        case .secret(let secret): return basicField(user: try sendable(secret), password: [])
        case .userPassword(let user, let password):
            // RFC 7617 §2: the first colon ends the user name.
            guard !user.isEmpty, !user.utf8.contains(UInt8(ascii: ":")), user.utf8.allSatisfy(ByteGrammar.isPrintable),
                user.utf8.count <= 1024
            else { throw GrammarFault("the user name is empty, too long, has a colon, or is not printable ASCII") }
            return basicField(user: Array(user.utf8), password: try sendable(password))
        }
    }

    private static func sendable(_ secret: SecretText) throws(GrammarFault) -> [UInt8] {
        guard secret.isSendable else { throw unsendable }
        return secret.bytes
    }

    private static func basicField(user: [UInt8], password: [UInt8]) -> PresentedCredential {
        let value = Base64Text.padded(user + [UInt8(ascii: ":")] + password)
        return .header(name: "authorization", value: SecretText(Array("Basic ".utf8) + value))
    }

    /// Secrets in paths are letters, digits and a few signs, so that they are the same escaped and not.
    private static func front(_ template: TextTemplate, _ secret: SecretText) throws(GrammarFault)
        -> PresentedCredential
    {
        let plain =
            (1...256).contains(secret.bytes.count)
            && secret.bytes.allSatisfy { ByteGrammar.isAlphanumeric($0) || "-_:".utf8.contains($0) }
        guard plain else { throw GrammarFault("the secret does not fit into a path") }
        let (front, back) = around(template)
        return .path(SecretText(Array(front.utf8) + secret.bytes + Array(back.utf8)))
    }

    /// What stands before and after the one gap.
    private static func around(_ template: TextTemplate) -> (String, String) {
        let gap = template.parts.firstIndex(of: .variable(variable)) ?? template.parts.endIndex
        func text(_ parts: ArraySlice<TextTemplate.Part>) -> String {
            parts.map { part in
                if case .text(let text) = part { text } else { "" }
            }.joined()
        }
        return (text(template.parts[..<gap]), text(template.parts[gap...]))
    }
}
