// AddressPolicy: what may be connected to: the internet, and what the operator's allow-list opens.
//
// For: the address guard. One function judges addresses, and it is asked where a connection is made, about the very
// address that is dialled; another judges URLs before that, so that whoever writes one hears at once what cannot be
// right.
// Refuses: every address that is not global unicast or listed, this machine unless `host:port` is listed, a port that
// our own daemons listen on even then.
// Called by: AddressGuard.

/// The operator's rules, as a value.
public struct AddressPolicy: Hashable, Sendable {
    /// The allow-list.
    public let allowed: [AllowedTarget]

    /// Nothing but the internet without `allowed`, of which there are at most ``AllowedTarget/listedMost``.
    public init(allowed: [AllowedTarget] = []) {
        precondition(allowed.count <= AllowedTarget.listedMost, "the allow-list is bounded where it is read")
        self.allowed = allowed
    }
}

/// What of this machine is known when an address is judged.
struct OwnPlaces {
    /// Whether the kernel would connect to this machine. Asked last, for it costs a system call.
    let isOwn: (IPAddress) -> Bool
    /// Ports that our own daemons listen on.
    let listening: Set<UInt16>

    /// A translator leads home as well.
    fileprivate func isReached(by verdict: AddressVerdict) -> Bool {
        isOwn(verdict.address) || verdict.embedded.map(isOwn) == true
    }
}

// URLs.
extension AddressPolicy {
    /// Why `url` cannot be called, or `nil`. `ports` are those that the definition the URL belongs to names beside 443
    /// and 80.
    public func refusal(of url: OutboundURL, ports: Set<UInt16> = []) -> TargetRefusal? {
        let isNamed = names(url.host, url.port)
        guard isNamed || url.hasSchemesPort || ports.contains(url.port) else { return .portNotAllowed }
        guard case .address(let address) = url.host else {
            return isNamed || url.isSecure ? nil : .plainHTTP
        }
        let verdict = AddressVerdict(address)
        let isListed = isNamed || isInListedNetwork(verdict)
        guard isListed || verdict.isGlobal else { return .address(verdict.addressClass) }
        return isListed || url.isSecure ? nil : .plainHTTP
    }

    /// Whether an entry names just this host and port.
    public func names(_ host: OutboundHost, _ port: UInt16) -> Bool { allowed.contains(.place(host, port: port)) }
}

// Addresses.
extension AddressPolicy {
    /// Why `address` may not be connected to for a call of `host` at `port`, or `nil`. The reasons are looked for in
    /// this order.
    func objection(
        to address: IPAddress, for host: OutboundHost, port: UInt16, own: OwnPlaces
    ) -> AddressRefusal.Reason? {
        let verdict = AddressVerdict(address)
        if verdict.addressClass.isNeverDialled { return .addressClass(verdict.addressClass) }
        if own.listening.contains(port), own.isReached(by: verdict) { return .ownListener }
        if names(host, port), admitsNamed(verdict, as: host) { return nil }
        guard verdict.isGlobal || isInListedNetwork(verdict) else { return .addressClass(verdict.addressClass) }
        return own.isReached(by: verdict) ? .ownAddress : nil
    }

    /// An address that is listed is meant; a name that is listed is meant to lead to the operator's machines or the
    /// internet.
    private func admitsNamed(_ verdict: AddressVerdict, as host: OutboundHost) -> Bool {
        if case .address = host { return true }
        return verdict.isGlobal || verdict.addressClass.isOfALocalNetwork
    }

    /// Metadata services are opened by their very address only; an address that leads on to another by that one, too.
    private func isInListedNetwork(_ verdict: AddressVerdict) -> Bool {
        let isListed = allowed.contains { entry in
            guard case .network(let prefix) = entry, prefix.contains(verdict.address) else { return false }
            return verdict.addressClass != .cloudMetadata || prefix.length == verdict.address.family.bitCount
        }
        guard isListed, !verdict.addressClass.isNeverDialled else { return false }
        guard let embedded = verdict.embedded.map(AddressVerdict.init) else { return true }
        return embedded.isGlobal || isInListedNetwork(embedded)
    }
}
