// AddressPrefix: a network as an address and a number of bits, `10.1.0.0/16`.
//
// For: the rows of AddressTable, the networks of the operator's allow-list and of the operator's proxies.
// Refuses: more bits than the family has, an address with bits set beyond them, a network written as IPv4-mapped IPv6.
// Called by: AddressTable, AllowedTarget, TrustedProxies.

/// All addresses that begin with the same bits (RFC 4632 §3.1, RFC 4291 §2.3).
public struct AddressPrefix: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    public let network: IPAddress
    /// How many leading bits count: 0 to 32 or 128.
    public let length: Int

    /// `nil` when `length` is out of range or `network` has a bit set beyond it.
    public init?(network: IPAddress, length: Int) {
        guard (0...network.family.bitCount).contains(length) else { return nil }
        guard network.bits & Self.hostMask(network.family, length) == 0 else { return nil }
        self.network = network
        self.length = length
    }

    /// Reads `10.0.0.0/8` or `fc00::/7`. An IPv4-mapped network is not read: its length would count other bits than its
    /// address.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let network = IPAddress(parts[0]), let length = Int(parts[1]) else { return nil }
        guard String(length) == parts[1], parts[0].contains(":") == (network.family == .v6) else { return nil }
        self.init(network: network, length: length)
    }

    /// Reads a single address, `127.0.0.1` or `::1`, as the network of that one.
    public init?(only text: some StringProtocol) {
        guard let address = IPAddress(text) else { return nil }
        self.init(network: address, length: address.family.bitCount)
    }

    /// Whether `address` is one of them. Addresses of the other family never are.
    public func contains(_ address: IPAddress) -> Bool {
        address.family == network.family
            && address.bits & ~Self.hostMask(network.family, length) == network.bits
    }

    /// Whether every address of `other` is one of ours.
    public func contains(_ other: AddressPrefix) -> Bool { length <= other.length && contains(other.network) }

    /// The last address of the network.
    public var last: IPAddress {
        let bits = network.bits | Self.hostMask(network.family, length)
        return network.family == .v4 ? IPAddress(v4: UInt32(truncatingIfNeeded: bits)) : IPAddress(v6: bits)
    }

    /// As it is read.
    public var description: String { "\(network)/\(length)" }

    /// The network that `address` is in when `length` bits count: what somebody meant who wrote too many.
    static func around(_ address: IPAddress, length: Int) -> AddressPrefix? {
        guard (0...address.family.bitCount).contains(length) else { return nil }
        let bits = address.bits & ~hostMask(address.family, length)
        let network = address.family == .v4 ? IPAddress(v4: UInt32(truncatingIfNeeded: bits)) : IPAddress(v6: bits)
        return AddressPrefix(network: network, length: length)
    }

    private static func hostMask(_ family: IPAddress.Family, _ length: Int) -> UInt128 {
        // Swift's >> gives 0 when everything is shifted out.
        UInt128.max >> UInt128(128 - family.bitCount + length)
    }
}
