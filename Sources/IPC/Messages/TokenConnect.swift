// Token messages 0x0307 and 0x0308: connecting an account by OAuth.
//
// For: tokend's table, `TokenClient`. Layout: docs/PROTOCOL.md.
// Refuses: whatever WireReader refuses; what a value means is judged by tokend.
// Called by: gatewayd (asks); tokend (answers).

public import Tenancy

/// `token.connectBegin`: begins an OAuth connection: the address the user's browser is sent to.
public struct ConnectBeginRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenConnectBegin }
    public typealias Answer = ConnectBeginAnswer
    /// Whose it is.
    public var account: AccountKey
    /// For people; empty = the account's name.
    public var label: String
    /// SHA-256 of what binds the answer to the browser that began.
    public var session: [UInt8]
    /// Where the provider sends the browser back to.
    public var redirect: String
    /// Wanted, separated by spaces; empty = the definition's.
    public var scopes: String
    /// Where the browser goes afterwards; kept, not judged.
    public var returnTo: String
    /// Who asks, for the record of events: a user, a key's public name, a route.
    public var source: String
    /// What requests need beside the token, as far as the tenant names it.
    public var metadata: [MetadataField]

    public init(
        account: AccountKey, label: String, session: [UInt8], redirect: String, scopes: String, returnTo: String,
        source: String, metadata: [MetadataField]
    ) {
        self.account = account
        self.label = label
        self.session = session
        self.redirect = redirect
        self.scopes = scopes
        self.returnTo = returnTo
        self.source = source
        self.metadata = metadata
    }

    public func encode(to writer: inout WireWriter) {
        writer.account(account)
        writer.text(label, atMost: FieldLimits.displayName)
        writer.bytes(session, atMost: FieldLimits.display)
        writer.text(redirect, atMost: FieldLimits.line)
        writer.text(scopes, atMost: FieldLimits.scopeList)
        writer.text(returnTo, atMost: FieldLimits.line)
        writer.text(source, atMost: FieldLimits.displayName)
        writer.list(metadata, atMost: FieldLimits.metadata)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        account = try reader.account()
        label = try reader.text(atMost: FieldLimits.displayName)
        session = try reader.bytes(atMost: FieldLimits.display)
        redirect = try reader.text(atMost: FieldLimits.line)
        scopes = try reader.text(atMost: FieldLimits.scopeList)
        returnTo = try reader.text(atMost: FieldLimits.line)
        source = try reader.text(atMost: FieldLimits.displayName)
        metadata = try reader.list(of: MetadataField.self, atMost: FieldLimits.metadata)
    }
}

/// The answer to `token.connectBegin`.
public struct ConnectBeginAnswer: WireValue, Hashable {
    /// 0 done, else the refusal.
    public var outcome: TokenOutcome
    /// Why not, for people; empty when done.
    public var text: String
    /// Empty when refused.
    public var url: String
    /// First instant the answer is refused.
    public var expiresAt: UnixMillis?

    public init(outcome: TokenOutcome, text: String, url: String, expiresAt: UnixMillis?) {
        self.outcome = outcome
        self.text = text
        self.url = url
        self.expiresAt = expiresAt
    }

    public func encode(to writer: inout WireWriter) {
        writer.tokenOutcome(outcome)
        writer.text(text, atMost: FieldLimits.line)
        writer.text(url, atMost: FieldLimits.page)
        writer.optionalTime(expiresAt)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.tokenOutcome()
        text = try reader.text(atMost: FieldLimits.line)
        url = try reader.text(atMost: FieldLimits.page)
        expiresAt = try reader.optionalTime()
    }
}

/// `token.connectFinish`: ends an OAuth connection: the code is exchanged and the account stored. A state is good
/// once, whatever comes of it.
public struct ConnectFinishRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenConnectFinish }
    public typealias Answer = ConnectFinishAnswer
    /// As it came back.
    public var state: String
    /// As in `token.connectBegin`.
    public var session: [UInt8]
    /// The authorization code; empty when there is an error.
    public var code: SecretField
    /// The provider's error, empty = none.
    public var error: String
    /// As it came back; empty = none (RFC 9207).
    public var issuer: String

    public init(state: String, session: [UInt8], code: SecretField, error: String, issuer: String) {
        self.state = state
        self.session = session
        self.code = code
        self.error = error
        self.issuer = issuer
    }

    public func encode(to writer: inout WireWriter) {
        writer.text(state, atMost: FieldLimits.displayName)
        writer.bytes(session, atMost: FieldLimits.display)
        writer.text(code.text, atMost: FieldLimits.code)
        writer.text(error, atMost: FieldLimits.displayName)
        writer.text(issuer, atMost: FieldLimits.line)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        state = try reader.text(atMost: FieldLimits.displayName)
        session = try reader.bytes(atMost: FieldLimits.display)
        code = SecretField(try reader.text(atMost: FieldLimits.code))
        error = try reader.text(atMost: FieldLimits.displayName)
        issuer = try reader.text(atMost: FieldLimits.line)
    }
}

/// The answer to `token.connectFinish`.
public struct ConnectFinishAnswer: WireValue, Hashable {
    /// 0 done, else the refusal.
    public var outcome: TokenOutcome
    /// Why not, for people; empty when done.
    public var text: String
    /// Which account; none = the state is unknown.
    public var account: AccountKey?
    /// As it was begun.
    public var returnTo: String

    public init(outcome: TokenOutcome, text: String, account: AccountKey?, returnTo: String) {
        self.outcome = outcome
        self.text = text
        self.account = account
        self.returnTo = returnTo
    }

    public func encode(to writer: inout WireWriter) {
        writer.tokenOutcome(outcome)
        writer.text(text, atMost: FieldLimits.line)
        writer.optionalAccount(account)
        writer.text(returnTo, atMost: FieldLimits.line)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.tokenOutcome()
        text = try reader.text(atMost: FieldLimits.line)
        account = try reader.optionalAccount()
        returnTo = try reader.text(atMost: FieldLimits.line)
    }
}
