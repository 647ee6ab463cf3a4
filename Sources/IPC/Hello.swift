// Hello: who is at each end, and which versions they speak.
//
// For: the first frame in each direction.
// Refuses: hellos without the magic number, roles that do not exist, versions that do not meet.
// Called by: PeerConnection, ClientConnection.

/// Who a process says it is.
public struct PeerIdentity: Hashable, Sendable {
    public var role: PeerRole
    /// Random, new at every start of the process.
    public var instance: UInt64
    /// Program and release, at most 64 bytes, for logs.
    public var build: String

    public init(role: PeerRole, instance: UInt64, build: String) {
        self.role = role
        self.instance = instance
        self.build = build
    }
}

/// The versions a side can speak.
public struct ProtocolVersions: Hashable, Sendable, CustomStringConvertible {
    /// The one it was built for.
    public var current: UInt16
    /// The oldest one it also understands.
    public var oldest: UInt16

    public init(current: UInt16, oldest: UInt16) {
        self.current = current
        self.oldest = oldest
    }

    /// For the text of a failure.
    public var description: String { "versions \(oldest) to \(current)" }

    /// What this release speaks.
    public static let ours = ProtocolVersions(current: 1, oldest: 1)

    /// The version both speak, or `nil` when there is none.
    public func common(with other: ProtocolVersions) -> UInt16? {
        guard other.current >= oldest, current >= other.oldest else { return nil }
        return min(current, other.current)
    }
}

/// The payload of a hello frame.
public struct Hello: WireValue, Hashable {
    /// The bytes `WEIR`, so that a stranger's bytes are not taken for a hello.
    static let magic: UInt32 = 0x5249_4557

    public var versions: ProtocolVersions
    public var identity: PeerIdentity

    public init(versions: ProtocolVersions, identity: PeerIdentity) {
        self.versions = versions
        self.identity = identity
    }

    public func encode(to writer: inout WireWriter) {
        writer.u32(Self.magic)
        writer.u16(versions.current)
        writer.u16(versions.oldest)
        writer.u8(identity.role.rawValue)
        writer.u8(0)
        writer.u64(identity.instance)
        writer.text(identity.build, atMost: IPCLimits.buildBytes)
    }

    public init(from reader: inout WireReader) throws(WireFault) {
        guard try reader.u32() == Self.magic else { throw .badNumber }
        versions = ProtocolVersions(current: try reader.u16(), oldest: try reader.u16())
        guard let role = PeerRole(rawValue: try reader.u8()) else { throw .badNumber }
        _ = try reader.u8()
        let instance = try reader.u64()
        identity = PeerIdentity(role: role, instance: instance, build: try reader.text(atMost: IPCLimits.buildBytes))
    }
}
