// WireTypes: how the vocabulary of Money and Tenancy is laid out on the wire.
//
// For: the messages, so that every amount, time, name and policy has one layout.
// Refuses: text that is no identifier, numbers that name no policy, refusal or scope.
// Called by: Messages/.

public import Money
public import Tenancy

/// A field of an update: leave it, or set it.
public enum Change<Value: Hashable & Sendable>: Hashable, Sendable {
    /// Leave the field as it is.
    case keep
    /// Give the field this value.
    case set(Value)
}

/// The vocabulary as docs/PROTOCOL.md, "Types", lays it out.
extension WireWriter {
    /// Micro-dollars, 8 bytes.
    @inlinable @inline(__always)
    public mutating func micros(_ value: Micros) { i64(value.value) }

    /// Micro-dollars, or −1 for none.
    @inlinable @inline(__always)
    public mutating func optionalMicros(_ value: Micros?) { i64(value?.value ?? -1) }

    /// Milliseconds since 1970, 8 bytes.
    @inlinable @inline(__always)
    public mutating func time(_ value: UnixMillis) { i64(value.value) }

    /// Milliseconds since 1970, or 0 for none.
    @inlinable @inline(__always)
    public mutating func optionalTime(_ value: UnixMillis?) { i64(value?.value ?? 0) }

    @inlinable @inline(__always)
    public mutating func tenant(_ value: TenantID) { text(value.text, atMost: TenantID.longest) }

    /// A tenant, or an empty text for none.
    @inlinable @inline(__always)
    public mutating func optionalTenant(_ value: TenantID?) { text(value?.text ?? "", atMost: TenantID.longest) }

    @inlinable @inline(__always)
    public mutating func key(_ value: KeyID) {
        let room = claim(2 + KeyID.textLength)
        room.storeBytes(of: UInt16(KeyID.textLength).littleEndian, as: UInt16.self)
        value.write(to: room + 2)
    }

    /// A key, or an empty text for none.
    @inlinable @inline(__always)
    public mutating func optionalKey(_ value: KeyID?) {
        if let value { key(value) } else { u16(0) }
    }

    @inlinable @inline(__always)
    public mutating func reference(_ value: Reference) { shortBytes(value.bytes) }

    /// A reference, or no bytes for none.
    @inlinable @inline(__always)
    public mutating func optionalReference(_ value: Reference?) { shortBytes(value?.bytes ?? []) }

    @inlinable @inline(__always)
    public mutating func request(_ value: RequestID) { u128(value.number) }

    @inlinable @inline(__always)
    public mutating func policy(_ value: SpendPolicy) { u8(value.rawValue) }

    @inlinable @inline(__always)
    public mutating func scopes(_ value: Scope) { u32(value.rawValue) }

    /// A `Change`: one byte, then the value when there is one.
    public mutating func change<Value>(_ value: Change<Value>, _ put: (inout WireWriter, Value) -> Void) {
        switch value {
        case .keep: u8(0)
        case .set(let value):
            u8(1)
            put(&self, value)
        }
    }
}

/// The vocabulary read back; what follows no grammar is `badText`, what names nothing `badNumber`.
extension WireReader {
    @inlinable @inline(__always)
    public mutating func micros() throws(WireFault) -> Micros { Micros(try i64()) }

    @inlinable @inline(__always)
    public mutating func optionalMicros() throws(WireFault) -> Micros? {
        let value = try i64()
        guard value >= -1 else { throw .badNumber }
        return value == -1 ? nil : Micros(value)
    }

    @inlinable @inline(__always)
    public mutating func time() throws(WireFault) -> UnixMillis { UnixMillis(try i64()) }

    @inlinable @inline(__always)
    public mutating func optionalTime() throws(WireFault) -> UnixMillis? {
        let value = try i64()
        return value == 0 ? nil : UnixMillis(value)
    }

    public mutating func tenant() throws(WireFault) -> TenantID {
        guard let tenant = TenantID(try text(atMost: TenantID.longest)) else { throw .badText }
        return tenant
    }

    public mutating func optionalTenant() throws(WireFault) -> TenantID? {
        let text = try text(atMost: TenantID.longest)
        if text.isEmpty { return nil }
        guard let tenant = TenantID(text) else { throw .badText }
        return tenant
    }

    public mutating func key() throws(WireFault) -> KeyID {
        guard let key = KeyID(try text(atMost: 20)) else { throw .badText }
        return key
    }

    public mutating func optionalKey() throws(WireFault) -> KeyID? {
        let text = try text(atMost: 20)
        if text.isEmpty { return nil }
        guard let key = KeyID(text) else { throw .badText }
        return key
    }

    public mutating func reference() throws(WireFault) -> Reference {
        guard let reference = Reference(bytes: try shortBytes(atMost: Reference.longest)) else { throw .badText }
        return reference
    }

    public mutating func optionalReference() throws(WireFault) -> Reference? {
        Reference(bytes: try shortBytes(atMost: Reference.longest))
    }

    @inlinable @inline(__always)
    public mutating func request() throws(WireFault) -> RequestID { RequestID(number: try u128()) }

    @inlinable @inline(__always)
    public mutating func policy() throws(WireFault) -> SpendPolicy {
        guard let policy = SpendPolicy(rawValue: try u8()) else { throw .badNumber }
        return policy
    }

    public mutating func scopes() throws(WireFault) -> Scope {
        let scope = Scope(rawValue: try u32())
        guard Scope.all.isSuperset(of: scope) else { throw .badNumber }
        return scope
    }

    /// A `Change`: one byte, then the value when it is 1.
    public mutating func change<Value>(
        _ take: (inout WireReader) throws(WireFault) -> Value
    ) throws(WireFault) -> Change<Value> {
        try flag() ? .set(try take(&self)) : .keep
    }

    /// A `Change` of a text.
    public mutating func changeText(atMost limit: Int) throws(WireFault) -> Change<String> {
        try flag() ? .set(try text(atMost: limit)) : .keep
    }
}
