// Gateway messages that report: usage and errors.
//
// For: gatewayd's table, `GatewayClient`. Layout: docs/PROTOCOL.md, 0x0208 and 0x0209.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: cronjobd, weirctl (ask); gatewayd (answers).

public import Money
public import Tenancy

/// `gateway.usage`: requests, tokens and cost over a time.
public struct UsageReportRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayUsage }
    public typealias Answer = UsageReportAnswer
    /// First instant.
    public var from: UnixMillis
    /// First instant no longer counted.
    public var to: UnixMillis
    /// What a row stands for.
    public var group: UsageGrouping
    /// Only this tenant's; none = all.
    public var tenant: TenantID?
    /// Only this key's; none = all.
    public var key: KeyID?

    public init(from: UnixMillis, to: UnixMillis, group: UsageGrouping, tenant: TenantID?, key: KeyID?) {
        self.from = from
        self.to = to
        self.group = group
        self.tenant = tenant
        self.key = key
    }

    public func encode(to writer: inout WireWriter) {
        writer.time(from)
        writer.time(to)
        writer.grouping(group)
        writer.optionalTenant(tenant)
        writer.optionalKey(key)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        from = try reader.time()
        to = try reader.time()
        group = try reader.grouping()
        tenant = try reader.optionalTenant()
        key = try reader.optionalKey()
    }
}

/// The answer to `gateway.usage`.
public struct UsageReportAnswer: WireValue, Hashable {
    /// Whether rows beyond the thousandth were left out.
    public var truncated: Bool
    /// By label.
    public var rows: [UsageRow]

    public init(truncated: Bool, rows: [UsageRow]) {
        self.truncated = truncated
        self.rows = rows
    }

    public func encode(to writer: inout WireWriter) {
        writer.flag(truncated)
        writer.list(rows, atMost: FieldLimits.usageRows)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        truncated = try reader.flag()
        rows = try reader.list(of: UsageRow.self, atMost: FieldLimits.usageRows)
    }
}

/// One line of a usage report.
public struct UsageRow: WireValue, Hashable {
    /// Requests counted in this row.
    public var requests: UInt64
    /// Of these, how many have estimated instead of reported usage.
    public var estimated: UInt64
    /// The five token buckets, summed.
    public var usage: Usage
    /// Summed.
    public var cost: Micros
    /// The key, model or day (`2026-11-21`, UTC) of this row; empty when not grouped.
    public var label: String

    public init(requests: UInt64, estimated: UInt64, usage: Usage, cost: Micros, label: String) {
        self.requests = requests
        self.estimated = estimated
        self.usage = usage
        self.cost = cost
        self.label = label
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(requests)
        writer.u64(estimated)
        writer.usage(usage)
        writer.micros(cost)
        writer.text(label, atMost: FieldLimits.displayName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        requests = try reader.u64()
        estimated = try reader.u64()
        usage = try reader.usage()
        cost = try reader.micros()
        label = try reader.text(atMost: FieldLimits.displayName)
    }
}

/// `gateway.errors`: the error ledger, newest first, a page at a time.
public struct ErrorReportRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayErrors }
    public typealias Answer = ErrorReportAnswer
    /// The page token: rows with a smaller sequence; 0 = the newest.
    public var before: UInt64
    /// Rows wanted, 1 to 200.
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

/// The answer to `gateway.errors`.
public struct ErrorReportAnswer: WireValue, Hashable {
    /// The token of the following page; 0 = this was the last.
    public var next: UInt64
    /// Newest first.
    public var rows: [ErrorRow]

    public init(next: UInt64, rows: [ErrorRow]) {
        self.next = next
        self.rows = rows
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(next)
        writer.list(rows, atMost: FieldLimits.errorRows)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        next = try reader.u64()
        rows = try reader.list(of: ErrorRow.self, atMost: FieldLimits.errorRows)
    }
}

/// One line of the error ledger.
public struct ErrorRow: WireValue, Hashable {
    /// Grows with every row; the page token.
    public var sequence: UInt64
    /// When.
    public var at: UnixMillis
    /// The request's identity.
    public var request: RequestID
    /// The HTTP status the client saw.
    public var status: UInt16
    /// Whose fault it was.
    public var side: FaultSide
    /// None = before authentication.
    public var tenant: TenantID?
    /// The key.
    public var key: KeyID?
    /// As the client named it.
    public var model: String
    /// The upstream host it was sent to; empty = none.
    public var host: String
    /// A word for grouping, as in the client's answer.
    public var kind: String
    /// What happened, without secrets.
    public var text: String

    public init(
        sequence: UInt64, at: UnixMillis, request: RequestID, status: UInt16, side: FaultSide, tenant: TenantID?,
        key: KeyID?, model: String, host: String, kind: String, text: String
    ) {
        self.sequence = sequence
        self.at = at
        self.request = request
        self.status = status
        self.side = side
        self.tenant = tenant
        self.key = key
        self.model = model
        self.host = host
        self.kind = kind
        self.text = text
    }

    public func encode(to writer: inout WireWriter) {
        writer.u64(sequence)
        writer.time(at)
        writer.request(request)
        writer.u16(status)
        writer.side(side)
        writer.optionalTenant(tenant)
        writer.optionalKey(key)
        writer.text(model, atMost: FieldLimits.displayName)
        writer.text(host, atMost: FieldLimits.displayName)
        writer.text(kind, atMost: FieldLimits.shortName)
        writer.text(text, atMost: FieldLimits.line)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        sequence = try reader.u64()
        at = try reader.time()
        request = try reader.request()
        status = try reader.u16()
        side = try reader.side()
        tenant = try reader.optionalTenant()
        key = try reader.optionalKey()
        model = try reader.text(atMost: FieldLimits.displayName)
        host = try reader.text(atMost: FieldLimits.displayName)
        kind = try reader.text(atMost: FieldLimits.shortName)
        text = try reader.text(atMost: FieldLimits.line)
    }
}
