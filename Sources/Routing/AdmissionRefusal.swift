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
    /// The gateway is stopping.
    case draining = 1
    /// No key was presented.
    case keyMissing = 2
    /// What was presented does not have the form or checksum of a key.
    case keyMalformed = 3
    /// No such key.
    case keyUnknown = 4
    /// The key was revoked.
    case keyRevoked = 5
    /// The key's time is over.
    case keyExpired = 6
    // May they?
    /// The tenant is suspended.
    case tenantSuspended = 7
    /// The key lacks the route's scope.
    case scopeMissing = 8
    /// A bucket of the key, the tenant or the instance is empty.
    case rateLimited = 9
    // What do they ask?
    /// The body exceeds its limit.
    case bodyTooLarge = 10
    /// The body cannot be understood.
    case bodyMalformed = 11
    /// No such model.
    case modelUnknown = 12
    /// The model has no host for this dialect.
    case dialectNotServed = 13
    /// All hosts of the model asked for a pause.
    case modelPaused = 14
    /// More choices than the gateway lets one request ask for, or a maximum below one.
    case outputOutOfRange = 15
    // Can it be paid?
    /// walletd cannot be asked: fail closed.
    case walletUnavailable = 16
    /// The tenant never had a wallet.
    case walletMissing = 17
    /// The key's lifetime cap does not leave the estimate.
    case keyCapExceeded = 18
    /// The wallet's free balance does not leave the estimate.
    case insufficientFunds = 19

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
        case .keyMissing, .keyMalformed, .keyUnknown, .keyRevoked, .keyExpired: .authentication
        case .tenantSuspended, .scopeMissing: .permission
        case .rateLimited, .modelPaused: .rateLimit
        case .bodyTooLarge: .tooLarge
        case .bodyMalformed, .dialectNotServed, .outputOutOfRange: .invalidRequest
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

    /// Whether the same request may succeed later without anybody doing anything.
    public var isWorthRetrying: Bool { kind == .rateLimit || kind == .unavailable }
}
