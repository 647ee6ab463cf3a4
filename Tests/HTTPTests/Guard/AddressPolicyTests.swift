// AddressPolicyTests: what the allow-list opens, and what it does not.

import Testing

@testable import HTTP

@Suite struct AddressPolicyTests {
    private static let api = OutboundHost.name("api.example")

    private func policy(_ entries: String...) throws -> AddressPolicy {
        AddressPolicy(allowed: try entries.map { try AllowedTarget($0) })
    }

    private func objection(
        _ policy: AddressPolicy, _ text: String, for host: OutboundHost = api, port: UInt16 = 443,
        own: Set<String> = [],
        listening: Set<UInt16> = []
    ) -> AddressRefusal.Reason? {
        let addresses = Set(own.map(address))
        let places = OwnPlaces(isOwn: { addresses.contains($0) }, listening: listening)
        return policy.objection(to: address(text), for: host, port: port, own: places)
    }

    @Test func onlyTheInternetPassesWithoutAList() throws {
        let policy = AddressPolicy()
        #expect(objection(policy, "8.8.8.8") == nil)
        #expect(objection(policy, "2606:4700::1") == nil)
        for row in AddressTable.rows where row.addressClass != .globalUnicast {
            let text = row.prefix.last.description
            let reason = objection(policy, text)
            #expect(reason == .addressClass(AddressTable.row(of: address(text)).addressClass), "\(text)")
        }
    }

    @Test func aListedNetworkOpensItsAddressesAndNoOthers() throws {
        let policy = try policy("10.1.0.0/16", "fd00:1::/32")
        #expect(objection(policy, "10.1.2.3") == nil)
        #expect(objection(policy, "::ffff:10.1.2.3") == nil)
        #expect(objection(policy, "fd00:1::5") == nil)
        #expect(objection(policy, "10.2.0.1") == .addressClass(.privateUse))
        #expect(objection(policy, "fd00:2::5") == .addressClass(.uniqueLocal))
        #expect(objection(policy, "64:ff9b::10.1.2.3") == .addressClass(.nat64))
    }

    @Test func aListedNetworkDoesNotOpenMetadataServicesUnlessItIsTheirAddress() throws {
        #expect(objection(try policy("169.254.0.0/16"), "169.254.1.1") == nil)
        #expect(objection(try policy("169.254.0.0/16"), "169.254.169.254") == .addressClass(.cloudMetadata))
        #expect(objection(try policy("100.64.0.0/10"), "100.100.100.200") == .addressClass(.cloudMetadata))
        #expect(objection(try policy("fc00::/7"), "fd00:ec2::254") == .addressClass(.cloudMetadata))
        #expect(objection(try policy("169.254.169.254/32"), "169.254.169.254") == nil)
    }

    @Test func aListedTranslatorOpensWhatMayBeReachedThroughIt() throws {
        let translator = try policy("64:ff9b::/96")
        #expect(objection(translator, "64:ff9b::8.8.8.8") == nil)
        #expect(objection(translator, "64:ff9b::10.0.0.1") == .addressClass(.nat64))
        #expect(objection(translator, "64:ff9b::127.0.0.1") == .addressClass(.nat64))
        #expect(objection(translator, "64:ff9b::169.254.169.254") == .addressClass(.nat64))
        #expect(objection(translator, "64:ff9b::0.0.0.0") == .addressClass(.nat64))
        #expect(objection(translator, "64:ff9b::9.9.9.9", own: ["9.9.9.9"]) == .ownAddress)
        #expect(objection(try policy("64:ff9b::/96", "10.0.0.0/8"), "64:ff9b::10.0.0.1") == nil)
    }

    @Test func noEntryOpensWhatIsNeverDialled() throws {
        let policy = try policy("fe00::/7", "240.0.0.0/8")
        #expect(objection(policy, "ff02::1") == .addressClass(.multicast))
        #expect(objection(policy, "240.1.2.3") == nil)
        for text in ["0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "255.255.255.255"] {
            let host = OutboundHost.address(address(text))
            let listed = AddressPolicy(allowed: [.place(host, port: 443)])
            #expect(objection(listed, text, for: host) == .addressClass(AddressVerdict(address(text)).addressClass))
        }
    }

    @Test func aListedPlaceIsOpenAtItsPortOnly() throws {
        let policy = try policy("10.1.2.3:8080", "models.lan:8080")
        let host = OutboundHost.address(address("10.1.2.3"))
        #expect(objection(policy, "10.1.2.3", for: host, port: 8080) == nil)
        #expect(objection(policy, "10.1.2.3", for: host, port: 443) == .addressClass(.privateUse))
        #expect(objection(policy, "10.1.2.3", port: 8080) == .addressClass(.privateUse))
        let models = OutboundHost.name("models.lan")
        for text in ["10.9.9.9", "127.0.0.1", "::1", "fd00::1", "100.64.0.1", "8.8.8.8"] {
            #expect(objection(policy, text, for: models, port: 8080, own: [text]) == nil, "\(text)")
        }
        // Whoever owns the name does not get further than the operator's own machines and the internet.
        for text in [
            "169.254.169.254", "169.254.1.1", "fe80::1", "64:ff9b::8.8.8.8", "192.0.2.1", "0.0.0.0", "fd00:ec2::254",
        ] {
            #expect(objection(policy, text, for: models, port: 8080) != nil, "\(text)")
        }
        #expect(objection(policy, "10.9.9.9", for: models, port: 443) == .addressClass(.privateUse))
    }

    @Test func thisMachineIsOpenedByPlaceAloneAndItsOwnListenersNever() throws {
        let host = OutboundHost.address(address("203.0.114.7"))
        let own: Set<String> = ["203.0.114.7", "10.1.2.3"]
        #expect(objection(AddressPolicy(), "203.0.114.7", own: own) == .ownAddress)
        #expect(objection(try policy("10.1.0.0/16"), "10.1.2.3", own: own) == .ownAddress)
        #expect(objection(try policy("203.0.114.7/32"), "203.0.114.7", own: own) == .ownAddress)
        let place = try policy("203.0.114.7:8080")
        #expect(objection(place, "203.0.114.7", for: host, port: 8080, own: own) == nil)
        #expect(objection(place, "203.0.114.7", for: host, port: 8080, own: own, listening: [8080]) == .ownListener)
        #expect(objection(place, "203.0.114.8", for: host, port: 8080, own: own, listening: [8080]) == nil)
    }

    @Test(arguments: [
        ("https://api.example/", nil), ("https://api.example:443/", nil), ("https://api.example:8443/", nil),
        ("https://api.example:80/", TargetRefusal.portNotAllowed), ("https://api.example:22/", .portNotAllowed),
        ("http://api.example/", .plainHTTP), ("http://api.example:8443/", .plainHTTP),
        ("https://8.8.8.8/", nil), ("http://8.8.8.8/", .plainHTTP), ("https://10.2.0.1/", .address(.privateUse)),
        // What the list names.
        ("https://10.1.2.3/", nil), ("http://10.1.2.3/", nil), ("http://10.1.2.3:8443/", nil),
        ("https://10.1.2.3:22/", .portNotAllowed), ("http://models.lan:11434/", nil),
        ("https://models.lan:11434/", nil),
        ("http://models.lan/", .plainHTTP), ("http://127.0.0.1:8080/", nil), ("http://127.0.0.1/", .address(.loopback)),
    ])
    func urlsAreJudgedByWhatTheirTextTells(text: String, refusal: TargetRefusal?) throws {
        let policy = try policy("10.1.0.0/16", "models.lan:11434", "127.0.0.1:8080")
        #expect(policy.refusal(of: try OutboundURL(text), ports: [8443]) == refusal)
    }

    @Test func aRefusalSaysNothingOfTheAddressUnlessTheOperatorAsks() {
        let refusal = AddressRefusal(reason: .addressClass(.privateUse), host: Self.api, address: address("10.9.8.7"))
        let failure = UpstreamFailure(cause: .forbiddenAddress(refusal), retry: .nothingSent)
        var dumped = ""
        dump(failure, to: &dumped)
        for text in ["\(refusal)", "\(failure)", String(reflecting: failure), dumped, "\(failure.cause)"] {
            #expect(!text.contains("10.9") && !text.contains("private") && !text.contains("168298503"), "\(text)")
        }
        #expect(refusal.operatorText.contains("10.9.8.7 is private (10.0.0.0/8, RFC 1918)"))
        #expect(refusal.operatorText.hasPrefix("api.example"))
    }
}
