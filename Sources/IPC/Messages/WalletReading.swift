// Wallet messages that read: balance, history, audit.
//
// For: walletd's table, `WalletClient`. Layout: docs/PROTOCOL.md, 0x0108 to 0x010A.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: gatewayd, cronjobd, weirctl (ask); walletd (answers).

public import Money
public import Tenancy

/// `wallet.balance`: what a tenant has.
public struct BalanceRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletBalance }
    public typealias Answer = BalanceAnswer
    /// Whose wallet.
    public var tenant: TenantID

    public init(tenant: TenantID) {
        self.tenant = tenant
    }

    public func encode(to writer: inout WireWriter) {
        writer.tenant(tenant)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.tenant()
    }
}

/// The answer to `wallet.balance`.
public struct BalanceAnswer: WireValue, Hashable {
    /// Whether the wallet exists; all else is 0 when not.
    public var known: Bool
    /// Credits + refunds − debits − settlements.
    public var balance: Micros
    /// Set aside by holds.
    public var held: Micros
    /// What a hold could still take.
    public var free: Micros
    /// Movements in its history.
    public var entries: UInt64

    public init(known: Bool, balance: Micros, held: Micros, free: Micros, entries: UInt64) {
        self.known = known
        self.balance = balance
        self.held = held
        self.free = free
        self.entries = entries
    }

    public func encode(to writer: inout WireWriter) {
        writer.flag(known)
        writer.micros(balance)
        writer.micros(held)
        writer.micros(free)
        writer.u64(entries)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        known = try reader.flag()
        balance = try reader.micros()
        held = try reader.micros()
        free = try reader.micros()
        entries = try reader.u64()
    }
}

/// `wallet.history`: a tenant's movements, newest first, a page at a time.
public struct HistoryRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .walletHistory }
    public typealias Answer = HistoryAnswer
    /// Whose wallet.
    public var tenant: TenantID
    /// The page token: entries older than this one; none = the newest.
    public var before: Reference?
    /// Entries wanted, 1 to 500.
    public var limit: UInt16

    public init(tenant: TenantID, before: Reference?, limit: UInt16) {
        self.tenant = tenant
        self.before = before
        self.limit = limit
    }

    public func encode(to writer: inout WireWriter) {
        writer.tenant(tenant)
        writer.optionalReference(before)
        writer.u16(limit)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.tenant()
        before = try reader.optionalReference()
        limit = try reader.u16()
    }
}

/// The answer to `wallet.history`.
public struct HistoryAnswer: WireValue, Hashable {
    /// The token of the following page; none = this was the last.
    public var next: Reference?
    /// Newest first.
    public var entries: [HistoryEntry]

    public init(next: Reference?, entries: [HistoryEntry]) {
        self.next = next
        self.entries = entries
    }

    public func encode(to writer: inout WireWriter) {
        writer.optionalReference(next)
        writer.list(entries, atMost: FieldLimits.pageRows)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        next = try reader.optionalReference()
        entries = try reader.list(of: HistoryEntry.self, atMost: FieldLimits.pageRows)
    }
}

/// One movement of a tenant's wallet.
public struct HistoryEntry: WireValue, Hashable {
    /// What moved it.
    public var kind: MovementKind
    /// As posted, never negative; `kind` tells the direction.
    public var amount: Micros
    /// When it was posted.
    public var at: UnixMillis
    /// Its identity.
    public var reference: Reference
    /// The debit that a refund returns.
    public var original: Reference?
    /// The key it was charged to.
    public var budget: KeyID?
    /// The asker's remark.
    public var note: String

    public init(
        kind: MovementKind, amount: Micros, at: UnixMillis, reference: Reference, original: Reference?,
        budget: KeyID?, note: String
    ) {
        self.kind = kind
        self.amount = amount
        self.at = at
        self.reference = reference
        self.original = original
        self.budget = budget
        self.note = note
    }

    public func encode(to writer: inout WireWriter) {
        writer.movement(kind)
        writer.micros(amount)
        writer.time(at)
        writer.reference(reference)
        writer.optionalReference(original)
        writer.optionalKey(budget)
        writer.text(note, atMost: FieldLimits.note)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        kind = try reader.movement()
        amount = try reader.micros()
        at = try reader.time()
        reference = try reader.reference()
        original = try reader.optionalReference()
        budget = try reader.optionalKey()
        note = try reader.text(atMost: FieldLimits.note)
    }
}

/// `wallet.audit`: folds every entry again and compares. A stream: progress items, then the result.
public struct AuditRequest: StreamRequest, Hashable {
    public static var number: MessageNumber { .walletAudit }
    public typealias Item = AuditItem
    public typealias End = AuditEnd

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// An item of `wallet.audit`.
public struct AuditItem: WireValue, Hashable {
    /// Entries read so far.
    public var checked: UInt64
    /// Entries there are.
    public var total: UInt64

    public init(checked: UInt64, total: UInt64) {
        self.checked = checked
        self.total = total
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(checked)
        writer.u64(total)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        checked = try reader.u64()
        total = try reader.u64()
    }
}

/// The end of `wallet.audit`.
public struct AuditEnd: WireValue, Hashable {
    /// Whether nothing was found.
    public var sound: Bool
    /// Entries read.
    public var entries: UInt64
    /// Wallets compared.
    public var wallets: UInt64
    /// Over all accounts; 0 when sound.
    public var sum: Micros
    /// The first that were found.
    public var findings: [AuditFinding]

    public init(sound: Bool, entries: UInt64, wallets: UInt64, sum: Micros, findings: [AuditFinding]) {
        self.sound = sound
        self.entries = entries
        self.wallets = wallets
        self.sum = sum
        self.findings = findings
    }

    public func encode(to writer: inout WireWriter) {
        writer.flag(sound)
        writer.u64(entries)
        writer.u64(wallets)
        writer.micros(sum)
        writer.list(findings, atMost: FieldLimits.findings)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        sound = try reader.flag()
        entries = try reader.u64()
        wallets = try reader.u64()
        sum = try reader.micros()
        findings = try reader.list(of: AuditFinding.self, atMost: FieldLimits.findings)
    }
}

/// One thing an audit found wrong.
public struct AuditFinding: WireValue, Hashable {
    /// One broken invariant, in words.
    public var text: String

    public init(text: String) {
        self.text = text
    }

    public func encode(to writer: inout WireWriter) {
        writer.text(text, atMost: FieldLimits.line)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        text = try reader.text(atMost: FieldLimits.line)
    }
}
