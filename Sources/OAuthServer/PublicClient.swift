// PublicClient: a program that registered itself (RFC 7591), and what it may register.
//
// For: clients of MCP, which come without anybody having arranged it. They are public: they have no secret, and prove
//   what they began by a proof key.
// Refuses: no redirect URI or more than `mostRedirects`, ones that RedirectTarget refuses, names that are not one line,
//   grants other than the authorization code.
// Called by: gatewayd: registration, consent, tokens.

import Connections
import JSON
public import Tenancy

/// A client's public name: `mcp_` and 32 hexadecimal digits.
public struct ClientID: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// The bytes that one is made from.
    public static let randomBytes = 16
    private static let prefix = "mcp_"

    /// A name from 16 random bytes.
    public init(random bytes: [UInt8]) {
        precondition(bytes.count == Self.randomBytes, "a client's name is made from 16 random bytes")
        let digits = Array("0123456789abcdef".utf8)
        let hex = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        text = Self.prefix + String(decoding: hex, as: UTF8.self)
    }

    /// `nil` unless `text` has the form of one.
    public init?(_ text: String) {
        let digits = text.utf8.dropFirst(Self.prefix.utf8.count)
        guard text.hasPrefix(Self.prefix), digits.count == 2 * Self.randomBytes else { return nil }
        guard digits.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return nil }
        self.text = text
    }

    public var description: String { text }
}

/// What a client says of itself.
public struct ClientWish: Hashable, Sendable {
    /// One line; anybody can claim any name.
    public let name: String
    /// At least one.
    public let redirects: [RedirectTarget]

    /// The most redirect URIs of a client.
    public static let mostRedirects = 8
    /// The longest name, in bytes: `mcp: ` and the name are a key's name, which has at most 64.
    public static let longestName = 56
    /// The largest body of a registration, in bytes.
    public static let largestBody = 64 << 10
    static let namelessName = "MCP client"

    public init(name: String, redirects: [RedirectTarget]) { (self.name, self.redirects) = (name, redirects) }

    /// Reads the body of `POST /oauth/register`. Members that are not known are passed over (RFC 7591 §2).
    public init(_ body: UnsafeRawBufferPointer) throws(OAuthProblem) {
        guard let value = try? JSONValue(parsing: body), case .object = value else {
            throw OAuthProblem(.invalidClientMetadata, "the body must be a JSON object")
        }
        redirects = try Self.redirects(value)
        name = try Self.name(value)
        try Self.refuseOtherGrants(value)
    }

    private static func redirects(_ value: JSONValue) throws(OAuthProblem) -> [RedirectTarget] {
        guard let elements = value["redirect_uris"]?.elements, (1...mostRedirects).contains(elements.count) else {
            throw OAuthProblem(.invalidRedirectURI, "redirect_uris must be an array of 1 to \(mostRedirects) URIs")
        }
        let targets = elements.compactMap { $0.string.flatMap { RedirectTarget($0) } }
        guard targets.count == elements.count else {
            throw OAuthProblem(
                .invalidRedirectURI, "a redirect URI must be https, or http on the machine itself, without a fragment")
        }
        return targets
    }

    private static func name(_ value: JSONValue) throws(OAuthProblem) -> String {
        guard let given = value["client_name"], given != .null else { return namelessName }
        guard let name = given.string, name.unicodeScalars.allSatisfy(isVisible) else {
            throw OAuthProblem(.invalidClientMetadata, "client_name must be one line of text")
        }
        var cut = name
        while cut.utf8.count > longestName { cut.removeLast() }
        return cut.allSatisfy(\.isWhitespace) ? namelessName : cut
    }

    /// Neither control characters nor those that turn the direction of text around, by which a name could look like
    /// another one on the consent page.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }

    private static func refuseOtherGrants(_ value: JSONValue) throws(OAuthProblem) {
        for (member, needed) in [("grant_types", "authorization_code"), ("response_types", "code")] {
            guard let given = value[member], given != .null else { continue }
            guard given.elements?.contains(.string(needed)) == true else {
                throw OAuthProblem(.invalidClientMetadata, "\(member) must contain \(needed)")
            }
        }
    }
}

/// A registered client.
public struct PublicClient: Hashable, Sendable {
    public let id: ClientID
    public let wish: ClientWish
    public let registeredAt: UnixMillis

    public init(id: ClientID, wish: ClientWish, registeredAt: UnixMillis) {
        (self.id, self.wish, self.registeredAt) = (id, wish, registeredAt)
    }

    /// The name of a key that is made for it.
    public var keyName: String { "mcp: \(wish.name)" }

    /// The answer to its registration (RFC 7591 §3.2.1): what it wished, as it was taken.
    public var registration: [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.member("client_id", id.text)
                $0.member("client_id_issued_at", registeredAt.value / 1000)
                $0.member("client_name", wish.name)
                $0.key("redirect_uris")
                $0.array { list in for target in wish.redirects { list.string(target.description) } }
                $0.key("grant_types")
                $0.array { $0.string("authorization_code") }
                $0.key("response_types")
                $0.array { $0.string("code") }
                $0.member("token_endpoint_auth_method", "none")
                $0.member("scope", ServerMetadata.scope)
            }
        }
        return out
    }
}
