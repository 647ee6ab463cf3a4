// IPAddress: an IPv4 or IPv6 address as its bits.
//
// For: the address guard; what was classified is what is dialled, so both use this one value and no text in between.
// Refuses: byte sequences that are neither 4 nor 16 long.
// Called by: AddressTable, AddressPolicy, OutboundHost, NameResolver, GuardedDial.

/// An address, always in its shortest family: an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`, RFC 4291 §2.5.5.2) is the
/// IPv4 address it stands for, because the kernel would connect to just that.
public struct IPAddress: Hashable, Sendable {
    /// How many bits an address has, and how it is written.
    public enum Family: Hashable, Sendable {
        /// 32 bits.
        case v4
        /// 128 bits.
        case v6

        /// 32 or 128.
        public var bitCount: Int { self == .v4 ? 32 : 128 }
    }

    /// Which of the two.
    public let family: Family
    /// The address as a number in network order: at most 32 bits of it in IPv4.
    public let bits: UInt128

    /// `::ffff:0:0/96`, without the IPv4 address in its last 32 bits.
    private static let mapped: UInt128 = 0xFFFF

    /// An IPv4 address: 127.0.0.1 is `0x7F00_0001`.
    public init(v4 bits: UInt32) {
        family = .v4
        self.bits = UInt128(bits)
    }

    /// An IPv6 address, or the IPv4 address that is mapped into it.
    public init(v6 bits: UInt128) {
        let isMapped = bits >> 32 == Self.mapped
        family = isMapped ? .v4 : .v6
        self.bits = isMapped ? bits & UInt128(UInt32.max) : bits
    }

    /// 4 bytes of IPv4 or 16 of IPv6 in network order; `nil` for any other number of bytes.
    public init?(bytes: some Collection<UInt8>) {
        let bits = bytes.prefix(17).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch bytes.count {
        case 4: self.init(v4: UInt32(truncatingIfNeeded: bits))
        case 16: self.init(v6: bits)
        default: return nil
        }
    }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        stride(from: family.bitCount - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt128($0)) }
    }
}
