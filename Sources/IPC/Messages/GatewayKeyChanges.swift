// Gateway messages that change API keys: revoke, update.
//
// For: gatewayd's table, `GatewayClient`. Layout: docs/PROTOCOL.md, 0x0206 and 0x0207.
// Refuses: whatever WireReader refuses; amounts and limits are judged by the daemon that is asked.
// Called by: weirctl (asks); gatewayd (answers).

public import Money
public import Tenancy

/// `gateway.keyRevoke`: ends a key for ever; the very next request with it is refused.
public struct KeyRevokeRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayKeyRevoke }
    public typealias Answer = KeyRevokeAnswer
    /// Which.
    public var key: KeyID

    public init(key: KeyID) {
        self.key = key
    }

    public func encode(to writer: inout WireWriter) {
        writer.key(key)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        key = try reader.key()
    }
}

/// The answer to `gateway.keyRevoke`.
public struct KeyRevokeAnswer: WireValue, Hashable {
    /// 0 done (also when it was revoked before), else the refusal.
    public var outcome: AdminOutcome
    /// When; none when refused.
    public var revokedAt: UnixMillis?

    public init(outcome: AdminOutcome, revokedAt: UnixMillis?) {
        self.outcome = outcome
        self.revokedAt = revokedAt
    }

    public func encode(to writer: inout WireWriter) {
        writer.adminOutcome(outcome)
        writer.optionalTime(revokedAt)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        outcome = try reader.adminOutcome()
        revokedAt = try reader.optionalTime()
    }
}

/// `gateway.keyUpdate`: changes a key; what is kept is left alone.
public struct KeyUpdateRequest: CallRequest, Hashable {
    public static var number: MessageNumber { .gatewayKeyUpdate }
    public typealias Answer = AdminAnswer
    /// Which.
    public var key: KeyID
    /// First instant it is refused; none = never.
    public var expiresAt: Change<UnixMillis?>
    /// What it may spend in its lifetime; none = no cap.
    public var cap: Change<Micros?>
    /// Its name for people.
    public var name: Change<String>
    /// Its own rate limits; none = the configured default or its tenant's.
    public var limits: Change<RateLimits?>

    public init(
        key: KeyID, expiresAt: Change<UnixMillis?>, cap: Change<Micros?>, name: Change<String>,
        limits: Change<RateLimits?>
    ) {
        self.key = key
        self.expiresAt = expiresAt
        self.cap = cap
        self.name = name
        self.limits = limits
    }

    public func encode(to writer: inout WireWriter) {
        writer.key(key)
        writer.change(expiresAt) { $0.optionalTime($1) }
        writer.change(cap) { $0.optionalMicros($1) }
        writer.change(name) { $0.text($1, atMost: FieldLimits.shortName) }
        writer.change(limits) { $0.optionalLimits($1) }
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        key = try reader.key()
        expiresAt = try reader.change { (reader: inout WireReader) throws(WireFault) in try reader.optionalTime() }
        cap = try reader.change { (reader: inout WireReader) throws(WireFault) in try reader.optionalMicros() }
        name = try reader.changeText(atMost: FieldLimits.shortName)
        limits = try reader.change { (reader: inout WireReader) throws(WireFault) in try reader.optionalLimits() }
    }
}
