// Gateway messages about tenants.
//
// For: gatewayd's table, `GatewayClient`. Layout: docs/PROTOCOL.md, 0x0201 to 0x0203.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: weirctl (asks); gatewayd (answers).

public import Money
public import Tenancy

/// `gateway.tenantCreate`: makes a tenant.
public struct TenantCreateRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayTenantCreate }
    public typealias Answer = AdminAnswer
    /// Its permanent name.
    public var tenant: TenantID
    /// How its wallet admits requests.
    public var policy: SpendPolicy
    /// For people.
    public var displayName: String
    /// Its own limits; none = the configured default.
    public var limits: RateLimits?

    public init(tenant: TenantID, policy: SpendPolicy, displayName: String, limits: RateLimits?) {
        self.tenant = tenant
        self.policy = policy
        self.displayName = displayName
        self.limits = limits
    }

    public func encode(to writer: inout WireWriter) {
        writer.tenant(tenant)
        writer.policy(policy)
        writer.text(displayName, atMost: FieldLimits.displayName)
        writer.optionalLimits(limits)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.tenant()
        policy = try reader.policy()
        displayName = try reader.text(atMost: FieldLimits.displayName)
        limits = try reader.optionalLimits()
    }
}

/// The answer to an operator's change.
public struct AdminAnswer: WireValue, Hashable {
    /// 0 done, else the refusal.
    public var outcome: AdminOutcome

    public init(outcome: AdminOutcome) {
        self.outcome = outcome
    }

    public func encode(to writer: inout WireWriter) {
        writer.adminOutcome(outcome)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.adminOutcome()
    }
}

/// `gateway.tenantList`: tenants by name, a page at a time.
public struct TenantListRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayTenantList }
    public typealias Answer = TenantListAnswer
    /// The page token; none = from the first.
    public var after: TenantID?
    /// Rows wanted, 1 to 500.
    public var limit: UInt16

    public init(after: TenantID?, limit: UInt16) {
        self.after = after
        self.limit = limit
    }

    public func encode(to writer: inout WireWriter) {
        writer.optionalTenant(after)
        writer.u16(limit)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        after = try reader.optionalTenant()
        limit = try reader.u16()
    }
}

/// The answer to `gateway.tenantList`.
public struct TenantListAnswer: WireValue, Hashable {
    /// The token of the following page; none = this was the last.
    public var next: TenantID?
    /// By name.
    public var tenants: [TenantRow]

    public init(next: TenantID?, tenants: [TenantRow]) {
        self.next = next
        self.tenants = tenants
    }

    public func encode(to writer: inout WireWriter) {
        writer.optionalTenant(next)
        writer.list(tenants, atMost: FieldLimits.pageRows)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        next = try reader.optionalTenant()
        tenants = try reader.list(of: TenantRow.self, atMost: FieldLimits.pageRows)
    }
}

/// One tenant in a list.
public struct TenantRow: WireValue, Hashable {
    /// Its permanent name.
    public var tenant: TenantID
    /// For people.
    public var displayName: String
    /// How its wallet admits requests.
    public var policy: SpendPolicy
    /// Whether its keys are refused.
    public var suspended: Bool
    /// When it was made.
    public var createdAt: UnixMillis
    /// Keys that are neither revoked nor expired.
    public var keys: UInt32
    /// Its own limits; none = the configured default.
    public var limits: RateLimits?

    public init(
        tenant: TenantID, displayName: String, policy: SpendPolicy, suspended: Bool, createdAt: UnixMillis,
        keys: UInt32, limits: RateLimits?
    ) {
        self.tenant = tenant
        self.displayName = displayName
        self.policy = policy
        self.suspended = suspended
        self.createdAt = createdAt
        self.keys = keys
        self.limits = limits
    }

    public func encode(to writer: inout WireWriter) {
        writer.tenant(tenant)
        writer.text(displayName, atMost: FieldLimits.displayName)
        writer.policy(policy)
        writer.flag(suspended)
        writer.time(createdAt)
        writer.u32(keys)
        writer.optionalLimits(limits)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.tenant()
        displayName = try reader.text(atMost: FieldLimits.displayName)
        policy = try reader.policy()
        suspended = try reader.flag()
        createdAt = try reader.time()
        keys = try reader.u32()
        limits = try reader.optionalLimits()
    }
}

/// `gateway.tenantUpdate`: changes a tenant; what is kept is left alone.
public struct TenantUpdateRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayTenantUpdate }
    public typealias Answer = AdminAnswer
    /// Which.
    public var tenant: TenantID
    /// How its wallet admits requests.
    public var policy: Change<SpendPolicy>
    /// Whether its keys are refused.
    public var suspended: Change<Bool>
    /// Its name for people.
    public var displayName: Change<String>
    /// Its own rate limits; none = the configured default or its tenant's.
    public var limits: Change<RateLimits?>

    public init(
        tenant: TenantID, policy: Change<SpendPolicy>, suspended: Change<Bool>, displayName: Change<String>,
        limits: Change<RateLimits?>
    ) {
        self.tenant = tenant
        self.policy = policy
        self.suspended = suspended
        self.displayName = displayName
        self.limits = limits
    }

    public func encode(to writer: inout WireWriter) {
        writer.tenant(tenant)
        writer.change(policy) { $0.policy($1) }
        writer.change(suspended) { $0.flag($1) }
        writer.change(displayName) { $0.text($1, atMost: FieldLimits.displayName) }
        writer.change(limits) { $0.optionalLimits($1) }
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.tenant()
        policy = try reader.change { (reader: inout WireReader) throws(WireFault) in try reader.policy() }
        suspended = try reader.change { (reader: inout WireReader) throws(WireFault) in try reader.flag() }
        displayName = try reader.changeText(atMost: FieldLimits.displayName)
        limits = try reader.change { (reader: inout WireReader) throws(WireFault) in try reader.optionalLimits() }
    }
}
