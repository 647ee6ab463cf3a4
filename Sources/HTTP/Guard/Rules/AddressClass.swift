// AddressClass: what an address is for, as far as it matters to somebody who is asked to connect to it.
//
// For: one word per kind of address, for rules, for operators, for the tables of the tests.
// Refuses: nothing itself.
// Called by: AddressTable gives each address one; AddressPolicy decides by it.

/// The kinds of addresses. The raw value is what operators read.
public enum AddressClass: String, Hashable, Sendable, CaseIterable {
    /// An address of the internet; the only kind that passes by itself.
    case globalUnicast = "global"
    /// 0.0.0.0/8: the kernel connects to this machine.
    case thisNetwork = "this network"
    /// `::`: as above.
    case unspecified = "unspecified"
    /// This machine.
    case loopback = "loopback"
    /// RFC 1918.
    case privateUse = "private"
    /// 100.64.0.0/10, behind a carrier's NAT; overlay networks use it too.
    case shared = "shared (carrier NAT)"
    /// fc00::/7, IPv6's private addresses.
    case uniqueLocal = "unique local"
    /// This link only.
    case linkLocal = "link-local"
    /// fec0::/10, what unique local addresses replaced.
    case siteLocal = "site-local"
    /// Where a cloud gives credentials to whoever asks from inside the machine.
    case cloudMetadata = "cloud metadata"
    /// Set aside for protocols.
    case protocolAssignment = "protocol assignment"
    /// Answered by the nearest machine that feels responsible (AS112, AMT): never an API.
    case anycastService = "anycast service"
    /// For examples in texts; nobody's.
    case documentation = "documentation"
    /// For measuring devices in a laboratory.
    case benchmarking = "benchmarking"
    /// Thrown away on purpose.
    case discard = "discard"
    /// To many at once.
    case multicast = "multicast"
    /// To everybody on the link.
    case broadcast = "broadcast"
    /// Not given out.
    case reserved = "reserved"
    /// 64:ff9b::/96: an IPv4 address behind a translator.
    case nat64 = "NAT64"
    /// 64:ff9b:1::/48: the same, with a translator of the local network.
    case localNAT64 = "local NAT64"
    /// `::a.b.c.d`, deprecated.
    case v4Compatible = "IPv4-compatible"
    /// `::ffff:0:a.b.c.d`, of a translator that is no more.
    case v4Translated = "IPv4-translated"
    /// 2001::/32: an IPv4 address behind a tunnel.
    case teredo = "Teredo"
    /// 2002::/16: an IPv4 address behind a tunnel.
    case sixToFour = "6to4"
    /// 192.88.99.0/24: the nearest entrance of that tunnel.
    case sixToFourRelay = "6to4 relay"
    /// Names of hosts or aircraft that only look like addresses.
    case identifier = "identifier"
    /// 5f00::/16: instructions to routers.
    case segmentRouting = "segment routing"

    /// Connecting there is never meant: it is this machine by accident, or many machines. No entry of an allow-list
    /// admits it.
    public var isNeverDialled: Bool {
        switch self {
        case .thisNetwork, .unspecified, .multicast, .broadcast: true
        default: false
        }
    }

    /// Where machines of an operator's own live: what a *name* on the allow-list may turn out to be. A name's owner can
    /// change its address, and is not to reach more than that.
    public var isOfALocalNetwork: Bool {
        switch self {
        case .loopback, .privateUse, .shared, .uniqueLocal: true
        default: false
        }
    }
}
