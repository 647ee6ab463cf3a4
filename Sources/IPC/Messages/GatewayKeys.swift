// Gateway messages about API keys: create, list.
//
// For: gatewayd's table, `GatewayClient`. Layout: docs/PROTOCOL.md, 0x0204 and 0x0205.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: weirctl (asks); gatewayd (answers).

public import Money
public import Tenancy

/// `gateway.keyCreate`: makes an API key. The secret is in this answer and nowhere else.
public struct KeyCreateRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayKeyCreate }
    public typealias Answer = KeyCreateAnswer
    /// Whose it is.
    public var tenant: TenantID
    /// What it may do.
    public var scopes: Scope
    /// First instant it is refused; none = never.
    public var expiresAt: UnixMillis?
    /// What it may spend in its lifetime; none = no cap.
    public var cap: Micros?
    /// For people.
    public var name: String
    /// Its own limits; none = only its tenant's.
    public var limits: RateLimits?

    public init(
        tenant: TenantID, scopes: Scope, expiresAt: UnixMillis?, cap: Micros?, name: String, limits: RateLimits?
    ) {
        self.tenant = tenant
        self.scopes = scopes
        self.expiresAt = expiresAt
        self.cap = cap
        self.name = name
        self.limits = limits
    }

    public func encode(to writer: inout WireWriter) {
        writer.tenant(tenant)
        writer.scopes(scopes)
        writer.optionalTime(expiresAt)
        writer.optionalMicros(cap)
        writer.text(name, atMost: FieldLimits.shortName)
        writer.optionalLimits(limits)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.tenant()
        scopes = try reader.scopes()
        expiresAt = try reader.optionalTime()
        cap = try reader.optionalMicros()
        name = try reader.text(atMost: FieldLimits.shortName)
        limits = try reader.optionalLimits()
    }
}

/// The answer to `gateway.keyCreate`.
public struct KeyCreateAnswer: WireValue, Hashable {
    /// 0 done, else the refusal; the rest is empty when refused.
    public var outcome: AdminOutcome
    /// Its public name.
    public var key: KeyID?
    /// The key itself: shown once, never stored.
    public var secret: String
    /// What may be shown of it later.
    public var display: String

    public init(outcome: AdminOutcome, key: KeyID?, secret: String, display: String) {
        self.outcome = outcome
        self.key = key
        self.secret = secret
        self.display = display
    }

    public func encode(to writer: inout WireWriter) {
        writer.adminOutcome(outcome)
        writer.optionalKey(key)
        writer.text(secret, atMost: FieldLimits.shortName)
        writer.text(display, atMost: FieldLimits.display)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.adminOutcome()
        key = try reader.optionalKey()
        secret = try reader.text(atMost: FieldLimits.shortName)
        display = try reader.text(atMost: FieldLimits.display)
    }
}

/// `gateway.keyList`: keys by their public name, a page at a time, revoked and expired ones too.
public struct KeyListRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayKeyList }
    public typealias Answer = KeyListAnswer
    /// Only this tenant's; none = all.
    public var tenant: TenantID?
    /// The page token; none = from the first.
    public var after: KeyID?
    /// Rows wanted, 1 to 500.
    public var limit: UInt16

    public init(tenant: TenantID?, after: KeyID?, limit: UInt16) {
        self.tenant = tenant
        self.after = after
        self.limit = limit
    }

    public func encode(to writer: inout WireWriter) {
        writer.optionalTenant(tenant)
        writer.optionalKey(after)
        writer.u16(limit)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.optionalTenant()
        after = try reader.optionalKey()
        limit = try reader.u16()
    }
}

/// The answer to `gateway.keyList`.
public struct KeyListAnswer: WireValue, Hashable {
    /// The token of the following page; none = this was the last.
    public var next: KeyID?
    /// By public name.
    public var keys: [KeyRow]

    public init(next: KeyID?, keys: [KeyRow]) {
        self.next = next
        self.keys = keys
    }

    public func encode(to writer: inout WireWriter) {
        writer.optionalKey(next)
        writer.list(keys, atMost: FieldLimits.pageRows)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        next = try reader.optionalKey()
        keys = try reader.list(of: KeyRow.self, atMost: FieldLimits.pageRows)
    }
}

/// One API key in a list. Never its secret.
public struct KeyRow: WireValue, Hashable {
    /// The key.
    public var key: KeyID
    /// Whose it is.
    public var tenant: TenantID
    /// What it may do.
    public var scopes: Scope
    /// When it was made.
    public var createdAt: UnixMillis
    /// First instant it is refused; none = never.
    public var expiresAt: UnixMillis?
    /// None = not revoked.
    public var revokedAt: UnixMillis?
    /// None = never; may lag by a minute.
    public var lastUsedAt: UnixMillis?
    /// What it may spend in its lifetime; none = no cap.
    public var cap: Micros?
    /// Settled so far, as gatewayd has recorded it.
    public var spent: Micros
    /// For people.
    public var name: String
    /// What may be shown of the secret.
    public var display: String
    /// Its own limits; none = only its tenant's.
    public var limits: RateLimits?

    public init(
        key: KeyID, tenant: TenantID, scopes: Scope, createdAt: UnixMillis, expiresAt: UnixMillis?,
        revokedAt: UnixMillis?, lastUsedAt: UnixMillis?, cap: Micros?, spent: Micros, name: String, display: String,
        limits: RateLimits?
    ) {
        self.key = key
        self.tenant = tenant
        self.scopes = scopes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.lastUsedAt = lastUsedAt
        self.cap = cap
        self.spent = spent
        self.name = name
        self.display = display
        self.limits = limits
    }

    public func encode(to writer: inout WireWriter) {
        writer.key(key)
        writer.tenant(tenant)
        writer.scopes(scopes)
        writer.time(createdAt)
        writer.optionalTime(expiresAt)
        writer.optionalTime(revokedAt)
        writer.optionalTime(lastUsedAt)
        writer.optionalMicros(cap)
        writer.micros(spent)
        writer.text(name, atMost: FieldLimits.shortName)
        writer.text(display, atMost: FieldLimits.display)
        writer.optionalLimits(limits)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        key = try reader.key()
        tenant = try reader.tenant()
        scopes = try reader.scopes()
        createdAt = try reader.time()
        expiresAt = try reader.optionalTime()
        revokedAt = try reader.optionalTime()
        lastUsedAt = try reader.optionalTime()
        cap = try reader.optionalMicros()
        spent = try reader.micros()
        name = try reader.text(atMost: FieldLimits.shortName)
        display = try reader.text(atMost: FieldLimits.display)
        limits = try reader.optionalLimits()
    }
}
