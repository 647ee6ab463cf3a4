// AllowedTargetTests: what an operator may write into the allow-list, and what a mistake is answered with.

import Testing

@testable import HTTP

@Suite struct AllowedTargetTests {
    @Test(arguments: [
        ("10.1.0.0/16", "10.1.0.0/16"), ("10.0.0.0/8", "10.0.0.0/8"), ("10.1.2.3/32", "10.1.2.3/32"),
        ("fd00:1::/32", "fd00:1::/32"), ("fc00::/7", "fc00::/7"), ("64:ff9b::/96", "64:ff9b::/96"),
        ("10.1.2.3:8080", "10.1.2.3:8080"), ("[fd00::5]:8080", "[fd00::5]:8080"), ("[FD00:0::5]:1", "[fd00::5]:1"),
        ("Models.LAN:11434", "models.lan:11434"), ("127.0.0.1:65535", "127.0.0.1:65535"), ("[::1]:80", "[::1]:80"),
        ("localhost:8080", "localhost:8080"), ("[::ffff:10.0.0.1]:80", "10.0.0.1:80"),
    ])
    func entriesAreReadAndPrinted(text: String, printed: String) throws {
        let entry = try AllowedTarget(text)
        #expect(entry.description == printed)
        #expect(try AllowedTarget(printed) == entry)
    }

    @Test(arguments: [
        ("10.1.2.3/16", AllowedTargetProblem.bitsBeyondLength(meant: AddressPrefix("10.1.0.0/16")!)),
        ("fd00::1/64", .bitsBeyondLength(meant: AddressPrefix("fd00::/64")!)),
        ("0.0.0.0/0", .tooWide(fewest: 8)), ("10.0.0.0/7", .tooWide(fewest: 8)), ("::/0", .tooWide(fewest: 7)),
        ("f000::/4", .tooWide(fewest: 7)), ("127.0.0.0/8", .loopbackNetwork), ("127.0.0.1/32", .loopbackNetwork),
        ("::1/128", .loopbackNetwork), ("224.0.0.0/8", .neverDialled(.multicast)),
        ("0.0.0.0/32", .neverDialled(.thisNetwork)),
        ("255.255.255.255/32", .neverDialled(.broadcast)), ("ff02::/16", .neverDialled(.multicast)),
        ("10.0.0.0/33", .notANetwork), ("10.0.0.0/", .notANetwork), ("10.1/16", .notANetwork), ("lan/24", .notANetwork),
        ("[fd00::]/64", .notANetwork), ("::ffff:10.0.0.0/104", .notANetwork), ("http://models.lan:80/", .notANetwork),
        ("10.1.2.3", .bareAddress), ("fd00::5", .bareAddress), ("models.lan", .noPort), ("", .noPort),
        ("[fd00::5]", .noPort),
        ("fd00::5:8080", .bareAddress), ("1:2:3:4:5:6:7:8:80", .noPort), ("models.lan:0", .port),
        ("models.lan:65536", .port),
        ("models.lan:080", .port), ("models.lan:", .port), ("models.lan:http", .port), (":80", .host(.emptyHost)),
        ("*.lan:80", .host(.hostCharacter)), ("127.1:80", .host(.ambiguousAddress)), ("lan.:80", .host(.trailingDot)),
        ("[fe80::1%eth0]:80", .host(.zone)), ("[10.1.2.3]:80", .host(.brackets)),
        ("0.0.0.0:80", .neverDialled(.thisNetwork)),
        ("[::]:80", .neverDialled(.unspecified)),
    ])
    func mistakesAreToldApart(text: String, problem: AllowedTargetProblem) {
        #expect(throws: problem) { try AllowedTarget(text) }
        #expect(!problem.description.isEmpty && !problem.description.hasSuffix("."))
    }
}
