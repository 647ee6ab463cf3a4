// ErrorKind: everything that can go wrong for a client, with its status and its name in both dialects.
//
// For: one closed list from which status, JSON shape and SDK exception class follow (case T-18).
// Refuses: nothing; unknown statuses fall to the nearest kind of their class.
// Called by: ErrorBody, VendorError, RequestRefusal, gatewayd.

/// A class of failure a client can act on.
public enum ErrorKind: UInt8, CaseIterable, Hashable, Sendable {
    /// The request itself is wrong.
    case invalidRequest
    /// No or a wrong credential.
    case authentication
    /// The wallet or the key's cap does not allow it.
    case billing
    /// The credential may not do this.
    case permission
    /// No such model or route.
    case notFound
    /// The route exists, the method does not.
    case methodNotAllowed
    /// The client took too long to send its request.
    case requestTimeout
    /// The body is larger than allowed.
    case requestTooLarge
    /// A content type or encoding that is not spoken here.
    case unsupportedMediaType
    /// Too many requests or tokens in a time.
    case rateLimit
    /// A fault on the answering side.
    case `internal`
    /// The upstream answered with something unusable.
    case upstreamFailed
    /// A part needed for the answer is not there at the moment.
    case unavailable
    /// The upstream took too long.
    case upstreamTimeout
    /// The upstream has more work than it can do (Anthropic's 529).
    case overloaded
}

extension ErrorKind {
    /// The HTTP status.
    public var status: Int {
        switch self {
        case .invalidRequest: 400
        case .authentication: 401
        case .billing: 402
        case .permission: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .requestTooLarge: 413
        case .unsupportedMediaType: 415
        case .rateLimit: 429
        case .internal: 500
        case .upstreamFailed: 502
        case .unavailable: 503
        case .upstreamTimeout: 504
        case .overloaded: 529
        }
    }

    /// The kind of an HTTP error status: the one of that number, else `invalidRequest` for 4xx and `internal` for the rest.
    public init(status: Int) {
        let exact = Self.allCases.first { $0.status == status }
        self = exact ?? ((400..<500).contains(status) ? .invalidRequest : .internal)
    }

    /// `error.type` in Anthropic's list (docs: API → Errors): 4xx by name, 529 overloaded, every other 5xx `api_error`.
    var anthropicType: StaticString {
        switch self {
        case .invalidRequest, .methodNotAllowed, .requestTimeout, .unsupportedMediaType: "invalid_request_error"
        case .authentication: "authentication_error"
        case .billing: "billing_error"
        case .permission: "permission_error"
        case .notFound: "not_found_error"
        case .requestTooLarge: "request_too_large"
        case .rateLimit: "rate_limit_error"
        case .internal, .upstreamFailed, .unavailable, .upstreamTimeout: "api_error"
        case .overloaded: "overloaded_error"
        }
    }

    /// `error.type` as OpenAI's API uses it.
    var openAIType: StaticString {
        switch self {
        case .invalidRequest, .authentication, .notFound, .methodNotAllowed, .requestTimeout, .requestTooLarge,
            .unsupportedMediaType:
            "invalid_request_error"
        case .billing: "insufficient_quota"
        case .permission: "permission_error"
        case .rateLimit: "rate_limit_error"
        case .internal, .upstreamFailed, .unavailable, .upstreamTimeout, .overloaded: "server_error"
        }
    }

    /// `error.code` as OpenAI's API uses it, where there is a usual one.
    var openAICode: String? {
        switch self {
        case .authentication: "invalid_api_key"
        case .billing: "insufficient_quota"
        case .rateLimit: "rate_limit_exceeded"
        default: nil
        }
    }
}
