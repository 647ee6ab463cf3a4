// AgentFailure: how the agent API says no.
//
// For: one closed list of codes with their statuses, and one form of answer for all of them.
// Refuses: codes outside the list.
// Called by: reading and planning of agent requests; gatewayd for what it decides itself.

public import Tenancy

/// What an agent is told, in order of precedence.
public enum AgentErrorCode: String, Hashable, Sendable, CaseIterable {
    /// No key, an unknown one, or one of another tenant.
    case authFailed = "AUTH_FAILED"
    case tenantNotFound = "TENANT_NOT_FOUND"
    case tenantSuspended = "TENANT_SUSPENDED"
    /// Weir's own limits. A provider's are `upstreamError` with status 429.
    case rateLimited = "RATE_LIMITED"
    /// There is no such domain, or the account lacks what its provider needs.
    case configMissing = "CONFIG_MISSING"
    case validationError = "VALIDATION_ERROR"
    /// No account is connected, or none of that name.
    case tokenMissing = "TOKEN_MISSING"
    /// The provider does not accept the account's credential: it has to be connected again.
    case tokenExpired = "TOKEN_EXPIRED"
    /// The provider did not answer in time.
    case timeout = "TIMEOUT"
    /// The provider's own error, or no answer that could be read.
    case upstreamError = "UPSTREAM_ERROR"

    /// The status of the answer; for `upstreamError` where the provider's own cannot be passed on.
    public var status: Int {
        switch self {
        case .validationError: 400
        case .authFailed, .tokenExpired: 401
        case .tenantSuspended: 403
        case .tenantNotFound, .configMissing, .tokenMissing: 404
        case .rateLimited: 429
        case .upstreamError: 502
        case .timeout: 504
        }
    }
}

/// One thing that is wrong with a request.
public struct AgentProblem: Hashable, Sendable {
    /// The member, such as `query.limit` or `fields[2]`; empty for the request as a whole.
    public let path: String
    /// What is wrong and what would be right.
    public let reason: String

    init(_ path: String, _ reason: String) { (self.path, self.reason) = (path, reason) }
}

/// A request that gets no data.
public struct AgentFailure: Error, Hashable, Sendable {
    public let code: AgentErrorCode
    /// The HTTP status of the answer.
    public let status: Int
    /// A sentence for the agent and the people behind it.
    public let message: String
    /// Everything that is wrong with the request; for `validationError`.
    public let problems: [AgentProblem]
    /// The accounts to choose from, where one has to be named.
    public let accounts: [AccountName]
    /// When to come back, in seconds from now, where somebody said.
    public internal(set) var retryAfterSeconds: Int?

    public init(
        _ code: AgentErrorCode, _ message: String, status: Int? = nil, problems: [AgentProblem] = [],
        accounts: [AccountName] = [], retryAfterSeconds: Int? = nil
    ) {
        (self.code, self.message, self.problems, self.accounts) = (code, message, problems, accounts)
        self.retryAfterSeconds = retryAfterSeconds
        self.status = status ?? code.status
    }

    /// A request with these mistakes; at least one.
    init(problems: [AgentProblem]) {
        let sentence = problems.map { $0.path.isEmpty ? $0.reason : "\($0.path): \($0.reason)" }
        self.init(.validationError, sentence.joined(separator: "; "), problems: problems)
    }
}
