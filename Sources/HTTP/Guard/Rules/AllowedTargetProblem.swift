// AllowedTargetProblem: what is wrong with an entry of the operator's allow-list, and what to write instead.
//
// For: the message of a configuration that is refused.
// Refuses: nothing itself.
// Called by: AllowedTarget.

/// Why an entry is not taken.
public enum AllowedTargetProblem: Error, Hashable, Sendable {
    /// With a slash, but no address or no number of bits that it could have.
    case notANetwork
    /// `10.1.2.3/16`: the network is another than the address.
    case bitsBeyondLength(meant: AddressPrefix)
    /// Wider than any private network.
    case tooWide(fewest: Int)
    /// This machine is opened by port only.
    case loopbackNetwork
    /// An address or network that nobody connects to.
    case neverDialled(AddressClass)
    /// An address without a port or a length.
    case bareAddress
    /// A host without a port.
    case noPort
    /// A port that is none.
    case port
    /// A host that is none.
    case host(TargetRefusal)
}

extension AllowedTargetProblem: CustomStringConvertible {
    /// A sentence for the operator, without a full stop.
    public var description: String {
        switch self {
        case .notANetwork: "expected a network such as 10.1.0.0/16 or fd00:1::/32"
        case .bitsBeyondLength(let meant): "the address has bits set beyond the network's length; write \(meant)"
        case .tooWide(let fewest): "the network is wider than any private one; its length is at least \(fewest)"
        case .loopbackNetwork: "this machine is opened port by port; write 127.0.0.1:8080 or [::1]:8080"
        case .neverDialled(let addressClass): "nobody connects to a \(addressClass.rawValue) address"
        case .bareAddress: "an address needs a port (10.1.2.3:8080, [fd00::5]:8080) or a length (10.1.2.3/32)"
        case .noPort: "expected host:port, [address]:port or a network such as 10.1.0.0/16"
        case .port: "expected a port from 1 to 65535 after the last colon"
        case .host(let refusal): "expected a host before the port; \(refusal)"
        }
    }
}
