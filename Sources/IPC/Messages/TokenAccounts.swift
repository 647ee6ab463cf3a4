// Token messages 0x0303 to 0x0305: connected accounts.
//
// For: tokend's table, `TokenClient`. Layout: docs/PROTOCOL.md.
// Refuses: whatever WireReader refuses; what a value means is judged by tokend.
// Called by: gatewayd, cronjobd and weirctl (ask); tokend (answers).

public import Tenancy

/// `token.put`: connects an account with secrets that are at hand, or replaces them. The secrets are sealed before
/// they are stored, and stored before this is answered.
public struct TokenPutRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenPut }
    public typealias Answer = TokenPutAnswer
    /// Whose it is.
    public var account: AccountKey
    /// What it is.
    public var kind: CredentialKind
    /// For people.
    public var label: String
    /// The key, token or password; empty for client credentials and for OAuth that begins with a refresh.
    public var secret: SecretField
    /// Of basic authentication; else empty.
    public var user: String
    /// Of OAuth; else empty.
    public var refreshToken: SecretField
    /// Of OAuth and client credentials, when not the operator's client for the provider; else empty.
    public var clientID: String
    /// Of that client.
    public var clientSecret: SecretField
    /// An address other than the provider's definition names; else empty.
    public var tokenEndpoint: String
    /// Separated by spaces.
    public var scopes: String
    /// Of the secret; none = unknown or never.
    public var expiresAt: UnixMillis?
    /// What requests need beside the secret.
    public var metadata: [MetadataField]
    /// Whether an account of that name is replaced; without it, one that is there is refused.
    public var replace: Bool
    /// Who asks, for the record of events: a user, a key's public name, a route.
    public var source: String

    public init(
        account: AccountKey, kind: CredentialKind, label: String, secret: SecretField, user: String,
        refreshToken: SecretField, clientID: String, clientSecret: SecretField, tokenEndpoint: String, scopes: String,
        expiresAt: UnixMillis?, metadata: [MetadataField], replace: Bool, source: String
    ) {
        self.account = account
        self.kind = kind
        self.label = label
        self.secret = secret
        self.user = user
        self.refreshToken = refreshToken
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.tokenEndpoint = tokenEndpoint
        self.scopes = scopes
        self.expiresAt = expiresAt
        self.metadata = metadata
        self.replace = replace
        self.source = source
    }

    public func encode(to writer: inout WireWriter) {
        writer.account(account)
        writer.credentialKind(kind)
        writer.text(label, atMost: FieldLimits.displayName)
        writer.text(secret.text, atMost: FieldLimits.secret)
        writer.text(user, atMost: FieldLimits.note)
        writer.text(refreshToken.text, atMost: FieldLimits.page)
        writer.text(clientID, atMost: FieldLimits.line)
        writer.text(clientSecret.text, atMost: FieldLimits.page)
        writer.text(tokenEndpoint, atMost: FieldLimits.line)
        writer.text(scopes, atMost: FieldLimits.scopeList)
        writer.optionalTime(expiresAt)
        writer.list(metadata, atMost: FieldLimits.metadata)
        writer.flag(replace)
        writer.text(source, atMost: FieldLimits.displayName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        account = try reader.account()
        kind = try reader.credentialKind()
        label = try reader.text(atMost: FieldLimits.displayName)
        secret = SecretField(try reader.text(atMost: FieldLimits.secret))
        user = try reader.text(atMost: FieldLimits.note)
        refreshToken = SecretField(try reader.text(atMost: FieldLimits.page))
        clientID = try reader.text(atMost: FieldLimits.line)
        clientSecret = SecretField(try reader.text(atMost: FieldLimits.page))
        tokenEndpoint = try reader.text(atMost: FieldLimits.line)
        scopes = try reader.text(atMost: FieldLimits.scopeList)
        expiresAt = try reader.optionalTime()
        metadata = try reader.list(of: MetadataField.self, atMost: FieldLimits.metadata)
        replace = try reader.flag()
        source = try reader.text(atMost: FieldLimits.displayName)
    }
}

/// The answer to `token.put`.
public struct TokenPutAnswer: WireValue, Hashable {
    /// 0 done, else the refusal.
    public var outcome: TokenOutcome
    /// Why not, for people; empty when done.
    public var text: String
    /// Of the account now.
    public var generation: UInt64

    public init(outcome: TokenOutcome, text: String, generation: UInt64) {
        self.outcome = outcome
        self.text = text
        self.generation = generation
    }

    public func encode(to writer: inout WireWriter) {
        writer.tokenOutcome(outcome)
        writer.text(text, atMost: FieldLimits.line)
        writer.u64(generation)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.tokenOutcome()
        text = try reader.text(atMost: FieldLimits.line)
        generation = try reader.u64()
    }
}

/// `token.list`: connected accounts by tenant, provider and name, a page at a time. Never a secret.
public struct TokenListRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenList }
    public typealias Answer = TokenListAnswer
    /// Only this tenant's; none = all.
    public var tenant: TenantID?
    /// Only of this provider; empty = all.
    public var provider: String
    /// The page token; empty = from the first.
    public var after: String
    /// Rows wanted, 1 to 200.
    public var limit: UInt16

    public init(tenant: TenantID?, provider: String, after: String, limit: UInt16) {
        self.tenant = tenant
        self.provider = provider
        self.after = after
        self.limit = limit
    }

    public func encode(to writer: inout WireWriter) {
        writer.optionalTenant(tenant)
        writer.text(provider, atMost: FieldLimits.display)
        writer.text(after, atMost: FieldLimits.accountToken)
        writer.u16(limit)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.optionalTenant()
        provider = try reader.text(atMost: FieldLimits.display)
        after = try reader.text(atMost: FieldLimits.accountToken)
        limit = try reader.u16()
    }
}

/// The answer to `token.list`.
public struct TokenListAnswer: WireValue, Hashable {
    /// The token of the following page; empty = this was the last.
    public var next: String
    /// In order.
    public var accounts: [AccountRow]

    public init(next: String, accounts: [AccountRow]) {
        self.next = next
        self.accounts = accounts
    }

    public func encode(to writer: inout WireWriter) {
        writer.text(next, atMost: FieldLimits.accountToken)
        writer.list(accounts, atMost: FieldLimits.errorRows)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        next = try reader.text(atMost: FieldLimits.accountToken)
        accounts = try reader.list(of: AccountRow.self, atMost: FieldLimits.errorRows)
    }
}

/// `token.remove`: disconnects an account: withdrawn from gatewayd, revoked at the provider where it can be, its
/// secrets removed.
public struct TokenRemoveRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenRemove }
    public typealias Answer = TokenRemoveAnswer
    /// Whose it is.
    public var account: AccountKey
    /// Whether the provider is asked to revoke.
    public var revoke: Bool
    /// Who asks, for the record of events: a user, a key's public name, a route.
    public var source: String

    public init(account: AccountKey, revoke: Bool, source: String) {
        self.account = account
        self.revoke = revoke
        self.source = source
    }

    public func encode(to writer: inout WireWriter) {
        writer.account(account)
        writer.flag(revoke)
        writer.text(source, atMost: FieldLimits.displayName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        account = try reader.account()
        revoke = try reader.flag()
        source = try reader.text(atMost: FieldLimits.displayName)
    }
}

/// The answer to `token.remove`.
public struct TokenRemoveAnswer: WireValue, Hashable {
    /// 0 done, else the refusal.
    public var outcome: TokenOutcome
    /// Whether the provider has confirmed.
    public var revoked: Bool
    /// Why not, for people; empty when nothing went wrong.
    public var text: String

    public init(outcome: TokenOutcome, revoked: Bool, text: String) {
        self.outcome = outcome
        self.revoked = revoked
        self.text = text
    }

    public func encode(to writer: inout WireWriter) {
        writer.tokenOutcome(outcome)
        writer.flag(revoked)
        writer.text(text, atMost: FieldLimits.line)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.tokenOutcome()
        revoked = try reader.flag()
        text = try reader.text(atMost: FieldLimits.line)
    }
}

/// One fact about an account.
public struct MetadataField: WireValue, Hashable {
    /// As the provider's definition calls it.
    public var name: String
    /// What it is.
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    public func encode(to writer: inout WireWriter) {
        writer.text(name, atMost: FieldLimits.shortName)
        writer.text(value, atMost: FieldLimits.note)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        name = try reader.text(atMost: FieldLimits.shortName)
        value = try reader.text(atMost: FieldLimits.note)
    }
}

/// One connected account in a list. Never a secret.
public struct AccountRow: WireValue, Hashable {
    /// Whose it is.
    public var account: AccountKey
    /// What it is.
    public var kind: CredentialKind
    /// How it is.
    public var state: AccountState
    /// For people.
    public var label: String
    /// Separated by spaces.
    public var scopes: String
    /// When it was connected.
    public var createdAt: UnixMillis
    /// When its secrets last changed.
    public var changedAt: UnixMillis
    /// Of the credential; none = unknown or never.
    public var expiresAt: UnixMillis?
    /// When it is refreshed next; none = never.
    public var refreshAt: UnixMillis?
    /// Refreshes that have failed since the last good one.
    public var failures: UInt32
    /// Why it cannot be used, or why the last refresh failed.
    public var reason: String
    /// What is known of it beside its secrets, such as whose it is.
    public var metadata: [MetadataField]

    public init(
        account: AccountKey, kind: CredentialKind, state: AccountState, label: String, scopes: String,
        createdAt: UnixMillis, changedAt: UnixMillis, expiresAt: UnixMillis?, refreshAt: UnixMillis?,
        failures: UInt32, reason: String, metadata: [MetadataField]
    ) {
        self.account = account
        self.kind = kind
        self.state = state
        self.label = label
        self.scopes = scopes
        self.createdAt = createdAt
        self.changedAt = changedAt
        self.expiresAt = expiresAt
        self.refreshAt = refreshAt
        self.failures = failures
        self.reason = reason
        self.metadata = metadata
    }

    public func encode(to writer: inout WireWriter) {
        writer.account(account)
        writer.credentialKind(kind)
        writer.accountState(state)
        writer.text(label, atMost: FieldLimits.displayName)
        writer.text(scopes, atMost: FieldLimits.scopeList)
        writer.time(createdAt)
        writer.time(changedAt)
        writer.optionalTime(expiresAt)
        writer.optionalTime(refreshAt)
        writer.u32(failures)
        writer.text(reason, atMost: FieldLimits.line)
        writer.list(metadata, atMost: FieldLimits.metadata)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        account = try reader.account()
        kind = try reader.credentialKind()
        state = try reader.accountState()
        label = try reader.text(atMost: FieldLimits.displayName)
        scopes = try reader.text(atMost: FieldLimits.scopeList)
        createdAt = try reader.time()
        changedAt = try reader.time()
        expiresAt = try reader.optionalTime()
        refreshAt = try reader.optionalTime()
        failures = try reader.u32()
        reason = try reader.text(atMost: FieldLimits.line)
        metadata = try reader.list(of: MetadataField.self, atMost: FieldLimits.metadata)
    }
}
