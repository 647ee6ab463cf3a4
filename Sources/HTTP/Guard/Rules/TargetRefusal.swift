// TargetRefusal: why a URL that was given to us is not called, as far as its text tells.
//
// For: whoever wrote the URL: each case says what to write instead. The cases speak of that text alone and of no
// look-up, so they may be shown to a tenant.
// Refuses: nothing itself.
// Called by: OutboundHost, OutboundURL, AddressPolicy; AllowedTarget for the hosts of its entries.

/// What is wrong with a URL or host, in the order in which it is looked for.
public enum TargetRefusal: Error, Hashable, Sendable {
    /// Longer than ``OutboundURL/bytesMost``.
    case tooLong
    /// A byte that stands in no URL: a space, a control character, a backslash, anything outside ASCII.
    case character
    /// Neither `https://` nor `http://`.
    case scheme
    /// A fragment, which is never sent (RFC 6749 §3.2 forbids it to token endpoints, too).
    case fragment
    /// A user or password before the host.
    case userInformation
    /// Brackets that do not hold an IPv6 address, or an IPv6 address without brackets.
    case brackets
    /// A zone (`%eth0`), which means something on one machine only.
    case zone
    /// No host.
    case emptyHost
    /// A host beyond ``OutboundHost/bytesMost``.
    case hostTooLong
    /// Something else than letters, digits, hyphens, underscores and dots in a host; percent-encoding is not undone.
    case hostCharacter
    /// A dot at the end.
    case trailingDot
    /// A part of a name that is empty, beyond 63 bytes, or has a hyphen at an end.
    case label
    /// What some programs would take for an IPv4 address and others not: `127.1`, `0x7f.1`, `0177.0.0.1`, `2130706433`.
    case ambiguousAddress
    /// A port that is no number from 1 to 65535, or has leading zeros.
    case port
    /// A port that neither the scheme, nor the definition, nor the allow-list names.
    case portNotAllowed
    /// `http://` to a target that the allow-list does not name.
    case plainHTTP
    /// The host is an address, and not one that may be connected to.
    case address(AddressClass)
}

extension TargetRefusal: CustomStringConvertible {
    /// A clause that goes on after "the URL is refused:".
    public var description: String {
        switch self {
        case .tooLong: "it is longer than \(OutboundURL.bytesMost) bytes"
        case .character: "it holds a character that stands in no URL"
        case .scheme: "it does not begin with https://"
        case .fragment: "it has a fragment (#)"
        case .userInformation: "it has a user or password before its host"
        case .brackets: "an IPv6 address, and nothing else, stands in brackets"
        case .zone: "its address has a zone (%)"
        case .emptyHost: "it has no host"
        case .hostTooLong: "its host is longer than \(OutboundHost.bytesMost) bytes"
        case .hostCharacter: "its host holds something else than letters, digits, hyphens, underscores and dots"
        case .trailingDot: "its host ends in a dot"
        case .label: "a part of its host is empty, too long, or begins or ends with a hyphen"
        case .ambiguousAddress: "its host is an IPv4 address in an unusual spelling; write four decimal numbers"
        case .port: "its port is not a number from 1 to 65535"
        case .portNotAllowed: "its port is not one that may be called"
        case .plainHTTP: "http:// is for targets that the operator has allowed by name; use https://"
        case .address(let addressClass): "its address is \(addressClass.rawValue) and may not be called"
        }
    }
}
