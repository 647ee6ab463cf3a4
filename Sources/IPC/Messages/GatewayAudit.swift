// Gateway message 0x020F: who changed tenants and keys.
//
// For: gatewayd's table, `GatewayClient`. Layout: docs/PROTOCOL.md.
// Refuses: whatever WireReader refuses.
// Called by: weirctl (asks); gatewayd (answers).

public import Tenancy

/// `gateway.audit`: every change of a tenant or key, newest first, a page at a time. Of what was changed only digests.
public struct GatewayAuditRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayAudit }
    public typealias Answer = GatewayAuditAnswer
    /// The page token: changes with a smaller number; 0 = the newest.
    public var before: UInt64
    /// Changes wanted, 1 to 200.
    public var limit: UInt16
    /// Only this tenant's; none = all.
    public var tenant: TenantID?

    public init(before: UInt64, limit: UInt16, tenant: TenantID?) {
        self.before = before
        self.limit = limit
        self.tenant = tenant
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(before)
        writer.u16(limit)
        writer.optionalTenant(tenant)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        before = try reader.u64()
        limit = try reader.u16()
        tenant = try reader.optionalTenant()
    }
}

/// The answer to `gateway.audit`.
public struct GatewayAuditAnswer: WireValue, Hashable {
    /// The token of the following page; 0 = this was the last.
    public var next: UInt64
    /// Newest first.
    public var changes: [GatewayChange]

    public init(next: UInt64, changes: [GatewayChange]) {
        self.next = next
        self.changes = changes
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(next)
        writer.list(changes, atMost: FieldLimits.errorRows)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        next = try reader.u64()
        changes = try reader.list(of: GatewayChange.self, atMost: FieldLimits.errorRows)
    }
}

/// One change of a tenant or key.
public struct GatewayChange: WireValue, Hashable {
    /// Grows with every change; the page token.
    public var number: UInt64
    /// When.
    public var at: UnixMillis
    /// Whose tenant or key.
    public var tenant: TenantID
    /// The tenant's id or the key's public name.
    public var subject: String
    /// `tenant.created`, `tenant.changed`, `key.created`, `key.changed` or `key.revoked`.
    public var action: String
    /// Who asked: weirctl and its user, or a key's public name.
    public var source: String
    /// SHA-256 of the row before, in hexadecimal; empty = there was none.
    public var before: String
    /// SHA-256 of the row after, in hexadecimal.
    public var after: String

    public init(
        number: UInt64, at: UnixMillis, tenant: TenantID, subject: String, action: String, source: String,
        before: String, after: String
    ) {
        self.number = number
        self.at = at
        self.tenant = tenant
        self.subject = subject
        self.action = action
        self.source = source
        self.before = before
        self.after = after
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(number)
        writer.time(at)
        writer.tenant(tenant)
        writer.text(subject, atMost: FieldLimits.shortName)
        writer.text(action, atMost: FieldLimits.display)
        writer.text(source, atMost: FieldLimits.displayName)
        writer.text(before, atMost: FieldLimits.shortName)
        writer.text(after, atMost: FieldLimits.shortName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        number = try reader.u64()
        at = try reader.time()
        tenant = try reader.tenant()
        subject = try reader.text(atMost: FieldLimits.shortName)
        action = try reader.text(atMost: FieldLimits.display)
        source = try reader.text(atMost: FieldLimits.displayName)
        before = try reader.text(atMost: FieldLimits.shortName)
        after = try reader.text(atMost: FieldLimits.shortName)
    }
}
