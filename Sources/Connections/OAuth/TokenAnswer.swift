// TokenAnswer: what a token endpoint said (RFC 6749 §5).
//
// For: one reading for every vendor: JSON or form, errors with status 200, tokens deeper inside, types of their own
// names.
// Refuses: tokens that could not be sent, types that are not used as bearer tokens (§7.1), answers too large, facts
//   that the provider's definition does not allow.
// Called by: whoever connects and refreshes accounts.

import JSON

/// What an answer states about a lifetime, as it was written. What it means is decided where clocks are known.
public enum StatedValue: Hashable, Sendable {
    /// Not there, or null.
    case missing
    /// A JSON number, as it was written.
    case number(String)
    /// A JSON string, or a value of a form.
    case string(String)
    /// True, false, an array or an object.
    case other
}

/// A token that was granted.
public struct TokenGrant: Sendable, Equatable {
    public let accessToken: SecretText
    /// `nil` where the answer has none: the one that is there stays good (RFC 6749 §6, case O-02).
    public let refreshToken: SecretText?
    /// What the definition's lifetime member says.
    public let lifetime: StatedValue
    /// What the definition's member for the end says.
    public let end: StatedValue
    /// What was granted, where the answer says so; otherwise what was asked for (§5.1).
    public let scopes: [String]?
    /// The facts about the account that token answers hold.
    public let facts: AccountFacts

    public init(
        accessToken: SecretText, refreshToken: SecretText?, lifetime: StatedValue, end: StatedValue, scopes: [String]?,
        facts: AccountFacts
    ) {
        (self.accessToken, self.refreshToken, self.lifetime, self.end) = (accessToken, refreshToken, lifetime, end)
        (self.scopes, self.facts) = (scopes, facts)
    }
}

/// Why there is no token.
public struct TokenRefusal: Error, Hashable, Sendable {
    /// What follows from it.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The code or the refresh token is not accepted: the account has to be connected again.
        case invalidGrant
        /// The application or its request is not accepted: wrong for every account of the provider.
        case invalidClient
        /// The answer says nothing about either.
        case temporary
        /// A success that could not be read. A refresh token may have been used up with it.
        case malformed
    }

    public let kind: Kind
    /// The status of the answer; 429 and 503 may come with a time to wait for.
    public let status: Int
    /// The provider's own code, when it gave one; at most 64 characters.
    public let code: String?
    /// A sentence for people, bounded and without secrets.
    public let text: String

    public init(kind: Kind, status: Int, code: String?, text: String) {
        (self.kind, self.status, self.code, self.text) = (kind, status, code, text)
    }
}

/// A token endpoint's answer while it is read.
public struct TokenAnswer {
    /// The largest answer that is read: vendors' have up to 8 KiB, with an id token inside.
    public static let largest = 65_536
    /// The longest scope list that is kept.
    static let longestScope = 8192

    let provider: ProviderDefinition
    let oauth: OAuthDefinition
    let status: Int
    let known: AccountFacts
    let secrets: [SecretText]

    /// Reads an answer. What is `known` of the account need not be in it again; `secrets` are what the request carried:
    /// they are kept out of messages. The provider must have OAuth.
    public static func read(
        status: Int, contentType: String?, body: [UInt8], from provider: ProviderDefinition,
        known: AccountFacts = AccountFacts(), hiding secrets: [SecretText]
    ) throws(TokenRefusal) -> TokenGrant {
        guard let oauth = provider.oauth else { preconditionFailure("only providers with OAuth are asked for tokens") }
        let answer = TokenAnswer(provider: provider, oauth: oauth, status: status, known: known, secrets: secrets)
        guard body.count <= largest else { throw answer.unreadable("the answer is larger than \(largest) bytes") }
        let tree = tree(body, contentType)
        if let refusal = answer.refusal(tree, body) { throw refusal }
        guard let tree else { throw answer.unreadable("the answer is neither JSON nor a form") }
        return try answer.grant(tree)
    }

    /// The members of an answer, whatever it is written in; `nil` when it has none.
    static func tree(_ body: [UInt8], _ contentType: String?) -> JSONValue? {
        let first = body.first { !($0 == 0x20 || (0x09...0x0D).contains($0)) }
        if first == UInt8(ascii: "{") {
            guard let value = try? body.withUnsafeBytes({ try JSONValue(parsing: $0) }) else { return nil }
            return value
        }
        // GitHub answers so unless it is asked for JSON; text/plain is what frameworks write when nobody says a type.
        let type = contentType?.split(separator: ";").first?.lowercased() ?? "text/plain"
        guard type == "application/x-www-form-urlencoded" || type == "text/plain", first != UInt8(ascii: "<"),
            body.contains(UInt8(ascii: "="))
        else { return nil }
        let trimmed = body.reversed().drop { $0 == 0x0A || $0 == 0x0D }.reversed()
        guard let pairs = try? FormText.pairs(Array(trimmed)), Set(pairs.map(\.name)).count == pairs.count else {
            return nil
        }
        return .object(pairs.map { JSONValue.Member($0.name, .string($0.value)) })
    }

    // MARK: A grant

    private func grant(_ tree: JSONValue) throws(TokenRefusal) -> TokenGrant {
        let access = try secret(oauth.answer.accessToken, in: tree)
        guard let access else { throw unreadable("the answer has no \(oauth.answer.accessToken)") }
        if let type = oauth.answer.tokenType.value(in: tree)?.string?.lowercased() {
            guard oauth.tokenTypes.contains(type) else {
                throw unreadable("the token is of the type \"\(excerpt(type))\", which is not known here")
            }
        }
        return TokenGrant(
            accessToken: access, refreshToken: try secret(oauth.answer.refreshToken, in: tree),
            lifetime: stated(oauth.answer.lifetime, in: tree), end: stated(oauth.answer.end, in: tree),
            scopes: scopes(in: tree), facts: try facts(in: tree))
    }

    private func facts(in tree: JSONValue) throws(TokenRefusal) -> AccountFacts {
        do throws(GrammarFault) {
            return try AccountFacts.read(provider.accountFields, from: .token, in: tree, known: known)
        } catch {
            throw unreadable(excerpt(error.reason))
        }
    }

    /// A token; `nil` when there is none. An empty one is none: some vendors write that instead of leaving it out.
    private func secret(_ path: DottedPath, in tree: JSONValue) throws(TokenRefusal) -> SecretText? {
        switch path.value(in: tree) {
        case nil, .null, .string(""): return nil
        case .string(let text):
            let secret = SecretText(text)
            guard secret.isSendable else { throw unreadable("\(path) is too long or not printable ASCII") }
            return secret
        default: throw unreadable("\(path) is no text")
        }
    }

    private func stated(_ path: DottedPath, in tree: JSONValue) -> StatedValue {
        switch path.value(in: tree) {
        case nil, .null: .missing
        case .number(let text): text.utf8.count <= 64 ? .number(text) : .other
        case .string(let text): text.utf8.count <= 64 ? .string(text) : .other
        case .boolean, .array, .object: .other
        }
    }

    /// Vendors separate scopes by blanks, by commas though they were asked with blanks (GitHub), or write an array.
    private func scopes(in tree: JSONValue) -> [String]? {
        switch oauth.answer.scope.value(in: tree) {
        case .string(let text) where text.utf8.count <= Self.longestScope:
            return text.split { $0 == " " || $0 == "," || String($0) == oauth.scopeSeparator }.map(String.init)
        case .array(let values):
            let texts = values.compactMap(\.string)
            let isSmall = texts.reduce(0) { $0 + $1.utf8.count } <= Self.longestScope
            return texts.count == values.count && isSmall ? texts : nil
        default: return nil
        }
    }

    // MARK: A refusal

    /// What an answer without a token means; `nil` when there is a token to be read.
    private func refusal(_ tree: JSONValue?, _ body: [UInt8]) -> TokenRefusal? {
        let saysFailure = tree.flatMap { provider.answers.successField?.value(in: $0)?.boolean } == false
        let code = tree.flatMap(errorCode)
        let hasToken = tree.flatMap { oauth.answer.accessToken.value(in: $0)?.string } ?? "" != ""
        let succeeded = (200...299).contains(status)
        if succeeded, !saysFailure, hasToken || code == nil { return nil }
        let meaning = meaning(of: code)
        return TokenRefusal(kind: meaning, status: status, code: code, text: sentence(code, tree, body))
    }

    /// Nothing is concluded from a status alone: a proxy in between answers 401 and 403, too, and a dead account is
    /// not brought back by a later answer. Servers in trouble and those that ask for patience are not believed a code
    /// either.
    private func meaning(of code: String?) -> TokenRefusal.Kind {
        guard let code, status < 500, status != 429, status != 408 else { return .temporary }
        let meaning = oauth.errors[code] ?? Self.standard[code] ?? .temporary
        switch meaning {
        case .invalidGrant: return .invalidGrant
        case .invalidClient: return .invalidClient
        case .temporary: return .temporary
        }
    }

    /// RFC 6749 §5.2, and the two of §4.1.2.1 that token endpoints use as well.
    private static let standard: [String: OAuthDefinition.ErrorMeaning] = [
        "invalid_grant": .invalidGrant, "invalid_client": .invalidClient, "unauthorized_client": .invalidClient,
        "unsupported_grant_type": .invalidClient, "invalid_scope": .invalidClient, "invalid_request": .invalidClient,
        "temporarily_unavailable": .temporary, "server_error": .temporary,
    ]

    private func errorCode(_ tree: JSONValue) -> String? {
        guard let found = oauth.answer.error.value(in: tree)?.string, !found.isEmpty else { return nil }
        return String(excerpt(found).prefix(64))
    }

    private func sentence(_ code: String?, _ tree: JSONValue?, _ body: [UInt8]) -> String {
        guard let code else { return "the token endpoint answered \(status): \(Excerpt.of(body, hiding: secrets))" }
        let description = tree?["error_description"]?.string ?? tree?["message"]?.string
        return excerpt(code + (description.map { ": \($0)" } ?? ""))
    }

    private func excerpt(_ text: String) -> String { Excerpt.of(text.utf8, hiding: secrets) }

    private func unreadable(_ text: String) -> TokenRefusal {
        let kind: TokenRefusal.Kind = (200...299).contains(status) ? .malformed : .temporary
        return TokenRefusal(kind: kind, status: status, code: nil, text: text)
    }
}
