// TrustedProxiesTests: whose request it is, as proxies and clients write it.

import Testing

@testable import HTTP

@Suite struct TrustedProxiesTests {
    private static let proxies = TrustedProxies(
        ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"].compactMap { AddressPrefix($0) })

    @Test(arguments: [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.9, 198.51.100.7,\t10.1.1.1 , 10.1.1.2"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.9", "198.51.100.7, 10.1.1.1", "10.1.1.2"], "198.51.100.7"),
        ("127.0.0.1", ["10.1.1.1, 10.1.1.2"], "10.1.1.1"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("127.0.0.1", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("127.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("127.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("::ffff:127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
    ])
    func nearestThatIsNoProxy_isTheClient(peer: String, values: [String], client: String) throws {
        let peer = try #require(IPAddress(peer))
        #expect(Self.proxies.client(behind: peer, forwardedFor: values).description == client)
    }

    @Test(arguments: ["", " ", "unknown", "_hidden", "198.51.100.7, ", "[2001:db8::5", "1.2.3", "fe80::1%eth0", "a:b"])
    func entryThatIsNoAddress_countsForTheProxyThatWroteIt(value: String) throws {
        let peer = try #require(IPAddress("127.0.0.1"))
        #expect(Self.proxies.client(behind: peer, forwardedFor: [value]) == peer)
        let beyond = try #require(IPAddress("10.1.1.1"))
        #expect(Self.proxies.client(behind: peer, forwardedFor: [value, "10.1.1.1"]) == beyond)
    }

    @Test func withoutProxies_nobodyIsBelieved() throws {
        let peer = try #require(IPAddress("127.0.0.1"))
        #expect(TrustedProxies().client(behind: peer, forwardedFor: ["198.51.100.7"]) == peer)
    }

    @Test func longRows_areReadToTheirBound() throws {
        let peer = try #require(IPAddress("127.0.0.1"))
        let row = ["198.51.100.7"] + (1...TrustedProxies.hopsMost).map { "10.0.0.\($0)" }
        #expect(Self.proxies.client(behind: peer, forwardedFor: [row.joined(separator: ",")]).description == "10.0.0.1")
        let shorter = [row[0]] + row[2...]
        #expect(
            Self.proxies.client(behind: peer, forwardedFor: [shorter.joined(separator: ",")]).description
                == "198.51.100.7")
    }
}
