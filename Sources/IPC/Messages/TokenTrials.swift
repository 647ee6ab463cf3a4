// Token messages 0x0306 and 0x030D: whether a credential works, and a new one now.
//
// For: tokend's table, `TokenClient`. Layout: docs/PROTOCOL.md.
// Refuses: whatever WireReader refuses; what a value means is judged by tokend.
// Called by: gatewayd and weirctl (ask); tokend (answers).

public import Tenancy

/// `token.test`: asks the provider something harmless with the credential.
public struct TokenTestRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenTest }
    public typealias Answer = TokenTestAnswer
    /// Whose it is.
    public var account: AccountKey
    /// Who asks, for the record of events: a user, a key's public name, a route.
    public var source: String

    public init(account: AccountKey, source: String) {
        self.account = account
        self.source = source
    }

    public func encode(to writer: inout WireWriter) {
        writer.account(account)
        writer.text(source, atMost: FieldLimits.displayName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        account = try reader.account()
        source = try reader.text(atMost: FieldLimits.displayName)
    }
}

/// The answer to `token.test`.
public struct TokenTestAnswer: WireValue, Hashable {
    /// 0 done, else the refusal.
    public var outcome: TokenOutcome
    /// The provider's HTTP status; 0 = none came.
    public var status: UInt16
    /// Why not, for people; empty when done.
    public var text: String

    public init(outcome: TokenOutcome, status: UInt16, text: String) {
        self.outcome = outcome
        self.status = status
        self.text = text
    }

    public func encode(to writer: inout WireWriter) {
        writer.tokenOutcome(outcome)
        writer.u16(status)
        writer.text(text, atMost: FieldLimits.line)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.tokenOutcome()
        status = try reader.u16()
        text = try reader.text(atMost: FieldLimits.line)
    }
}

/// `token.refresh`: refreshes a credential now, whenever it was due.
public struct TokenRefreshRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .tokenRefresh }
    public typealias Answer = TokenRefreshAnswer
    /// Whose it is.
    public var account: AccountKey
    /// Who asks, for the record of events: a user, a key's public name, a route.
    public var source: String

    public init(account: AccountKey, source: String) {
        self.account = account
        self.source = source
    }

    public func encode(to writer: inout WireWriter) {
        writer.account(account)
        writer.text(source, atMost: FieldLimits.displayName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        account = try reader.account()
        source = try reader.text(atMost: FieldLimits.displayName)
    }
}

/// The answer to `token.refresh`.
public struct TokenRefreshAnswer: WireValue, Hashable {
    /// 0 done, else the refusal.
    public var outcome: TokenOutcome
    /// Why not, for people; empty when done.
    public var text: String
    /// Of the new credential; none = refused or unknown.
    public var expiresAt: UnixMillis?

    public init(outcome: TokenOutcome, text: String, expiresAt: UnixMillis?) {
        self.outcome = outcome
        self.text = text
        self.expiresAt = expiresAt
    }

    public func encode(to writer: inout WireWriter) {
        writer.tokenOutcome(outcome)
        writer.text(text, atMost: FieldLimits.line)
        writer.optionalTime(expiresAt)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.tokenOutcome()
        text = try reader.text(atMost: FieldLimits.line)
        expiresAt = try reader.optionalTime()
    }
}
