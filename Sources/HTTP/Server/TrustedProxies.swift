// TrustedProxies: which client a connection speaks for when reverse proxies stand in between.
//
// For: whatever is counted by address while a client has not shown a key.
// Refuses: to believe an address that a client wrote itself: an entry counts only while everything nearer is a listed proxy.
// Called by: gatewayd (its configuration makes one, requests without a key ask it).

/// The networks of the operator's own proxies. None by default: then a client is whoever is connected.
public struct TrustedProxies: Hashable, Sendable {
    /// Where listed proxies connect from.
    public let networks: [AddressPrefix]

    /// How many networks a list may have.
    public static let listedMost = 64
    /// How many addresses are looked at: nobody has more proxies in a row.
    public static let hopsMost = 16

    /// The proxies in `networks`.
    public init(_ networks: [AddressPrefix] = []) { self.networks = networks }

    /// Whose request it is that came from `peer` with these values of `X-Forwarded-For`: each proxy appends the address it
    /// was asked from, so they are read from the end. The nearest one that is no listed proxy is the client. An entry
    /// that is no address ends the search at the proxy that wrote it.
    public func client(behind peer: IPAddress, forwardedFor values: [String]) -> IPAddress {
        guard isListed(peer) else { return peer }
        var client = peer
        var seen = 0
        for value in values.reversed() {
            for entry in value.split(separator: ",", omittingEmptySubsequences: false).reversed() {
                guard seen < Self.hopsMost, let next = Self.address(entry) else { return client }
                guard isListed(next) else { return next }
                (client, seen) = (next, seen + 1)
            }
        }
        return client
    }

    private func isListed(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// Some proxies write the port, too: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    private static func address(_ entry: Substring) -> IPAddress? {
        var text = entry.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return IPAddress(text[text.index(after: text.startIndex)..<end])
        }
        if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") { text = text[..<colon] }
        return IPAddress(text)
    }
}
