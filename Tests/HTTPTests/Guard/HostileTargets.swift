// HostileTargets: what somebody might give us to call, and why it is not called.
//
// For: HostileTargetTests, which tries each, and HostileTargets.md, which lists them. A row is a trick with a name of
// its own.
// Refuses: nothing.
// Called by: HostileTargetTests.

import Testing

@testable import HTTP

/// Written where a URL is asked for; refused before anything is looked up.
struct HostileSpelling: Sendable, CustomTestStringConvertible {
    let url: String
    let refusal: TargetRefusal
    var testDescription: String { String(url.prefix(60).debugDescription) }

    init(_ url: String, _ refusal: TargetRefusal) {
        self.url = url
        self.refusal = refusal
    }
}

/// An address that no connection is made to, whether it stands in the URL or a name leads to it.
struct HostileAddress: Sendable {
    let text: String
    let addressClass: AddressClass

    init(_ text: String, _ addressClass: AddressClass) {
        self.text = text
        self.addressClass = addressClass
    }
}

/// A name whose answers are the trick.
struct HostileName: Sendable {
    let name: String
    let answers: [String]
    let reason: AddressRefusal.Reason

    init(_ name: String, _ answers: [String], _ reason: AddressRefusal.Reason) {
        self.name = name
        self.answers = answers
        self.reason = reason
    }
}

enum HostileTargets {
    private static let long = String(repeating: "a", count: 64)

    static let spellings = [
        // What inet_aton(3), and with it many a resolver, takes for an IPv4 address.
        HostileSpelling("https://127.1/", .ambiguousAddress), HostileSpelling("https://127.0.1/", .ambiguousAddress),
        HostileSpelling("https://0/", .ambiguousAddress), HostileSpelling("https://1.1/", .ambiguousAddress),
        HostileSpelling("https://2130706433/", .ambiguousAddress),
        HostileSpelling("https://4294967297/", .ambiguousAddress),
        HostileSpelling("https://0x7f.1/", .ambiguousAddress),
        HostileSpelling("https://0x7f000001/", .ambiguousAddress),
        HostileSpelling("https://0X7F.0X0.0X0.0X1/", .ambiguousAddress),
        HostileSpelling("https://0x.0/", .ambiguousAddress),
        HostileSpelling("https://0177.0.0.1/", .ambiguousAddress),
        HostileSpelling("https://017700000001/", .ambiguousAddress),
        HostileSpelling("https://127.0.0.01/", .ambiguousAddress),
        HostileSpelling("https://127.000.000.001/", .ambiguousAddress),
        HostileSpelling("https://127.0.0.0x1/", .ambiguousAddress),
        HostileSpelling("https://256.0.0.1/", .ambiguousAddress),
        HostileSpelling("https://383.0.0.1/", .ambiguousAddress),
        HostileSpelling("https://1.2.3.4.5/", .ambiguousAddress),
        HostileSpelling("https://10.0.0.1.0xff/", .ambiguousAddress),
        HostileSpelling("https://good.example.127/", .ambiguousAddress),
        HostileSpelling("https://127.0.0.1./", .trailingDot), HostileSpelling("https://localhost./", .trailingDot),
        // Other digits, other dots, other letters.
        HostileSpelling("https://１２７.0.0.1/", .character), HostileSpelling("https://127。0。0。1/", .character),
        HostileSpelling("https://①②⑦.⓪.⓪.①/", .character), HostileSpelling("https://ⓛocalhost/", .character),
        HostileSpelling("https://ｌｏｃａｌｈｏｓｔ/", .character), HostileSpelling("https://bücher.example/", .character),
        HostileSpelling("https://%31%32%37.0.0.1/", .hostCharacter),
        HostileSpelling("https://localhost%2eexample/", .hostCharacter),
        HostileSpelling("https://127.0.0.1%00.good.example/", .hostCharacter),
        HostileSpelling("https://good.example\u{0}.evil/", .character),
        // Brackets and zones.
        HostileSpelling("https://[::1%25lo]/", .zone), HostileSpelling("https://[fe80::1%eth0]/", .zone),
        HostileSpelling("https://::1/", .brackets), HostileSpelling("https://::1:443/", .brackets),
        HostileSpelling("https://[::1/", .brackets), HostileSpelling("https://::1]/", .brackets),
        HostileSpelling("https://[127.0.0.1]/", .brackets), HostileSpelling("https://[::127.1]/", .brackets),
        HostileSpelling("https://[::ffff:0x7f.1]/", .brackets), HostileSpelling("https://[v1.7f]/", .brackets),
        HostileSpelling("https://[]/", .brackets), HostileSpelling("https://[::1]evil/", .brackets),
        HostileSpelling("https://[localhost]/", .brackets), HostileSpelling("https://good[::1]/", .brackets),
        // Which part is the host?
        HostileSpelling("https://good.example@127.0.0.1/", .userInformation),
        HostileSpelling("https://good.example:443@127.0.0.1/", .userInformation),
        HostileSpelling("https://@127.0.0.1/", .userInformation),
        HostileSpelling("https://u:p@good.example/", .userInformation),
        HostileSpelling("https://good.example\\@127.0.0.1/", .character),
        HostileSpelling("https://127.0.0.1\\.good.example/", .character),
        HostileSpelling("https://good.example#@127.0.0.1/", .fragment),
        HostileSpelling("https://127.0.0.1#.good.example/", .fragment),
        HostileSpelling("https:///127.0.0.1/", .emptyHost), HostileSpelling("https://?127.0.0.1", .emptyHost),
        HostileSpelling("https://:443/", .emptyHost), HostileSpelling("https:127.0.0.1/", .scheme),
        HostileSpelling("//127.0.0.1/", .scheme), HostileSpelling("127.0.0.1", .scheme), HostileSpelling("", .scheme),
        HostileSpelling("https:/\\127.0.0.1/", .character), HostileSpelling(" https://127.0.0.1/", .character),
        HostileSpelling("ht\ntps://127.0.0.1/", .character), HostileSpelling("https://good.example\t/", .character),
        HostileSpelling("https://good.example/\r\nHost: 127.0.0.1", .character),
        // Other protocols.
        HostileSpelling("file:///etc/passwd", .scheme), HostileSpelling("gopher://127.0.0.1:6379/_FLUSHALL", .scheme),
        HostileSpelling("unix:/run/weir/walletd.sock", .scheme), HostileSpelling("http://good.example/", .plainHTTP),
        // Ports.
        HostileSpelling("https://good.example:22/", .portNotAllowed),
        HostileSpelling("https://good.example:6379/", .portNotAllowed),
        HostileSpelling("https://good.example:80/", .portNotAllowed), HostileSpelling("https://good.example:0/", .port),
        HostileSpelling("https://good.example:65536/", .port),
        HostileSpelling("https://good.example:4294967739/", .port),
        HostileSpelling("https://good.example:0443/", .port), HostileSpelling("https://good.example:+443/", .port),
        HostileSpelling("https://good.example:/", .port), HostileSpelling("https://good.example:443:22/", .brackets),
        // Names that are none.
        HostileSpelling("https://.good.example/", .label), HostileSpelling("https://good..example/", .label),
        HostileSpelling("https://-good.example/", .label), HostileSpelling("https://good-.example/", .label),
        HostileSpelling("https://\(long).example/", .label),
        HostileSpelling("https://" + Array(repeating: "a", count: 128).joined(separator: ".") + "/", .hostTooLong),
        HostileSpelling("https://good.example/" + String(repeating: "a", count: 2048), .tooLong),
    ]

    static let addresses = [
        HostileAddress("0.0.0.0", .thisNetwork), HostileAddress("0.1.2.3", .thisNetwork),
        HostileAddress("10.0.0.1", .privateUse),
        HostileAddress("10.255.255.255", .privateUse), HostileAddress("100.64.0.1", .shared),
        HostileAddress("100.127.255.254", .shared), HostileAddress("100.100.100.200", .cloudMetadata),
        HostileAddress("127.0.0.1", .loopback), HostileAddress("127.0.0.2", .loopback),
        HostileAddress("127.255.255.254", .loopback),
        HostileAddress("168.63.129.16", .cloudMetadata), HostileAddress("169.254.1.1", .linkLocal),
        HostileAddress("169.254.169.254", .cloudMetadata), HostileAddress("169.254.170.2", .cloudMetadata),
        HostileAddress("172.16.0.1", .privateUse), HostileAddress("172.31.255.255", .privateUse),
        HostileAddress("192.0.0.8", .protocolAssignment), HostileAddress("192.0.0.170", .protocolAssignment),
        HostileAddress("192.0.0.192", .cloudMetadata), HostileAddress("192.0.2.1", .documentation),
        HostileAddress("192.31.196.1", .anycastService), HostileAddress("192.52.193.1", .anycastService),
        HostileAddress("192.88.99.1", .sixToFourRelay), HostileAddress("192.168.0.1", .privateUse),
        HostileAddress("192.168.255.255", .privateUse), HostileAddress("192.175.48.1", .anycastService),
        HostileAddress("198.18.0.1", .benchmarking), HostileAddress("198.19.255.255", .benchmarking),
        HostileAddress("198.51.100.1", .documentation), HostileAddress("203.0.113.1", .documentation),
        HostileAddress("224.0.0.1", .multicast), HostileAddress("239.255.255.250", .multicast),
        HostileAddress("240.0.0.1", .reserved), HostileAddress("255.255.255.254", .reserved),
        HostileAddress("255.255.255.255", .broadcast),
        HostileAddress("::", .unspecified), HostileAddress("::1", .loopback),
        HostileAddress("0000:0000:0000:0000:0000:0000:0000:0001", .loopback), HostileAddress("::2", .v4Compatible),
        HostileAddress("::127.0.0.1", .v4Compatible), HostileAddress("::ffff:127.0.0.1", .loopback),
        HostileAddress("::ffff:7f00:1", .loopback), HostileAddress("::ffff:0.0.0.0", .thisNetwork),
        HostileAddress("::ffff:10.0.0.1", .privateUse), HostileAddress("0:0:0:0:0:ffff:c0a8:1", .privateUse),
        HostileAddress("::ffff:a9fe:a9fe", .cloudMetadata), HostileAddress("::ffff:0:127.0.0.1", .v4Translated),
        HostileAddress("64:ff9b::a00:1", .nat64), HostileAddress("64:ff9b::127.0.0.1", .nat64),
        HostileAddress("64:ff9b::8.8.8.8", .nat64), HostileAddress("64:ff9b:1::a00:1", .localNAT64),
        HostileAddress("100::1", .discard), HostileAddress("100:0:0:1::1", .discard),
        HostileAddress("2001::1", .teredo),
        HostileAddress("2001:0:4136:e378:8000:63bf:80ff:fffe", .teredo),
        HostileAddress("2001:1::1", .protocolAssignment),
        HostileAddress("2001:2::1", .benchmarking), HostileAddress("2001:3::1", .anycastService),
        HostileAddress("2001:4:112::1", .anycastService), HostileAddress("2001:10::1", .identifier),
        HostileAddress("2001:20::1", .identifier), HostileAddress("2001:30::1", .identifier),
        HostileAddress("2001:db8::1", .documentation), HostileAddress("2002:7f00:1::1", .sixToFour),
        HostileAddress("2002:a00:1::1", .sixToFour), HostileAddress("2002:808:808::1", .sixToFour),
        HostileAddress("2620:4f:8000::1", .anycastService), HostileAddress("3fff::1", .documentation),
        HostileAddress("5f00::1", .segmentRouting), HostileAddress("fc00::1", .uniqueLocal),
        HostileAddress("fd00::1", .uniqueLocal),
        HostileAddress("fd00:ec2::254", .cloudMetadata), HostileAddress("fd20:ce::254", .cloudMetadata),
        HostileAddress("fe80::1", .linkLocal), HostileAddress("febf::1", .linkLocal),
        HostileAddress("fec0::1", .siteLocal),
        HostileAddress("ff02::1", .multicast), HostileAddress("ff0e::1", .multicast), HostileAddress("1::1", .reserved),
        HostileAddress("200::1", .reserved), HostileAddress("4000::1", .reserved), HostileAddress("8000::1", .reserved),
    ]

    /// 192.0.2.x and the like are refused themselves; this one is of the internet, and no test connects to it.
    static let internet = "8.8.8.8"
    /// What the tests take for an address of this machine beside its real ones.
    static let ownGlobal = "203.0.114.7"

    static let names = [
        HostileName("localhost", ["::1", "127.0.0.1"], .addressClass(.loopback)),
        HostileName("LocalHost.LocalDomain", ["127.0.0.1"], .addressClass(.loopback)),
        HostileName("anything.localhost", ["127.0.0.1"], .addressClass(.loopback)),
        HostileName("lvh.me", ["127.0.0.1"], .addressClass(.loopback)),
        HostileName("127.0.0.1.nip.io", ["127.0.0.1"], .addressClass(.loopback)),
        HostileName("a9fea9fe.nip.io", ["169.254.169.254"], .addressClass(.cloudMetadata)),
        HostileName("10-0-0-1.sslip.io", ["10.0.0.1"], .addressClass(.privateUse)),
        HostileName("metadata.google.internal", ["169.254.169.254"], .addressClass(.cloudMetadata)),
        HostileName("kubernetes.default.svc", ["10.96.0.1"], .addressClass(.privateUse)),
        HostileName("printer.local", ["169.254.7.7"], .addressClass(.linkLocal)),
        HostileName("intranet", ["192.168.1.10"], .addressClass(.privateUse)),
        HostileName("xn--bcher-kva.example", ["fd00::7"], .addressClass(.uniqueLocal)),
        HostileName("mixed-last.example", [internet, "10.0.0.1"], .addressClass(.privateUse)),
        HostileName("mixed-first.example", ["127.0.0.1", internet], .addressClass(.loopback)),
        HostileName("mixed-families.example", [internet, "::1"], .addressClass(.loopback)),
        HostileName("mixed-mapped.example", [internet, "::ffff:169.254.169.254"], .addressClass(.cloudMetadata)),
        HostileName("mixed-tunnel.example", [internet, "2002:7f00:1::"], .addressClass(.sixToFour)),
        HostileName(
            "mixed-deep.example", Array(repeating: internet, count: 63) + ["0.0.0.0"], .addressClass(.thisNetwork)),
        HostileName("thousand.example", Array(repeating: internet, count: 1000), .tooManyAnswers(1000)),
        HostileName("sixty-five.example", Array(repeating: internet, count: 65), .tooManyAnswers(65)),
        HostileName("ourselves.example", [ownGlobal], .ownAddress),
        HostileName("ourselves-mapped.example", ["::ffff:" + ownGlobal], .ownAddress),
        HostileName("ourselves-too.example", [internet, ownGlobal], .ownAddress),
    ]

    /// Answers of an upstream that want us to go on elsewhere; `bait` stands for the port that nobody may come to.
    static let redirects = [
        "HTTP/1.1 301 Moved Permanently\r\nLocation: http://127.0.0.1:bait/",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:bait/",
        "HTTP/1.1 302 Found\r\nLocation: //127.0.0.1:bait/",
        "HTTP/1.1 302 Found\r\nLocation: http://[::1]:bait/latest/meta-data/",
        "HTTP/1.1 303 See Other\r\nLocation: http://localhost:bait/",
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://0.0.0.0:bait/",
        "HTTP/1.1 308 Permanent Redirect\r\nLocation: http://127.0.0.1:bait/",
        "HTTP/1.1 300 Multiple Choices\r\nLocation: http://127.0.0.1:bait/",
        "HTTP/1.1 305 Use Proxy\r\nLocation: http://127.0.0.1:bait/",
        "HTTP/1.1 200 OK\r\nRefresh: 0; url=http://127.0.0.1:bait/",
        "HTTP/1.1 200 OK\r\nAlt-Svc: h2=\"127.0.0.1:bait\"",
    ]
}
