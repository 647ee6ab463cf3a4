// IPAddressTests: addresses are read in one spelling, and as the C library reads them.

import Glibc
import Support
import Testing

@testable import HTTP

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::A", "2001:db8::a"),
        ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("::1.2.3.4", "::102:304"),
        ("64:ff9b::10.0.0.1", "64:ff9b::a00:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        // IPv4-mapped is IPv4.
        ("::ffff:10.0.0.1", "10.0.0.1"), ("::ffff:7f00:1", "127.0.0.1"),
        ("0:0:0:0:0:FFFF:a9fe:a9fe", "169.254.169.254"),
        ("::ffff:0:10.0.0.1", "::ffff:0:a00:1"),
    ])
    func addressesAreReadAndWritten(text: String, written: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == written)
        #expect(IPAddress(written) == address)
        #expect(IPAddress(bytes: address.bytes) == address)
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "1..3.4", "256.1.1.1", "1.2.3.0004", "01.2.3.4",
        "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4", "１.2.3.4", "1,2,3,4", ":", ":::", "1::2::3", "::1::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::", ":1::2", "1::2:", "1.2.3.4::",
        "::1.2.3", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1%lo", "[::1]", "::1/128", "::ffff:127.1",
    ])
    func whatIsNoAddressIsNotRead(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [0, 1, 3, 5, 15, 17, 100])
    func onlyFourAndSixteenBytesAreAnAddress(count: Int) {
        #expect(IPAddress(bytes: Array(repeating: 1, count: count)) == nil)
    }

    /// Random texts that look like addresses, read by both.
    @Test func inetPtonReadsTheSame() {
        var random = SeededRandom.forTest()
        let pieces = [
            "0", "1", "00", "10", "ffff", "a", "F", ":", ":", "::", ".", ".", "127", "255", "256", "7f00", "1.2.3.4",
        ]
        var read = 0
        for round in 0..<200_000 {
            var text = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            // A third begin as addresses, so that enough of them are.
            if round % 3 == 0 { text = "\(Self.randomAddress(&random))\(round % 2 == 0 ? text.prefix(1) : "")" }
            let ours = IPAddress(text)
            #expect(ours == Self.systemsReading(text), "\(text.debugDescription), seed \(random.seed)")
            read += ours == nil ? 0 : 1
        }
        #expect(read > 20_000, "seed \(random.seed)")
    }

    @Test func inetNtopWritesTheSame() {
        var random = SeededRandom.forTest()
        for _ in 0..<50_000 {
            let address = Self.randomAddress(&random)
            // It writes IPv4-compatible addresses with dots.
            if address.family == .v6, address.bits >> 32 == 0 { continue }
            #expect(address.description == Self.systemsWriting(address), "seed \(random.seed)")
            #expect(IPAddress(address.description) == address, "seed \(random.seed)")
        }
    }

    /// Half of the groups of an IPv6 address are zero, so that runs of zeros come in all lengths.
    static func randomAddress(_ random: inout SeededRandom) -> IPAddress {
        if Bool.random(using: &random) { return IPAddress(v4: UInt32.random(in: .min ... .max, using: &random)) }
        let groups = (0..<8).map { _ in
            Bool.random(using: &random) ? 0 : UInt16.random(in: .min ... .max, using: &random)
        }
        return IPAddress(v6: groups.reduce(0) { $0 << 16 | UInt128($1) })
    }

    static func systemsReading(_ text: String) -> IPAddress? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return IPAddress(bytes: bytes.prefix(4)) }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? IPAddress(bytes: bytes) : nil
    }

    private static func systemsWriting(_ address: IPAddress) -> String {
        var text = [CChar](repeating: 0, count: 64)
        let family = address.family == .v4 ? AF_INET : AF_INET6
        inet_ntop(family, address.bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

@Suite struct AddressPrefixTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255"), ("0.0.0.0/0", "255.255.255.255"), ("192.0.2.7/32", "192.0.2.7"),
        ("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("fc00::/7", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::1/128", "2001:db8::1"),
    ])
    func networksAreReadAndWritten(text: String, last: String) throws {
        let prefix = try #require(AddressPrefix(text))
        #expect(prefix.description == text)
        #expect(prefix.last == address(last))
        #expect(prefix.contains(prefix.network) && prefix.contains(prefix.last) && prefix.contains(prefix))
    }

    @Test(arguments: [
        "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.1/8", "10/8",
        "::/129",
        "fc00::1/7", "[fc00::]/7", "::ffff:10.0.0.0/104", "::ffff:10.0.0.0/8", "10.0.0.0/8/8", "/8",
        "10.0.0.0/255.0.0.0",
    ])
    func whatIsNoNetworkIsNotRead(text: String) {
        #expect(AddressPrefix(text) == nil)
    }

    @Test func theFamiliesDoNotMix() {
        #expect(AddressPrefix("::/0")?.contains(address("10.0.0.1")) == false)
        #expect(AddressPrefix("0.0.0.0/0")?.contains(address("::1")) == false)
        #expect(AddressPrefix("10.0.0.0/8")?.contains(address("::ffff:10.0.0.1")) == true)
    }
}
