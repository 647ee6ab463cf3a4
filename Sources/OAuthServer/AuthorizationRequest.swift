// AuthorizationRequest: what a client sends its user's browser with (RFC 6749 §4.1.1, with the rules of RFC 9700).
//
// For: `GET` and `POST /oauth/authorize`.
// Refuses: clients that are not known and redirect URIs that are not theirs, on a page, because nobody can be trusted with
//   the browser then; everything else for the client to know: other response types, no proof key or a plain one, other scopes,
//   tokens for other resources, parameters given twice.
// Called by: gatewayd.

import Connections

/// Why a request is not followed.
public enum AuthorizationRefusal: Error, Hashable, Sendable {
    /// The user is told; the browser stays here.
    case page(String)
    /// The client is told, at this address. Whoever registers can have such a link made: a browser goes there by itself only
    /// where that is the user's own machine (RFC 9700 §4.11.2).
    case redirect(String, RedirectTarget)
}

/// The parameters of one request, each given once.
public struct OAuthParameters: Hashable, Sendable {
    private let values: [String: String]
    /// Parameters that were given more than once.
    let repeated: Set<String>

    /// The most bytes of a query or form.
    public static let largest = 16 << 10

    /// Reads a query or a form.
    public init(_ bytes: some Collection<UInt8>) throws(OAuthProblem) {
        guard bytes.count <= Self.largest else { throw OAuthProblem(.invalidRequest, "the parameters are too long") }
        var (values, repeated): ([String: String], Set<String>) = ([:], [])
        do throws(GrammarFault) {
            for pair in try FormText.pairs(bytes) where values.updateValue(pair.value, forKey: pair.name) != nil {
                repeated.insert(pair.name)
            }
        } catch {
            throw OAuthProblem(.invalidRequest, error.reason)
        }
        (self.values, self.repeated) = (values, repeated)
    }

    /// The value of a parameter; an empty one counts as left out (RFC 6749 §3.1).
    public subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The client that is named.
    public var client: ClientID? { repeated.contains("client_id") ? nil : self["client_id"].flatMap { ClientID($0) } }
}

/// A request that can be agreed to.
public struct AuthorizationRequest: Hashable, Sendable {
    public let client: PublicClient
    public let redirect: RedirectTarget
    /// `BASE64URL(SHA256(verifier))`, 43 characters.
    public let challenge: String
    let state: String?
    let issuer: String

    /// The longest state that is given back, in bytes.
    static let longestState = 4096
    private static let names: Set<String> = [
        "response_type", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "resource",
    ]

    /// Reads the request of `client`, which is the one that `parameters` name.
    public init(
        _ parameters: OAuthParameters, from client: PublicClient, at server: ServerMetadata
    ) throws(AuthorizationRefusal) {
        guard let text = parameters["redirect_uri"], !parameters.repeated.contains("redirect_uri"),
            let redirect = RedirectTarget(text), client.wish.redirects.contains(where: { $0.admits(redirect) })
        else { throw .page("The program did not register the address that it wants you sent back to.") }
        (self.client, self.redirect, issuer) = (client, redirect, server.issuer)
        let state = parameters.repeated.contains("state") ? nil : parameters["state"]
        self.state = state.flatMap { $0.utf8.count <= Self.longestState ? $0 : nil }
        do throws(OAuthProblem) {
            if state != self.state { throw OAuthProblem(.invalidRequest, "the state is too long") }
            challenge = try Self.challenge(parameters, server)
        } catch {
            throw .redirect(Self.address(redirect, self.state, server.issuer, error), redirect)
        }
    }

    private static func challenge(
        _ parameters: OAuthParameters, _ server: ServerMetadata
    ) throws(OAuthProblem) -> String {
        if let name = parameters.repeated.intersection(names).min() {
            throw OAuthProblem(.invalidRequest, "\(name) is given twice")
        }
        guard parameters["response_type"] == "code" else {
            throw OAuthProblem(.unsupportedResponseType, "the response type is code")
        }
        guard let challenge = parameters["code_challenge"], parameters["code_challenge_method"] == "S256",
            challenge.utf8.count == 43, challenge.utf8.allSatisfy(isURLDigit)
        else { throw OAuthProblem(.invalidRequest, "a code_challenge with the method S256 is needed") }
        let scopes = parameters["scope"]?.split(separator: " ") ?? []
        guard scopes.allSatisfy({ $0 == ServerMetadata.scope }) else {
            throw OAuthProblem(.invalidScope, "the scope is \(ServerMetadata.scope)")
        }
        guard parameters["resource"].map(server.isMeant) ?? true else {
            throw OAuthProblem(.invalidTarget, "the resource is \(server.resource)")
        }
        return challenge
    }

    private static func isURLDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Where the browser goes with a code.
    public func granted(_ code: AuthorizationCode) -> String {
        redirect.carrying([FormPair("code", code.reveal())] + Self.echo(state, issuer))
    }

    /// Where the browser goes when it comes to nothing.
    public func refused(_ problem: OAuthProblem) -> String { Self.address(redirect, state, issuer, problem) }

    private static func address(
        _ redirect: RedirectTarget, _ state: String?, _ issuer: String, _ problem: OAuthProblem
    ) -> String {
        redirect.carrying(
            [FormPair("error", problem.code.rawValue), FormPair("error_description", problem.message)]
                + echo(state, issuer))
    }

    /// The state as it came, and who answers (RFC 9207).
    private static func echo(_ state: String?, _ issuer: String) -> [FormPair] {
        (state.map { [FormPair("state", $0)] } ?? []) + [FormPair("iss", issuer)]
    }
}
