// TokenEvent: what can happen to one account's credential.
//
// For: TokenState, which is told these one at a time.
// Refuses: nothing. Every state takes every event; what does not concern it changes nothing.
// Called by: tokend makes them.

public import Tenancy

/// A credential as it is in the store: which one, and when its access token ends. The secrets themselves never come here.
public struct StoredCredential: Hashable, Sendable {
    /// Raised by one with everything that is stored for the account.
    public var version: UInt32
    public var expiry: UnixMillis
    /// A call to the token endpoint was marked as begun and never as ended: the process died in between (case O-03).
    public var isMarked: Bool
    /// Why nothing is refreshed any more; `nil` while it is.
    public var death: DeathReason?

    public init(version: UInt32, expiry: UnixMillis, isMarked: Bool = false, death: DeathReason? = nil) {
        (self.version, self.expiry, self.isMarked, self.death) = (version, expiry, isMarked, death)
    }
}

/// What a token endpoint granted, without the tokens.
public struct Grant: Hashable, Sendable {
    /// When the new access token ends; see `Expiry`.
    public var expiry: UnixMillis
    /// Whether a new refresh token came with it. An empty one counts as none.
    public var hasRefreshToken: Bool

    public init(expiry: UnixMillis, hasRefreshToken: Bool) {
        (self.expiry, self.hasRefreshToken) = (expiry, hasRefreshToken)
    }
}

/// Why a call to a token endpoint gave no token.
public enum CallFailure: Hashable, Sendable {
    /// `invalid_grant` (RFC 6749 §5.2): the refresh token is not accepted.
    case grantRefused
    /// `invalid_client`, `unauthorized_client`, `unsupported_grant_type`, `invalid_scope`, `invalid_request`: what we send is
    /// wrong, for every account of the provider.
    case clientRefused
    /// Status 429. With Retry-After where there was one.
    case busy(retryAfter: Millis?)
    /// Status 5xx, or another status that says nothing about the grant. With Retry-After where there was one.
    case unavailable(retryAfter: Millis?)
    /// No connection: nothing was sent.
    case unreachable
    /// No whole answer in time, or the connection broke after the request was sent.
    case timedOut
    /// A success that could not be read.
    case malformed
    /// The mark that a call begins could not be stored; nothing was sent. A disk that takes no mark would not take the new
    /// token either.
    case notMarked

    /// Whether the endpoint may have handed out a new refresh token that we do not have.
    var mayHaveRotated: Bool {
        switch self {
        case .unavailable, .timedOut, .malformed: true
        case .grantRefused, .clientRefused, .busy, .unreachable, .notMarked: false
        }
    }
}

/// Why an account's credential is not refreshed any more until somebody connects the account again. Stored: names never
/// change.
public enum DeathReason: String, Hashable, Sendable, CaseIterable {
    /// The provider does not accept the refresh token: revoked, expired, or used elsewhere.
    case grantRefused = "grant_refused"
    /// The same, after a call whose end we do not know: probably that call was answered with a new refresh token, which was
    /// lost (case O-03).
    case grantLost = "grant_lost"
}

/// One thing that happened.
public enum TokenEvent: Hashable, Sendable {
    /// The account's alarm rang.
    case alarm
    /// It is the account's turn among those that are due.
    case turn
    /// Somebody needs the credential. `seen`: the version that the provider answered 401 to; `nil` for whoever has none.
    case demand(seen: UInt32?)
    /// The call ended with a token. Every call ends once, with this or with `failed`.
    case answered(attempt: UInt32, Grant)
    /// The call ended without a token.
    case failed(attempt: UInt32, CallFailure)
    /// What `persistBeforeUse` asked for is durable.
    case stored(attempt: UInt32)
    /// What `persistBeforeUse` or `rereadStore` asked for could not be done now.
    case storeRefused(attempt: UInt32)
    /// What `rereadStore` found.
    case storeRead(attempt: UInt32, StoredCredential)
    /// Somebody else stored a credential for the account: it was connected again, or imported.
    case storedElsewhere(StoredCredential)
    /// The wall clock was set, or the machine slept. Told to every account.
    case clockJumped
}
