// Gateway messages about the process itself: status, reload.
//
// For: gatewayd's table, `GatewayClient`. Layout: docs/PROTOCOL.md, 0x020A and 0x020B.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: cronjobd, weirctl (ask); gatewayd (answers).

public import Tenancy

/// `gateway.status`: how gatewayd is.
public struct GatewayStatusRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayStatus }
    public typealias Answer = GatewayStatusAnswer

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// The answer to `gateway.status`.
public struct GatewayStatusAnswer: WireValue, Hashable {
    /// When the process started.
    public var startedAt: UnixMillis
    /// Whether it is about to stop.
    public var draining: Bool
    /// Whether every loop has its walletd.
    public var walletConnected: Bool
    /// Since the start.
    public var requests: UInt64
    /// Answered with a status of 400 or more, since the start.
    public var errors: UInt64
    /// Requests being served.
    public var inFlight: UInt32
    /// Client connections open.
    public var connections: UInt32
    /// Tenants there are.
    public var tenants: UInt32
    /// Neither revoked nor expired.
    public var keys: UInt32
    /// Settlements not yet acknowledged.
    public var outboxDepth: UInt64
    /// The oldest of them.
    public var outboxOldestAt: UnixMillis?
    /// 1 at the start, one more with every accepted reload.
    public var configGeneration: UInt64
    /// When the configuration in force was read.
    public var configLoadedAt: UnixMillis
    /// The instance number of its hello.
    public var instance: UInt64
    /// As in its hello.
    public var build: String

    public init(
        startedAt: UnixMillis, draining: Bool, walletConnected: Bool, requests: UInt64, errors: UInt64,
        inFlight: UInt32, connections: UInt32, tenants: UInt32, keys: UInt32, outboxDepth: UInt64,
        outboxOldestAt: UnixMillis?, configGeneration: UInt64, configLoadedAt: UnixMillis, instance: UInt64,
        build: String
    ) {
        self.startedAt = startedAt
        self.draining = draining
        self.walletConnected = walletConnected
        self.requests = requests
        self.errors = errors
        self.inFlight = inFlight
        self.connections = connections
        self.tenants = tenants
        self.keys = keys
        self.outboxDepth = outboxDepth
        self.outboxOldestAt = outboxOldestAt
        self.configGeneration = configGeneration
        self.configLoadedAt = configLoadedAt
        self.instance = instance
        self.build = build
    }

    public func encode(to writer: inout WireWriter) {
        writer.time(startedAt)
        writer.flag(draining)
        writer.flag(walletConnected)
        writer.u64(requests)
        writer.u64(errors)
        writer.u32(inFlight)
        writer.u32(connections)
        writer.u32(tenants)
        writer.u32(keys)
        writer.u64(outboxDepth)
        writer.optionalTime(outboxOldestAt)
        writer.u64(configGeneration)
        writer.time(configLoadedAt)
        writer.u64(instance)
        writer.text(build, atMost: FieldLimits.shortName)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        startedAt = try reader.time()
        draining = try reader.flag()
        walletConnected = try reader.flag()
        requests = try reader.u64()
        errors = try reader.u64()
        inFlight = try reader.u32()
        connections = try reader.u32()
        tenants = try reader.u32()
        keys = try reader.u32()
        outboxDepth = try reader.u64()
        outboxOldestAt = try reader.optionalTime()
        configGeneration = try reader.u64()
        configLoadedAt = try reader.time()
        instance = try reader.u64()
        build = try reader.text(atMost: FieldLimits.shortName)
    }
}

/// `gateway.reload`: reads the configuration again; a bad one is refused and the old one stays.
public struct ReloadRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayReload }
    public typealias Answer = ReloadAnswer

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// The answer to `gateway.reload`.
public struct ReloadAnswer: WireValue, Hashable {
    /// Whether the new configuration is in force.
    public var accepted: Bool
    /// Of the configuration now in force.
    public var generation: UInt64
    /// What was wrong or what changed, for people.
    public var text: String

    public init(accepted: Bool, generation: UInt64, text: String) {
        self.accepted = accepted
        self.generation = generation
        self.text = text
    }

    public func encode(to writer: inout WireWriter) {
        writer.flag(accepted)
        writer.u64(generation)
        writer.text(text, atMost: FieldLimits.page)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        accepted = try reader.flag()
        generation = try reader.u64()
        text = try reader.text(atMost: FieldLimits.page)
    }
}

/// `gateway.handOver`: gatewayd starts its program as it is on disk now, gives it sockets and state, and finishes what it began
/// itself. Answered when the new process serves.
public struct HandOverRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayHandOver }
    public typealias Answer = HandOverAnswer

    public init() {}
    public func encode(to writer: inout WireWriter) {}
    public init(from reader: inout WireReader) throws(WireFault) {}
}

/// The answer to `gateway.handOver`.
public struct HandOverAnswer: WireValue, Hashable {
    /// Whether a successor serves.
    public var accepted: Bool
    /// Its process number; 0 = none.
    public var process: UInt32
    /// Why not, for people.
    public var text: String

    public init(accepted: Bool, process: UInt32, text: String) {
        self.accepted = accepted
        self.process = process
        self.text = text
    }

    public func encode(to writer: inout WireWriter) {
        writer.flag(accepted)
        writer.u32(process)
        writer.text(text, atMost: FieldLimits.page)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        accepted = try reader.flag()
        process = try reader.u32()
        text = try reader.text(atMost: FieldLimits.page)
    }
}
