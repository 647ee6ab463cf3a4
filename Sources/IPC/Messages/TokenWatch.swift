// Token messages 0x0301 and 0x0302: the credentials gatewayd works with.
//
// For: tokend's table, `TokenClient`. Layout: docs/PROTOCOL.md.
// Refuses: whatever WireReader refuses; what a value means is judged by tokend.
// Called by: gatewayd (asks); tokend (answers).

public import Tenancy

/// `token.watch`: credentials that gatewayd may use: first all there are, then every change. A stream without end;
/// its window is honoured, and of several changes of one account that wait only the last is sent.
public struct TokenWatchRequest: StreamRequest, Hashable {
    public static var number: MessageNumber { .tokenWatch }
    public typealias Item = CredentialChange
    public typealias End = EmptyAnswer

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// An item of `token.watch`.
public struct CredentialChange: WireValue, Hashable {
    /// 1 = of the first whole picture, 2 = the picture is complete (the rest is empty), 3 = a change.
    public var phase: CredentialPhase
    /// Which account; none = the picture is complete.
    public var account: AccountKey?
    /// Higher with every change of the account.
    public var generation: UInt64
    /// What it is; none = withdrawn, and the rest is empty.
    public var kind: CredentialKind
    /// The key, the access token or the password.
    public var secret: SecretField
    /// Of basic authentication; else empty.
    public var user: String
    /// First instant it is refused; none = unknown or never.
    public var expiresAt: UnixMillis?
    /// What the provider told about the account that requests need, such as an instance's address.
    public var metadata: [MetadataField]
    /// Why a withdrawn one cannot be used, for people; empty where the account is gone.
    public var reason: String

    public init(
        phase: CredentialPhase, account: AccountKey?, generation: UInt64, kind: CredentialKind, secret: SecretField,
        user: String, expiresAt: UnixMillis?, metadata: [MetadataField], reason: String
    ) {
        self.phase = phase
        self.account = account
        self.generation = generation
        self.kind = kind
        self.secret = secret
        self.user = user
        self.expiresAt = expiresAt
        self.metadata = metadata
        self.reason = reason
    }

    public func encode(to writer: inout WireWriter) {
        writer.credentialPhase(phase)
        writer.optionalAccount(account)
        writer.u64(generation)
        writer.credentialKind(kind)
        writer.text(secret.text, atMost: FieldLimits.secret)
        writer.text(user, atMost: FieldLimits.note)
        writer.optionalTime(expiresAt)
        writer.list(metadata, atMost: FieldLimits.metadata)
        writer.text(reason, atMost: FieldLimits.line)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        phase = try reader.credentialPhase()
        account = try reader.optionalAccount()
        generation = try reader.u64()
        kind = try reader.credentialKind()
        secret = SecretField(try reader.text(atMost: FieldLimits.secret))
        user = try reader.text(atMost: FieldLimits.note)
        expiresAt = try reader.optionalTime()
        metadata = try reader.list(of: MetadataField.self, atMost: FieldLimits.metadata)
        reason = try reader.text(atMost: FieldLimits.line)
    }
}

/// `token.rejected`: a provider has refused a credential with 401. tokend looks whether there is a newer one and
/// refreshes it at once when it can; what comes of it is told by `token.watch`.
public struct TokenRejectedRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenRejected }
    public typealias Answer = EmptyAnswer
    /// Whose it is.
    public var account: AccountKey
    /// Of the credential that was refused.
    public var generation: UInt64

    public init(account: AccountKey, generation: UInt64) {
        self.account = account
        self.generation = generation
    }

    public func encode(to writer: inout WireWriter) {
        writer.account(account)
        writer.u64(generation)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        account = try reader.account()
        generation = try reader.u64()
    }
}
