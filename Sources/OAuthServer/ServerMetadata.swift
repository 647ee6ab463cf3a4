// ServerMetadata: where everything is, for clients that know nothing but the address of /mcp.
//
// For: the two documents of RFC 9728 (protected resource) and RFC 8414 (authorization server), and the paths in them.
// Refuses: nothing.
// Called by: gatewayd; AuthorizationRequest and CodeExchange compare resources.

public import Connections
import JSON

/// What is said of this server, which is both the resource and its authorization server.
public struct ServerMetadata: Hashable, Sendable {
    /// The address under which browsers and clients reach this server; the issuer (RFC 8414 §2).
    public let issuer: String

    /// What every access token is good for.
    public static let scope = "agent"

    /// `origin` is the server's public one.
    public init(_ origin: WebOrigin) { issuer = origin.description }

    /// What tokens are for: the identifier of the resource (RFC 9728 §1.2).
    public var resource: String { issuer + "/mcp" }

    /// Where the document about the resource is, for WWW-Authenticate.
    public var resourceMetadataURL: String { issuer + "/.well-known/oauth-protected-resource/mcp" }

    /// Whether a token that is asked for `resource` is one for us (RFC 8707).
    func isMeant(by resource: String) -> Bool {
        [self.resource, self.resource + "/", issuer, issuer + "/"].contains(resource)
    }

    /// The document about the resource.
    public var protectedResource: [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.member("resource", resource)
                $0.key("authorization_servers")
                $0.array { $0.string(issuer) }
                $0.key("scopes_supported")
                $0.array { $0.string(Self.scope) }
                $0.key("bearer_methods_supported")
                $0.array { $0.string("header") }
                $0.member("resource_name", "Weir")
            }
        }
        return out
    }

    /// The document about the authorization server.
    public var authorizationServer: [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.member("issuer", issuer)
                $0.member("authorization_endpoint", issuer + "/oauth/authorize")
                $0.member("token_endpoint", issuer + "/oauth/token")
                $0.member("registration_endpoint", issuer + "/oauth/register")
                $0.member("revocation_endpoint", issuer + "/oauth/revoke")
                for (name, values) in Self.lists {
                    $0.key(name)
                    $0.array { list in for value in values { list.string(value) } }
                }
                $0.member("authorization_response_iss_parameter_supported", true)
            }
        }
        return out
    }

    private static let lists: [(String, [String])] = [
        ("scopes_supported", [scope]), ("response_types_supported", ["code"]),
        ("response_modes_supported", ["query"]), ("grant_types_supported", ["authorization_code"]),
        ("token_endpoint_auth_methods_supported", ["none"]),
        ("revocation_endpoint_auth_methods_supported", ["none"]), ("code_challenge_methods_supported", ["S256"]),
    ]
}
