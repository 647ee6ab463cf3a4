// Wallet messages around one attempt: hold, settle, release, assertHold.
//
// For: walletd's table, `WalletClient`. Layout: docs/PROTOCOL.md, 0x0104 to 0x0107.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: gatewayd (asks); walletd (answers).

public import Money
public import Tenancy

/// `wallet.hold`: sets money aside for one attempt. Lives in memory, ends with settle, release or the connection.
public struct HoldRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletHold }
    public typealias Answer = HoldAnswer
    /// Chosen by the asker, unique on its connection, not 0.
    public var hold: UInt64
    /// What may be spent at most.
    public var amount: Micros
    /// The budget's lifetime cap; none = no cap.
    public var cap: Micros?
    /// How the tenant's wallet admits it.
    public var policy: SpendPolicy
    /// Who spends.
    public var tenant: TenantID
    /// Whose cap it counts against.
    public var budget: KeyID?

    public init(hold: UInt64, amount: Micros, cap: Micros?, policy: SpendPolicy, tenant: TenantID, budget: KeyID?) {
        self.hold = hold
        self.amount = amount
        self.cap = cap
        self.policy = policy
        self.tenant = tenant
        self.budget = budget
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(hold)
        writer.micros(amount)
        writer.optionalMicros(cap)
        writer.policy(policy)
        writer.tenant(tenant)
        writer.optionalKey(budget)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        hold = try reader.u64()
        amount = try reader.micros()
        cap = try reader.optionalMicros()
        policy = try reader.policy()
        tenant = try reader.tenant()
        budget = try reader.optionalKey()
    }
}

/// The answer to `wallet.hold` and `wallet.assertHold`.
public struct HoldAnswer: WireValue, Hashable {
    /// 0 granted, else the refusal.
    public var outcome: HoldOutcome
    /// Balance − pending debits − holds, after this.
    public var free: Micros

    public init(outcome: HoldOutcome, free: Micros) {
        self.outcome = outcome
        self.free = free
    }

    public func encode(to writer: inout WireWriter) {
        writer.holdOutcome(outcome)
        writer.micros(free)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.holdOutcome()
        free = try reader.micros()
    }
}

/// `wallet.settle`: posts what an attempt cost, in full even beyond the balance, and ends its hold in the same
/// step. An amount of 0 posts nothing. Answered when durable.
public struct SettleRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletSettle }
    public typealias Answer = PostingAnswer
    /// The hold it ends, 0 = none.
    public var hold: UInt64
    /// 0 or more.
    public var amount: Micros
    /// When the attempt ended.
    public var at: UnixMillis
    /// The attempt's identity.
    public var reference: Reference
    /// Who spent.
    public var tenant: TenantID
    /// The key it counts against.
    public var budget: KeyID?

    public init(hold: UInt64, amount: Micros, at: UnixMillis, reference: Reference, tenant: TenantID, budget: KeyID?) {
        self.hold = hold
        self.amount = amount
        self.at = at
        self.reference = reference
        self.tenant = tenant
        self.budget = budget
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(hold)
        writer.micros(amount)
        writer.time(at)
        writer.reference(reference)
        writer.tenant(tenant)
        writer.optionalKey(budget)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        hold = try reader.u64()
        amount = try reader.micros()
        at = try reader.time()
        reference = try reader.reference()
        tenant = try reader.tenant()
        budget = try reader.optionalKey()
    }
}

/// `wallet.release`: ends a hold without posting. A hold that is not known is already released.
public struct ReleaseRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletRelease }
    public typealias Answer = EmptyAnswer
    /// The hold it ends.
    public var hold: UInt64

    public init(hold: UInt64) {
        self.hold = hold
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(hold)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        hold = try reader.u64()
    }
}

/// `wallet.assertHold`: says again, on a new connection and before anything else, that a hold granted on an earlier
/// one is still alive. Always granted; the fields are those of hold.
public struct AssertHoldRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletAssertHold }
    public typealias Answer = HoldAnswer
    /// The hold as it was first asked for.
    public var hold: HoldRequest

    public init(_ hold: HoldRequest) { self.hold = hold }

    public func encode(to writer: inout WireWriter) { hold.encode(to: &writer) }

    public init(from reader: inout WireReader) throws(WireFault) { hold = try HoldRequest(from: &reader) }
}
