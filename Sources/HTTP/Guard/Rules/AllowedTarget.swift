// AllowedTarget: one entry of the operator's list of targets that the address guard lets through.
//
// For: upstreams in the operator's own network, which the guard would refuse.
// Refuses: what an operator cannot have meant or should not have: see AllowedTargetProblem, each with what to write
// instead.
// Called by: the configuration of a daemon reads and prints entries; AddressPolicy asks them.
//
// A network opens addresses, not ports, and never this machine's own. `host:port` opens that one place, with http://
// too, and is the only way to this machine.

/// A network or a single place.
public enum AllowedTarget: Hashable, Sendable {
    /// `10.1.0.0/16`, `fd00:1::/32`: every address in it, on ports that may be called anyway.
    case network(AddressPrefix)
    /// `10.1.2.3:8080`, `[fd00::5]:8080`, `models.lan:8080`: this port of this host. A name may lead to the operator's
    /// networks and to the internet, not to link-local addresses, metadata services and the like.
    case place(OutboundHost, port: UInt16)

    /// How many entries a list may have: each is looked at for each connection that is made.
    public static let listedMost = 256
    /// No network that somebody owns for their own use is larger: 10.0.0.0/8 and fc00::/7.
    private static let fewestBits = (v4: 8, v6: 7)

    /// Reads an entry.
    public init(_ text: String) throws(AllowedTargetProblem) {
        self = text.contains("/") ? .network(try Self.network(text)) : try Self.place(text)
    }

    private static func network(_ text: String) throws(AllowedTargetProblem) -> AddressPrefix {
        guard let prefix = AddressPrefix(text) else { throw unreadable(text) }
        let fewest = prefix.network.family == .v4 ? fewestBits.v4 : fewestBits.v6
        guard prefix.length >= fewest else { throw .tooWide(fewest: fewest) }
        for row in AddressTable.rows where row.prefix.contains(prefix) {
            if row.addressClass == .loopback { throw .loopbackNetwork }
            if row.addressClass.isNeverDialled { throw .neverDialled(row.addressClass) }
        }
        return prefix
    }

    /// Tells bits beyond the length, the likeliest mistake, from the others.
    private static func unreadable(_ text: String) -> AllowedTargetProblem {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]), let length = Int(parts[1]),
            parts[0].contains(":") == (address.family == .v6),
            let meant = AddressPrefix.around(address, length: length)
        else { return .notANetwork }
        return .bitsBeyondLength(meant: meant)
    }

    private static func place(_ text: String) throws(AllowedTargetProblem) -> AllowedTarget {
        let colon = text.lastIndex(of: ":")
        guard let colon, !text.hasSuffix("]"), text.hasPrefix("[") || text.firstIndex(of: ":") == colon else {
            throw IPAddress(text) == nil ? .noPort : .bareAddress
        }
        guard let port = OutboundURL.portNumber(text[text.index(after: colon)...]) else { throw .port }
        let host = try host(text[..<colon])
        if case .address(let address) = host {
            let addressClass = AddressTable.row(of: address).addressClass
            guard !addressClass.isNeverDialled else { throw .neverDialled(addressClass) }
        }
        return .place(host, port: port)
    }

    private static func host(_ text: Substring) throws(AllowedTargetProblem) -> OutboundHost {
        do throws(TargetRefusal) {
            return try OutboundHost(text)
        } catch {
            throw .host(error)
        }
    }
}

extension AllowedTarget: CustomStringConvertible {
    /// As it is read; reading it again gives the same entry.
    public var description: String {
        switch self {
        case .network(let prefix): prefix.description
        case .place(let host, let port): "\(host.bracketedText):\(port)"
        }
    }
}
