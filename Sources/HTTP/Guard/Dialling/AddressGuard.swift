// AddressGuard: what guarded origins have in common: the operator's policy, a resolver, and what is known of this
// machine.
//
// For: every outbound URL that somebody else than the operator can influence. An origin that a guard made is looked up,
// judged and dialled by it; an origin that was made without one, as the operator's own providers are, is not.
// Refuses: URLs by their text (`origin`), addresses when a connection is made (GuardedDial).
// Called by: whoever calls such URLs makes one per configuration; UpstreamConnector finds it in the origin.
//
// Redirects: nothing in this module follows any. An answer of 3xx is an answer like every other, and its Location is
// text.

internal import NIOCore

/// Decides about outbound connections. Two guards never share a connection: after a reload with another policy a new
/// guard is made, and what the old one let through serves no call of the new one's origins.
public final class AddressGuard: Sendable {
    /// The operator's rules.
    public let policy: AddressPolicy
    let resolver: any NameResolver
    private let listening: Set<UInt16>
    private let isOwn: @Sendable (IPAddress) -> Bool
    /// How an address becomes a place to connect to; tests put another address in its stead.
    let socketAddress: @Sendable (IPAddress, UInt16) -> SocketAddress

    /// A guard with `policy`. `listening` are the ports of our own listeners, which stay closed even where the
    /// allow-list opens this machine: a call that comes back to us would make another one.
    public convenience init(policy: AddressPolicy, resolver: any NameResolver, listening: Set<UInt16> = []) {
        self.init(policy: policy, resolver: resolver, listening: listening, isOwn: OwnAddresses.contains)
    }

    init(
        policy: AddressPolicy, resolver: any NameResolver, listening: Set<UInt16>,
        isOwn: @escaping @Sendable (IPAddress) -> Bool,
        socketAddress: @escaping @Sendable (IPAddress, UInt16) -> SocketAddress = { $0.socketAddress(port: $1) }
    ) {
        self.policy = policy
        self.resolver = resolver
        self.listening = listening
        self.isOwn = isOwn
        self.socketAddress = socketAddress
    }

    /// The origin of `url` for an UpstreamPool. `ports` are those that the definition the URL belongs to names beside
    /// 443 and 80. Throws what is wrong with the URL as far as its text tells; the rest shows when a connection is
    /// made.
    public func origin(of url: OutboundURL, ports: Set<UInt16> = []) throws(TargetRefusal) -> UpstreamOrigin {
        if let refusal = policy.refusal(of: url, ports: ports) { throw refusal }
        return UpstreamOrigin(url, guardedBy: self)
    }
}

// Judging.
extension AddressGuard {
    /// Why none of `addresses`, the answers for `host`, is dialled; `nil` when all may be.
    ///
    /// One address that is refused refuses them all. Dialling the others would be as safe, but no honest name leads to
    /// the internet and to a private address at once: it is an attempt at rebinding or a mistake, and the operator
    /// hears of it the first time instead of whenever the order of the answers has it so.
    func objection(to addresses: [IPAddress], for host: OutboundHost, port: UInt16) -> AddressRefusal? {
        guard addresses.count <= GuardedDial.answersMost else {
            return AddressRefusal(reason: .tooManyAnswers(addresses.count), host: host, address: nil)
        }
        for address in addresses {
            if let reason = policy.objection(to: address, for: host, port: port, own: own) {
                return AddressRefusal(reason: reason, host: host, address: address)
            }
        }
        return nil
    }

    /// Why the connection from `local` to `peer` is not the one that was let through for `judged`; `nil` when it is. An
    /// unknown end is not the right one. A connection whose ends are equal is one to ourselves, whatever was known of
    /// our addresses before.
    func objection(
        toConnectionFrom local: IPAddress?, to peer: IPAddress?, judged: IPAddress, for host: OutboundHost, port: UInt16
    ) -> AddressRefusal? {
        guard peer == judged, let local else {
            return AddressRefusal(reason: .otherPeer, host: host, address: judged)
        }
        guard local != judged || policy.names(host, port) else {
            return AddressRefusal(reason: .ownAddress, host: host, address: judged)
        }
        return nil
    }

    private var own: OwnPlaces { OwnPlaces(isOwn: isOwn, listening: listening) }
}
