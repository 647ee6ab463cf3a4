// OAuthProblem: how the OAuth server says no.
//
// For: one list of error codes with the statuses and bodies that RFC 6749 §5.2 and RFC 7591 §3.2.2 give them.
// Refuses: codes outside the list.
// Called by: every reader of this module; gatewayd writes the answers.

import JSON

/// An error of the OAuth server.
public struct OAuthProblem: Error, Hashable, Sendable {
    /// RFC 6749 §4.1.2.1 and §5.2, RFC 7591 §3.2.2, RFC 8707 §2.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case invalidRequest = "invalid_request"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidScope = "invalid_scope"
        case invalidTarget = "invalid_target"
        case unsupportedGrantType = "unsupported_grant_type"
        case unsupportedResponseType = "unsupported_response_type"
        case invalidRedirectURI = "invalid_redirect_uri"
        case invalidClientMetadata = "invalid_client_metadata"
        case accessDenied = "access_denied"
        case temporarilyUnavailable = "temporarily_unavailable"
        case tooManyRequests = "too_many_requests"
    }

    public let code: Code
    /// A sentence for the people who write the client.
    public let message: String

    public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    /// The status of an answer that is no redirect.
    public var status: Int {
        switch code {
        case .invalidClient: 401
        case .temporarilyUnavailable: 503
        case .tooManyRequests: 429
        default: 400
        }
    }

    /// The body of an answer that is no redirect.
    public var body: [UInt8] {
        var out: [UInt8] = []
        JSONWriter.append(to: &out) { writer in
            writer.object {
                $0.member("error", code.rawValue)
                $0.member("error_description", message)
            }
        }
        return out
    }
}
