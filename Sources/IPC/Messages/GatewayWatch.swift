// Gateway message 0x020C: watch, a stream of request records.
//
// For: gatewayd's table, `GatewayClient`.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: weirctl (asks); gatewayd (answers).

public import Money
public import Tenancy

/// `gateway.watch`: every request as it ends. A stream without end; a reader that is slow is told how many it
/// missed.
public struct WatchRequest: StreamRequest, Hashable {
    public static var number: MessageNumber { .gatewayWatch }
    public typealias Item = RequestRecord
    public typealias End = EmptyAnswer
    /// Only this tenant's; none = all.
    public var tenant: TenantID?

    public init(tenant: TenantID?) {
        self.tenant = tenant
    }

    public func encode(to writer: inout WireWriter) {
        writer.optionalTenant(tenant)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        tenant = try reader.optionalTenant()
    }
}

/// An item of `gateway.watch`.
public struct RequestRecord: WireValue, Hashable {
    /// When it ended.
    public var at: UnixMillis
    /// Records left out before this one because the window was closed.
    public var missed: UInt64
    /// Its identity.
    public var request: RequestID
    /// The HTTP status.
    public var status: UInt16
    /// Whether the answer was a stream.
    public var streamed: Bool
    /// Whether the usage is an estimate.
    public var estimated: Bool
    /// From the request's head to the first byte of the answer.
    public var firstByteMillis: UInt32
    /// From the request's head to the last byte of the answer.
    public var durationMillis: UInt32
    /// The five token buckets.
    public var usage: Usage
    /// What it cost.
    public var cost: Micros
    /// The tenant.
    public var tenant: TenantID
    /// The key.
    public var key: KeyID
    /// As the client named it.
    public var model: String
    /// The upstream host that answered; empty = none.
    public var host: String

    public init(
        at: UnixMillis, missed: UInt64, request: RequestID, status: UInt16, streamed: Bool, estimated: Bool,
        firstByteMillis: UInt32, durationMillis: UInt32, usage: Usage, cost: Micros, tenant: TenantID, key: KeyID,
        model: String, host: String
    ) {
        self.at = at
        self.missed = missed
        self.request = request
        self.status = status
        self.streamed = streamed
        self.estimated = estimated
        self.firstByteMillis = firstByteMillis
        self.durationMillis = durationMillis
        self.usage = usage
        self.cost = cost
        self.tenant = tenant
        self.key = key
        self.model = model
        self.host = host
    }

    public func encode(to writer: inout WireWriter) {
        writer.time(at)
        writer.u64(missed)
        writer.request(request)
        writer.u16(status)
        writer.flag(streamed)
        writer.flag(estimated)
        writer.u32(firstByteMillis)
        writer.u32(durationMillis)
        writer.usage(usage)
        writer.micros(cost)
        writer.tenant(tenant)
        writer.key(key)
        writer.text(model, atMost: FieldLimits.displayName)
        writer.text(host, atMost: FieldLimits.displayName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        at = try reader.time()
        missed = try reader.u64()
        request = try reader.request()
        status = try reader.u16()
        streamed = try reader.flag()
        estimated = try reader.flag()
        firstByteMillis = try reader.u32()
        durationMillis = try reader.u32()
        usage = try reader.usage()
        cost = try reader.micros()
        tenant = try reader.tenant()
        key = try reader.key()
        model = try reader.text(atMost: FieldLimits.displayName)
        host = try reader.text(atMost: FieldLimits.displayName)
    }
}
