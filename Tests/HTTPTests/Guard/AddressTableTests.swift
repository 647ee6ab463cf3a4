// AddressTableTests: each address has the class that the registries give it.

import Support
import Testing

@testable import HTTP

@Suite struct AddressTableTests {
    /// The first and last address of every block, and their neighbours outside.
    static let boundaries: [IPAddress] = AddressTable.rows.flatMap { row -> [IPAddress] in
        let (first, last) = (row.prefix.network, row.prefix.last)
        return [moved(first, by: -1), first, last, moved(last, by: 1)].compactMap { $0 }
    }

    @Test func boundariesAreWhereTheSecondModelHasThem() {
        #expect(Self.boundaries.count > 200)
        for address in Self.boundaries {
            #expect(AddressTable.row(of: address).addressClass == NaiveTable.addressClass(of: address), "\(address)")
        }
    }

    @Test func randomAddressesAreOfTheSecondModelsClass() {
        var random = SeededRandom.forTest()
        var special = 0
        for round in 0..<40_000 {
            let address = round % 2 == 0 ? IPAddressTests.randomAddress(&random) : Self.inABlock(&random)
            let addressClass = AddressTable.row(of: address).addressClass
            #expect(addressClass == NaiveTable.addressClass(of: address), "\(address), seed \(random.seed)")
            special += addressClass == .globalUnicast ? 0 : 1
        }
        #expect(special > 20_000, "seed \(random.seed)")
    }

    @Test func bothTablesHaveTheSameBlocks() {
        let ours = AddressTable.rows.map { "\($0.prefix) \($0.addressClass)" }
        let theirs = NaiveTable.blocks.flatMap { addressClass, blocks in blocks.map { "\($0) \(addressClass)" } }
        #expect(ours.sorted() == theirs.sorted())
        #expect(Set(AddressTable.rows.map(\.prefix)).count == AddressTable.rows.count)
    }

    @Test func everyClassHasARowAndEveryRowASource() {
        #expect(Set(AddressTable.rows.map(\.addressClass)) == Set(AddressClass.allCases))
        #expect(AddressTable.rows.allSatisfy { !$0.source.isEmpty })
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255", "198.17.255.255", "198.20.0.0",
        "223.255.255.255", "::ffff:8.8.8.8", "2000::", "2001:200::", "2003::1", "2606:4700:4700::1111", "2a00:1450::1",
        "3ffe:ffff:ffff::", "3fff:1000::",
    ])
    func addressesOfTheInternetPass(text: String) {
        #expect(AddressVerdict(address(text)).isGlobal)
    }

    @Test(arguments: [
        ("64:ff9b::10.0.0.1", "10.0.0.1"), ("64:ff9b::8.8.8.8", "8.8.8.8"), ("::127.0.0.1", "127.0.0.1"),
        ("::ffff:0:169.254.169.254", "169.254.169.254"), ("2002:c0a8:1::1", "192.168.0.1"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
    ])
    func anAddressWithinAnAddressIsTold(outer: String, inner: String) {
        let verdict = AddressVerdict(address(outer))
        #expect(verdict.embedded == address(inner))
        #expect(!verdict.isGlobal)
        #expect(verdict.description.contains("leads to \(inner)"))
    }

    private static func inABlock(_ random: inout SeededRandom) -> IPAddress {
        guard let prefix = AddressTable.rows.randomElement(using: &random)?.prefix else { return address("::") }
        let span = prefix.last.bits - prefix.network.bits
        return rebuilt(prefix.network, prefix.network.bits + UInt128.random(in: 0...span, using: &random))
    }

    /// `nil` beyond the ends of the family.
    private static func moved(_ address: IPAddress, by step: Int128) -> IPAddress? {
        let most = address.family == .v4 ? UInt128(UInt32.max) : UInt128.max
        if step < 0 ? address.bits == 0 : address.bits == most { return nil }
        return rebuilt(address, step < 0 ? address.bits - 1 : address.bits + 1)
    }

    private static func rebuilt(_ address: IPAddress, _ bits: UInt128) -> IPAddress {
        address.family == .v4 ? IPAddress(v4: UInt32(truncatingIfNeeded: bits)) : IPAddress(v6: bits)
    }
}
