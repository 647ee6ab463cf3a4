// NaiveTable: the classification of addresses once more, written down independently and looked up in the simplest way.
//
// For: comparing with AddressTable. Prefixes are strings of "0" and "1", and the longest that an address begins with
// decides.
// Refuses: nothing.
// Called by: AddressTableTests.

import Glibc

@testable import HTTP

enum NaiveTable {
    /// Class by class, as the registries tell: every block here and nothing else.
    static let blocks: [(AddressClass, [String])] = [
        (.globalUnicast, ["0.0.0.0/0", "2000::/3"]), (.reserved, ["::/0", "240.0.0.0/4"]),
        (.thisNetwork, ["0.0.0.0/8"]), (.unspecified, ["::/128"]), (.loopback, ["127.0.0.0/8", "::1/128"]),
        (.privateUse, ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]), (.shared, ["100.64.0.0/10"]),
        (.uniqueLocal, ["fc00::/7"]), (.linkLocal, ["169.254.0.0/16", "fe80::/10"]), (.siteLocal, ["fec0::/10"]),
        (
            .cloudMetadata,
            [
                "169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "100.100.100.200/32", "192.0.0.192/32",
                "168.63.129.16/32", "fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128",
            ]
        ),
        (.protocolAssignment, ["192.0.0.0/24", "2001::/23"]),
        (
            .anycastService,
            [
                "192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", "2001:3::/32", "2001:4:112::/48",
                "2620:4f:8000::/48",
            ]
        ),
        (.documentation, ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"]),
        (.benchmarking, ["198.18.0.0/15", "2001:2::/48"]), (.discard, ["100::/64", "100:0:0:1::/64"]),
        (.multicast, ["224.0.0.0/4", "ff00::/8"]), (.broadcast, ["255.255.255.255/32"]),
        (.nat64, ["64:ff9b::/96"]), (.localNAT64, ["64:ff9b:1::/48"]), (.v4Compatible, ["::/96"]),
        (.v4Translated, ["::ffff:0:0:0/96"]), (.teredo, ["2001::/32"]), (.sixToFour, ["2002::/16"]),
        (.sixToFourRelay, ["192.88.99.0/24"]), (.identifier, ["2001:10::/28", "2001:20::/28", "2001:30::/28"]),
        (.segmentRouting, ["5f00::/16"]),
    ]

    /// Family and leading bits of each block, as text: "4:00001010" is 10.0.0.0/8.
    static let prefixes: [(text: String, addressClass: AddressClass)] = blocks.flatMap { addressClass, blocks in
        blocks.map { (prefix($0), addressClass) }
    }

    static func addressClass(of address: IPAddress) -> AddressClass? {
        let text = bits(address.bytes)
        let matching = prefixes.filter { text.hasPrefix($0.text) }
        return matching.max { $0.text.count < $1.text.count }?.addressClass
    }

    static func bits(_ bytes: [UInt8]) -> String {
        "\(bytes.count == 4 ? 4 : 6):"
            + bytes.map { byte in
                let digits = String(byte, radix: 2)
                return String(repeating: "0", count: 8 - digits.count) + digits
            }.joined()
    }

    private static func prefix(_ block: String) -> String {
        let parts = block.split(separator: "/").map(String.init)
        var bytes = [UInt8](repeating: 0, count: 16)
        let isV6 = parts[0].contains(":")
        precondition(inet_pton(isV6 ? AF_INET6 : AF_INET, parts[0], &bytes) == 1, "\(block) begins with an address")
        return String(bits(isV6 ? bytes : Array(bytes.prefix(4))).prefix(2 + (Int(parts[1]) ?? 0)))
    }
}
