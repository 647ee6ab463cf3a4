// GatewayTypes and MovementKind: small values inside messages.
//
// For: rate limits, usage buckets, groupings, sides of a fault, kinds of movement.
// Refuses: numbers that name nothing.
// Called by: Messages/.

public import Money

/// What a movement in a tenant's history was.
public enum MovementKind: UInt8, CaseIterable, Sendable {
    case credit = 1
    case debit = 2
    case refund = 3
    case settlement = 4
}

/// Whose fault an error was.
public enum FaultSide: UInt8, CaseIterable, Sendable {
    case client = 1
    case weir = 2
    case upstream = 3
}

/// What one row of a usage report stands for.
public enum UsageGrouping: UInt8, CaseIterable, Sendable {
    case none = 0
    case key = 1
    case model = 2
    case day = 3
}

/// Rate limits of a tenant or a key.
public struct RateLimits: WireValue, Hashable {
    /// Requests a minute, 0 = unlimited.
    public var requestsPerMinute: UInt32
    /// Requests that may arrive at once, 0 = as many as a minute's.
    public var requestBurst: UInt32

    public init(requestsPerMinute: UInt32, requestBurst: UInt32) {
        self.requestsPerMinute = requestsPerMinute
        self.requestBurst = requestBurst
    }

    public func encode(to writer: inout WireWriter) {
        writer.u32(requestsPerMinute)
        writer.u32(requestBurst)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        requestsPerMinute = try reader.u32()
        requestBurst = try reader.u32()
    }
}

/// The small values as docs/PROTOCOL.md, "Types", lays them out.
extension WireWriter {
    /// Rate limits behind a byte that says whether there are any.
    public mutating func optionalLimits(_ value: RateLimits?) {
        flag(value != nil)
        value?.encode(to: &self)
    }

    public mutating func usage(_ value: Usage) {
        i64(value.uncachedInput)
        i64(value.cacheRead)
        i64(value.cacheWrite5m)
        i64(value.cacheWrite1h)
        i64(value.output)
    }

    public mutating func movement(_ value: MovementKind) { u8(value.rawValue) }
    public mutating func side(_ value: FaultSide) { u8(value.rawValue) }
    public mutating func grouping(_ value: UsageGrouping) { u8(value.rawValue) }
}

/// The small values read back; a number that names nothing is `badNumber`.
extension WireReader {
    public mutating func optionalLimits() throws(WireFault) -> RateLimits? {
        try flag() ? try RateLimits(from: &self) : nil
    }

    public mutating func usage() throws(WireFault) -> Usage {
        Usage(
            uncachedInput: try i64(), cacheRead: try i64(), cacheWrite5m: try i64(), cacheWrite1h: try i64(),
            output: try i64())
    }

    public mutating func movement() throws(WireFault) -> MovementKind { try number(MovementKind.init) }
    public mutating func side() throws(WireFault) -> FaultSide { try number(FaultSide.init) }
    public mutating func grouping() throws(WireFault) -> UsageGrouping { try number(UsageGrouping.init) }

    mutating func number<Value>(_ named: (UInt8) -> Value?) throws(WireFault) -> Value {
        guard let value = named(try u8()) else { throw .badNumber }
        return value
    }
}
