// RequestMethod: the methods that requests to providers may have.
//
// Called by: provider definitions, request planning, whoever sends what was planned.

/// A method of RFC 9110 §9 or RFC 5789. CONNECT, OPTIONS and TRACE are not for agents.
public enum RequestMethod: String, Hashable, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"

    /// Whether a body may be sent along. One with GET has no meaning, and some servers refuse it (RFC 9110 §9.3.1).
    public var takesBody: Bool { self != .get && self != .head }
}
