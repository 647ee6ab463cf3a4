// AddressRefusal: why a connection was not made, or not used.
//
// For: the operator, who is told host, address and reason. A client is told that the target may not be called and
// nothing else: what a name leads to inside the operator's network is the operator's own knowledge. Printing this value
// is therefore silent about it; `operatorText` is not.
// Refuses: nothing itself.
// Called by: AddressPolicy, GuardedDial; it travels in UpstreamFailure.Cause.forbiddenAddress.

/// A refused address, or set of addresses.
public struct AddressRefusal: Error, Hashable, Sendable {
    /// Why.
    public enum Reason: Hashable, Sendable {
        /// An address of this class, which no entry of the allow-list admits.
        case addressClass(AddressClass)
        /// An address of this machine, whatever its class, which no `host:port` of the allow-list names.
        case ownAddress
        /// A port that one of our own daemons listens on, at an address of this machine.
        case ownListener
        /// More answers than ``GuardedDial/answersMost``.
        case tooManyAnswers(Int)
        /// The kernel says that the connection goes somewhere else than to the address that was judged.
        case otherPeer
    }

    /// Why.
    public let reason: Reason
    /// The host that was to be called.
    public let host: OutboundHost
    /// The address it led to; with several, the first that is refused.
    public let address: IPAddress?

    /// For the operator's log, never for a client: `models.example leads to 10.0.0.1, which is private (…)`.
    public var operatorText: String {
        let place = address.map { "\(host.text) leads to \($0)" } ?? host.text
        switch reason {
        case .addressClass:
            guard let address else { return "\(place) may not be called" }
            return "\(host.text): \(AddressVerdict(address)); no entry of the allow-list admits it"
        case .ownAddress: return "\(place), an address of this machine that no host:port of the allow-list names"
        case .ownListener: return "\(place), where this installation itself listens"
        case .tooManyAnswers(let count): return "\(place) has \(count) addresses or more, beyond what is looked at"
        case .otherPeer: return "\(place), but the connection went to another address"
        }
    }
}

extension AddressRefusal: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says nothing of the address.
    public var description: String { "the target may not be called" }
    /// Says nothing of the address.
    public var debugDescription: String { description }
    /// Shows nothing of the address.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
