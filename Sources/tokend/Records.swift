// Records: rows of token.db as values.
//
// For: handing rows from the store's thread to the service's loop, without SQL and without envelopes.
// Refuses: nothing.
// Called by: Store makes and takes them; Service and RefreshLoop.

import DaemonKit
import IPC
import Refresh
import Tenancy

/// A connected account as it is stored, without its secrets.
struct AccountRecord: Hashable, Sendable {
    /// Never used again, also after the account is gone.
    var id: Int64
    var key: AccountKey
    var kind: CredentialKind
    var state: AccountState
    /// Whether something is there to be refreshed with.
    var refreshes: Bool
    var version: UInt32
    /// When the secret ends; `nil` when it is not known to.
    var expiry: UnixMillis?
    var death: DeathReason?
    /// A token endpoint of its own; `nil` for the one of the provider's definition.
    var endpoint: String?
    /// A client of its own; `nil` for the operator's.
    var client: String?
    /// Of basic authentication; else empty.
    var user: String
    var label: String
    var scopes: String
    var createdAt: UnixMillis
    var changedAt: UnixMillis

    /// Of the credential: higher with everything that is stored, also when an account of that name was removed and connected
    /// again.
    var generation: UInt64 { UInt64(id) << 33 | UInt64(version) << 1 }

    /// Of its withdrawal, which comes after it.
    var withdrawal: UInt64 { generation | 1 }
}

/// What may be sealed for an account. Numbers are in the file, names in envelopes: both never change.
enum SealedField: Int64, CaseIterable, Sendable {
    case secret = 1
    case refreshToken = 2
    case clientSecret = 3

    /// In the envelope's place.
    var name: String {
        switch self {
        case .secret: "secret"
        case .refreshToken: "refresh_token"
        case .clientSecret: "client_secret"
        }
    }
}

/// The secrets of an account, opened. They are wiped when the last copy goes.
struct AccountSecrets: Sendable {
    var secret: Secret?
    var refreshToken: Secret?
    var clientSecret: Secret?

    subscript(field: SealedField) -> Secret? {
        get {
            switch field {
            case .secret: secret
            case .refreshToken: refreshToken
            case .clientSecret: clientSecret
            }
        }
        set {
            switch field {
            case .secret: secret = newValue
            case .refreshToken: refreshToken = newValue
            case .clientSecret: clientSecret = newValue
            }
        }
    }
}

/// What a start must know of an account whose credential is refreshed.
struct ScheduleRow: Hashable, Sendable {
    let id: Int64
    /// Into the list of providers that comes with the rows.
    let provider: Int
    /// Into the list of endpoints; `nil` for the provider's own.
    let endpoint: Int?
    let stored: StoredCredential
}

/// Something that was done to an account, for the record. Of secrets only their marks.
struct EventRecord: Hashable, Sendable {
    var number: Int64 = 0
    var at: UnixMillis
    var account: AccountKey?
    var action: EventAction
    var source: String
    var before = ""
    var after = ""
    var text = ""
}

/// What can be done to an account. Stored: names never change.
enum EventAction: String, Hashable, Sendable, CaseIterable {
    case connecting, connected, replaced, removed, refreshed, failing, died, tested, rotated
}

/// An OAuth connection that was begun.
struct ConnectingRecord: Sendable {
    let account: AccountKey
    /// For people; empty for the account's name.
    let label: String
    /// SHA-256 of what binds it to a browser.
    let session: [UInt8]
    let redirect: String
    let scopes: String
    /// Where the browser goes afterwards.
    let back: String
    let source: String
    /// What the tenant has named.
    let facts: [MetadataField]
    /// Of PKCE (RFC 7636).
    let verifier: Secret
    /// First instant it is refused.
    let expires: UnixMillis
}
