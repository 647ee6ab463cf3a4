// AddressVerdict: what is to be thought of one address.
//
// For: AddressPolicy. An address that carries another one within, for a translator or a tunnel to go on to, is told
// together with it.
// Refuses: nothing; it is the classification, not the decision.
// Called by: AddressPolicy, AddressRefusal.

/// An address, its row, and the IPv4 address inside it, if it has one.
public struct AddressVerdict: Hashable, Sendable {
    /// What was looked at.
    public let address: IPAddress
    /// The row that decides.
    public let row: AddressTable.Row
    /// Where a translator or tunnel would go on to.
    public let embedded: IPAddress?

    /// Classifies `address`.
    public init(_ address: IPAddress) {
        self.address = address
        row = AddressTable.row(of: address)
        embedded = Self.embedded(in: address, row.addressClass)
    }

    /// Its class.
    public var addressClass: AddressClass { row.addressClass }
    /// Whether it passes by itself: an address of the internet, and nothing else.
    public var isGlobal: Bool { addressClass == .globalUnicast }

    /// NAT64 of the local network (RFC 8215) is not taken apart: where in it the address lies is the network's own
    /// choice.
    private static func embedded(in address: IPAddress, _ addressClass: AddressClass) -> IPAddress? {
        let low = UInt32(truncatingIfNeeded: address.bits)
        switch addressClass {
        // RFC 6052 §2.2, RFC 4291 §2.5.5.1, RFC 2765 §2.1: the last 32 bits.
        case .nat64, .v4Compatible, .v4Translated: return IPAddress(v4: low)
        // RFC 4380 §4: the client's address is in the last 32 bits with every bit turned round.
        case .teredo: return IPAddress(v4: ~low)
        // RFC 3056 §2: after the first 16 bits.
        case .sixToFour: return IPAddress(v4: UInt32(truncatingIfNeeded: address.bits >> 80))
        default: return nil
        }
    }
}

extension AddressVerdict: CustomStringConvertible {
    /// `10.0.0.1 is private (10.0.0.0/8, RFC 1918)`: for the operator.
    public var description: String {
        let own = "\(address) is \(addressClass.rawValue) (\(row.prefix), \(row.source))"
        guard let embedded else { return own }
        return "\(own) and leads to \(embedded), which is \(AddressVerdict(embedded).addressClass.rawValue)"
    }
}
