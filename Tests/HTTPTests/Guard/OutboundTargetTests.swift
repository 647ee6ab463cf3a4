// OutboundTargetTests: hosts and URLs are read in one way or not at all, and never differently from the C library.

import Glibc
import Support
import Testing

@testable import HTTP

@Suite struct OutboundTargetTests {
    @Test(arguments: [
        ("api.example.com", "api.example.com"), ("API.Example.COM", "api.example.com"), ("localhost", "localhost"),
        ("my_service", "my_service"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("3com.example", "3com.example"),
        ("1.example", "1.example"), ("0x7f.example", "0x7f.example"), ("a.0x7g", "a.0x7g"),
        ("192.0.2.1", "192.0.2.1"), ("[2001:DB8::1]", "2001:db8::1"), ("[::ffff:8.8.8.8]", "8.8.8.8"),
    ])
    func hostsAreReadInOneSpelling(text: String, read: String) throws {
        let host = try OutboundHost(text)
        #expect(host.text == read)
        #expect(try OutboundHost(host.bracketedText) == host)
    }

    @Test func theBoundsOfHostsAreMetExactly() throws {
        let label = String(repeating: "a", count: 63)
        let long = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(long.utf8.count == OutboundHost.bytesMost)
        #expect(try OutboundHost(long).text == long)
        #expect(throws: TargetRefusal.hostTooLong) { try OutboundHost(long + "b") }
        #expect(throws: TargetRefusal.label) { try OutboundHost(label + "a.example") }
    }

    @Test(arguments: [
        ("https://api.example.com", "api.example.com", "/"),
        ("HTTPS://API.example.com/v1/token?x=1%20&y[]=@", "api.example.com", "/v1/token?x=1%20&y[]=@"),
        ("https://api.example.com?q", "api.example.com", "/?q"),
        ("https://api.example.com:443/", "api.example.com", "/"),
        ("https://api.example.com:8443/", "api.example.com:8443", "/"), ("http://192.0.2.1:80/a", "192.0.2.1", "/a"),
        ("https://[2001:db8:0::1]:444/", "[2001:db8::1]:444", "/"), ("https://[2001:DB8::1]/", "[2001:db8::1]", "/"),
    ])
    func urlsAreReadIntoWhatARequestNeeds(text: String, hostField: String, target: String) throws {
        let url = try OutboundURL(text)
        #expect(url.hostField == hostField)
        #expect(url.target == target)
        #expect(url.isSecure == text.lowercased().hasPrefix("https"))
    }

    @Test func theLengthOfAURLIsBounded() throws {
        let stem = "https://api.example.com/"
        let longest = stem + String(repeating: "a", count: OutboundURL.bytesMost - stem.utf8.count)
        #expect(try OutboundURL(longest).target.utf8.count == longest.utf8.count - stem.utf8.count + 1)
        #expect(throws: TargetRefusal.tooLong) { try OutboundURL(longest + "a") }
    }

    /// Whatever inet_aton would take for an address is one of ours in the same sense, or refused: never a name.
    @Test func noNameIsAnAddressToTheCLibrary() {
        var random = SeededRandom.forTest()
        let pieces = [
            "0", "1", "7", "8", "127", "0x7f", "0X", "x", "a", "f", "g", "00", ".", ".", ".", "-", "_", "2130706433",
        ]
        var (names, addresses, refused) = (0, 0, 0)
        for round in 0..<200_000 {
            // A quarter has the four parts of an address.
            let hasDots = round % 4 == 0
            let count = hasDots ? 4 : Int.random(in: 1...8, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined(separator: hasDots ? "." : "")
            let taken = Self.systemsReading(text)
            switch try? OutboundHost(text) {
            case .name:
                names += 1
                #expect(taken == nil, "\(text), seed \(random.seed)")
            case .address(let address):
                addresses += 1
                #expect(
                    taken == address, "\(text), seed \(random.seed)"
                )
            case nil: refused += 1
            }
        }
        #expect(
            names > 10_000 && addresses > 100 && refused > 10_000,
            "\(names) \(addresses) \(refused), seed \(random.seed)")
    }

    /// Any bytes: a URL that is read has a host that is read again as itself, and no byte that could end a line.
    @Test func randomURLsAreReadStrictlyOrNotAtAll() throws {
        var random = SeededRandom.forTest()
        let pieces = [
            "https://", "http://", "//", "/", "\\", "@", ":", "443", "[", "]", "::1", "%", "25", "?", "#", ".", "a",
            "127.1",
            "api.example", "\r\n", "\u{0}", " ", "é", "１", "-",
        ]
        var read = 0
        for _ in 0..<100_000 {
            let rest = (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? ""
            }
            let text = (["https://", "api.example"] + rest).joined()
            guard let url = try? OutboundURL(text) else { continue }
            read += 1
            let again = "https://\(url.host.bracketedText):\(url.port)\(url.target)"
            #expect(try OutboundURL(again) == url, "\(text.debugDescription), seed \(random.seed)")
            #expect(url.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "seed \(random.seed)")
        }
        #expect(read > 5_000, "seed \(random.seed)")
    }

    /// What inet_aton(3) makes of it.
    private static func systemsReading(_ text: String) -> IPAddress? {
        var bits: UInt32 = 0
        let isRead = withUnsafeMutablePointer(to: &bits) {
            $0.withMemoryRebound(to: in_addr.self, capacity: 1) { inet_aton(text, $0) }
        }
        return isRead == 0 ? nil : IPAddress(v4: UInt32(bigEndian: bits))
    }
}
