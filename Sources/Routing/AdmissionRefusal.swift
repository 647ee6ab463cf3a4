// AdmissionRefusal: every reason to turn a request away before an upstream is called.
//
// For: one closed list, in the order in which the reasons are checked. The HTTP status and the kind of error follow
// from the reason once, here, whatever the route.
// Refuses: nothing itself.
// Called by: gatewayd's pipeline; its tests walk the list in order.

/// The kind of an error, which each dialect words in its own way.
public enum AdmissionErrorKind: String, CaseIterable, Sendable {
    case authentication, permission, invalidRequest, notFound, tooLarge, rateLimit, billing, unavailable
}

/// Why a request is not admitted, in order of precedence: where several apply, the first is given.
public enum AdmissionRefusal: UInt8, CaseIterable, Sendable {
    // Who is asking?
    /// No key was presented.
    case keyMissing = 1
    /// No such key: malformed, never made, or revoked. The answer does not say which.
    case keyUnknown = 2
    /// The key's time is over.
    case keyExpired = 3
    // May they?
    /// The tenant is suspended.
    case tenantSuspended = 4
    /// The key lacks the route's scope.
    case scopeMissing = 5
    /// A bucket of the key, the tenant or the instance is empty.
    case rateLimited = 6
    // Can it be done and accounted for?
    /// The gateway is stopping.
    case draining = 7
    /// walletd cannot be asked: fail closed. Found out again when the hold is asked for.
    case walletUnavailable = 8
    // What do they ask?
    /// The body exceeds its limit.
    case bodyTooLarge = 9
    /// The body cannot be understood.
    case bodyMalformed = 10
    /// No such model.
    case modelUnknown = 11
    /// All hosts of the model asked for a pause.
    case modelPaused = 12
    /// More choices than the gateway lets one request ask for, or a maximum below one.
    case outputOutOfRange = 13
    // Can it be paid?
    /// The tenant never had a wallet.
    case walletMissing = 14
    /// The key's lifetime cap does not leave the estimate.
    case keyCapExceeded = 15
    /// The wallet's free balance does not leave the estimate.
    case insufficientFunds = 16

    /// The HTTP status of the answer.
    public var status: Int {
        switch kind {
        case .authentication: 401
        case .billing: 402
        case .permission: 403
        case .notFound: 404
        case .tooLarge: 413
        case .invalidRequest: 400
        case .rateLimit: 429
        case .unavailable: 503
        }
    }

    /// The kind of error.
    public var kind: AdmissionErrorKind {
        switch self {
        case .draining, .walletUnavailable: .unavailable
        case .keyMissing, .keyUnknown, .keyExpired: .authentication
        case .tenantSuspended, .scopeMissing: .permission
        case .rateLimited, .modelPaused: .rateLimit
        case .bodyTooLarge: .tooLarge
        case .bodyMalformed, .outputOutOfRange: .invalidRequest
        case .modelUnknown: .notFound
        case .walletMissing, .keyCapExceeded, .insufficientFunds: .billing
        }
    }

    /// A stable word for programs: `key_cap_exceeded`.
    public var code: String {
        "\(self)".reduce(into: "") { code, letter in
            code += letter.isUppercase ? "_\(letter.lowercased())" : String(letter)
        }
    }
}
