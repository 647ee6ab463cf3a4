// Wallet messages that move money: credit, debit, refund.
//
// For: walletd's table, `WalletClient`. Layout: docs/PROTOCOL.md, 0x0101 to 0x0103.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: weirctl, cronjobd (ask); walletd (answers).

public import Money
public import Tenancy

/// `wallet.credit`: adds money to a tenant's wallet; the first credit creates it. Answered when durable.
public struct CreditRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletCredit }
    public typealias Answer = PostingAnswer
    /// More than 0.
    public var amount: Micros
    /// When it is to be recorded as having happened.
    public var at: UnixMillis
    /// Its identity: the same twice posts once.
    public var reference: Reference
    /// Whose wallet.
    public var tenant: TenantID
    /// A remark for the history.
    public var note: String

    public init(amount: Micros, at: UnixMillis, reference: Reference, tenant: TenantID, note: String) {
        self.amount = amount
        self.at = at
        self.reference = reference
        self.tenant = tenant
        self.note = note
    }

    public func encode(to writer: inout WireWriter) {
        writer.micros(amount)
        writer.time(at)
        writer.reference(reference)
        writer.tenant(tenant)
        writer.text(note, atMost: FieldLimits.note)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        amount = try reader.micros()
        at = try reader.time()
        reference = try reader.reference()
        tenant = try reader.tenant()
        note = try reader.text(atMost: FieldLimits.note)
    }
}

/// The answer to every movement of money, given when the movement is durable.
public struct PostingAnswer: WireValue, Hashable {
    /// 0 posted, 1 exists already with the same content, else the refusal.
    public var outcome: PostingOutcome
    /// The tenant's balance after this.
    public var balance: Micros

    public init(outcome: PostingOutcome, balance: Micros) {
        self.outcome = outcome
        self.balance = balance
    }

    public func encode(to writer: inout WireWriter) {
        writer.postingOutcome(outcome)
        writer.micros(balance)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.postingOutcome()
        balance = try reader.micros()
    }
}

/// `wallet.debit`: takes money from a tenant's wallet if the free balance allows. Answered when durable.
public struct DebitRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletDebit }
    public typealias Answer = PostingAnswer
    /// More than 0.
    public var amount: Micros
    /// When it is to be recorded as having happened.
    public var at: UnixMillis
    /// Its identity.
    public var reference: Reference
    /// Whose wallet.
    public var tenant: TenantID
    /// The key it counts against.
    public var budget: KeyID?
    /// A remark for the history.
    public var note: String

    public init(amount: Micros, at: UnixMillis, reference: Reference, tenant: TenantID, budget: KeyID?, note: String) {
        self.amount = amount
        self.at = at
        self.reference = reference
        self.tenant = tenant
        self.budget = budget
        self.note = note
    }

    public func encode(to writer: inout WireWriter) {
        writer.micros(amount)
        writer.time(at)
        writer.reference(reference)
        writer.tenant(tenant)
        writer.optionalKey(budget)
        writer.text(note, atMost: FieldLimits.note)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        amount = try reader.micros()
        at = try reader.time()
        reference = try reader.reference()
        tenant = try reader.tenant()
        budget = try reader.optionalKey()
        note = try reader.text(atMost: FieldLimits.note)
    }
}

/// `wallet.refund`: returns all or part of an earlier debit or settlement. Answered when durable.
public struct RefundRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletRefund }
    public typealias Answer = PostingAnswer
    /// More than 0; all refunds of one original together at most the original.
    public var amount: Micros
    /// When it is to be recorded as having happened.
    public var at: UnixMillis
    /// Its identity.
    public var reference: Reference
    /// The debit or settlement it returns.
    public var original: Reference
    /// A remark for the history.
    public var note: String

    public init(amount: Micros, at: UnixMillis, reference: Reference, original: Reference, note: String) {
        self.amount = amount
        self.at = at
        self.reference = reference
        self.original = original
        self.note = note
    }

    public func encode(to writer: inout WireWriter) {
        writer.micros(amount)
        writer.time(at)
        writer.reference(reference)
        writer.reference(original)
        writer.text(note, atMost: FieldLimits.note)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        amount = try reader.micros()
        at = try reader.time()
        reference = try reader.reference()
        original = try reader.reference()
        note = try reader.text(atMost: FieldLimits.note)
    }
}
