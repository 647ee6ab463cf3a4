// AddressTable: which class each address is of, row by row, with the document that says so.
//
// For: the address guard. The rows are those of IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890, RFC
// 8190), the address space of IPv6 (RFC 4291 §2.4), and the clouds' metadata services, which are in no registry.
// Refuses: nothing; each address has a row, since the table begins with the whole of either family.
// Called by: AddressVerdict.
//
// The row with the most bits decides. Only global unicast passes: in IPv4 what no row takes, in IPv6 what of 2000::/3
// no row takes. Blocks that the registries call globally reachable are refused all the same where no API can live there
// (anycast relays, translators and tunnels): a tunnel's end point is chosen by whoever wrote the address. IPv4-mapped
// addresses have no row: an IPAddress never holds one.

/// The classification of addresses.
public enum AddressTable {
    /// One block of addresses.
    public struct Row: Hashable, Sendable {
        /// Which addresses.
        public let prefix: AddressPrefix
        /// What they are.
        public let addressClass: AddressClass
        /// Where that is written.
        public let source: String

        init(_ prefix: String, _ addressClass: AddressClass, _ source: String) {
            guard let prefix = AddressPrefix(prefix) else { preconditionFailure("\(prefix) of the table is a prefix") }
            self.prefix = prefix
            self.addressClass = addressClass
            self.source = source
        }
    }

    /// All rows, in the order of this file.
    public static let rows = v4 + v6 + metadata

    /// The row that decides about `address`.
    public static func row(of address: IPAddress) -> Row {
        guard let row = longestFirst.first(where: { $0.prefix.contains(address) }) else {
            preconditionFailure("0.0.0.0/0 and ::/0 are in the table")
        }
        return row
    }

    private static let longestFirst = rows.sorted { $0.prefix.length > $1.prefix.length }

    private static let v4 = [
        Row("0.0.0.0/0", .globalUnicast, "RFC 4632: what no other row takes"),
        Row("0.0.0.0/8", .thisNetwork, "RFC 791 §3.2, RFC 1122 §3.2.1.3"),
        Row("10.0.0.0/8", .privateUse, "RFC 1918"),
        Row("100.64.0.0/10", .shared, "RFC 6598"),
        Row("127.0.0.0/8", .loopback, "RFC 1122 §3.2.1.3"),
        Row("169.254.0.0/16", .linkLocal, "RFC 3927"),
        Row("172.16.0.0/12", .privateUse, "RFC 1918"),
        Row("192.0.0.0/24", .protocolAssignment, "RFC 6890 §2.1, RFC 7335, RFC 7600, RFC 7723, RFC 8155, RFC 8880"),
        Row("192.0.2.0/24", .documentation, "RFC 5737"),
        Row("192.31.196.0/24", .anycastService, "RFC 7535 (AS112)"),
        Row("192.52.193.0/24", .anycastService, "RFC 7450 (AMT)"),
        Row("192.88.99.0/24", .sixToFourRelay, "RFC 7526, RFC 6751"),
        Row("192.168.0.0/16", .privateUse, "RFC 1918"),
        Row("192.175.48.0/24", .anycastService, "RFC 7534 (AS112)"),
        Row("198.18.0.0/15", .benchmarking, "RFC 2544"),
        Row("198.51.100.0/24", .documentation, "RFC 5737"),
        Row("203.0.113.0/24", .documentation, "RFC 5737"),
        Row("224.0.0.0/4", .multicast, "RFC 5771"),
        Row("240.0.0.0/4", .reserved, "RFC 1112 §4"),
        Row("255.255.255.255/32", .broadcast, "RFC 919 §7, RFC 8190"),
    ]

    private static let v6 = [
        Row("::/0", .reserved, "RFC 4291 §2.4: outside 2000::/3"),
        Row("2000::/3", .globalUnicast, "RFC 4291 §2.4, RFC 3587: what no other row takes"),
        Row("::/96", .v4Compatible, "RFC 4291 §2.5.5.1"),
        Row("::/128", .unspecified, "RFC 4291 §2.5.2"),
        Row("::1/128", .loopback, "RFC 4291 §2.5.3"),
        Row("::ffff:0:0:0/96", .v4Translated, "RFC 2765 §2.1"),
        Row("64:ff9b::/96", .nat64, "RFC 6052 §2.1"),
        Row("64:ff9b:1::/48", .localNAT64, "RFC 8215"),
        Row("100::/64", .discard, "RFC 6666"),
        Row("100:0:0:1::/64", .discard, "RFC 9780"),
        Row("2001::/23", .protocolAssignment, "RFC 2928, RFC 7723, RFC 8155, RFC 9665"),
        Row("2001::/32", .teredo, "RFC 4380"),
        Row("2001:2::/48", .benchmarking, "RFC 5180"),
        Row("2001:3::/32", .anycastService, "RFC 7450 (AMT)"),
        Row("2001:4:112::/48", .anycastService, "RFC 7535 (AS112)"),
        Row("2001:10::/28", .identifier, "RFC 4843 (ORCHID)"),
        Row("2001:20::/28", .identifier, "RFC 7343 (ORCHIDv2)"),
        Row("2001:30::/28", .identifier, "RFC 9374 (DRIP)"),
        Row("2001:db8::/32", .documentation, "RFC 3849"),
        Row("2002::/16", .sixToFour, "RFC 3056"),
        Row("2620:4f:8000::/48", .anycastService, "RFC 7534 (AS112)"),
        Row("3fff::/20", .documentation, "RFC 9637"),
        Row("5f00::/16", .segmentRouting, "RFC 9602"),
        Row("fc00::/7", .uniqueLocal, "RFC 4193"),
        Row("fe80::/10", .linkLocal, "RFC 4291 §2.5.6"),
        Row("fec0::/10", .siteLocal, "RFC 3879"),
        Row("ff00::/8", .multicast, "RFC 4291 §2.7"),
    ]

    /// Most lie in blocks of the tables above; they have rows of their own so that a network on the allow-list does not
    /// open them.
    private static let metadata = [
        Row("100.100.100.200/32", .cloudMetadata, "Alibaba Cloud"),
        Row("168.63.129.16/32", .cloudMetadata, "Azure (WireServer), outside every reserved block"),
        Row("169.254.169.254/32", .cloudMetadata, "AWS, Azure, Google Cloud, OpenStack and others"),
        Row("169.254.170.2/32", .cloudMetadata, "AWS ECS"),
        Row("169.254.170.23/32", .cloudMetadata, "AWS EKS"),
        Row("192.0.0.192/32", .cloudMetadata, "Oracle Cloud"),
        Row("fd00:ec2::23/128", .cloudMetadata, "AWS EKS"),
        Row("fd00:ec2::254/128", .cloudMetadata, "AWS"),
        Row("fd20:ce::254/128", .cloudMetadata, "Google Cloud"),
    ]
}
