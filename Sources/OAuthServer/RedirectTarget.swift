// RedirectTarget: where a client's user is sent back to.
//
// For: what clients register, and comparing it with what they ask for.
// Refuses: schemes other than https, or http on the machine itself (RFC 8252 §7.3, §8.3); user names, fragments (RFC 6749
//   §3.1.2), anything but visible ASCII.
// Called by: ClientWish, AuthorizationRequest.

public import Connections

/// An absolute URI.
public struct RedirectTarget: Hashable, Sendable, CustomStringConvertible {
    /// As it was written; it is compared as text (RFC 9700 §2.1).
    public let description: String
    /// Scheme, host and port.
    public let origin: WebOrigin
    /// What follows the authority, query included.
    private let rest: Substring

    /// The longest, in bytes.
    public static let longest = 2048

    /// `nil` unless `text` is a target that may be registered.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.longest, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !text.utf8.contains(where: { "#\"<>\\^`{|}".utf8.contains($0) })
        else { return nil }
        let whole = text.firstIndex(of: "?").map { text[..<$0] } ?? text[...]
        guard let address = try? WebAddress(String(whole)) else { return nil }
        guard address.origin.isSecure || address.origin.isLoopback else { return nil }
        description = text
        origin = address.origin
        let authority = text.dropFirst(address.origin.isSecure ? 8 : 7)
        rest = authority[(authority.firstIndex { $0 == "/" || $0 == "?" } ?? authority.endIndex)...]
    }

    public static func == (left: RedirectTarget, right: RedirectTarget) -> Bool {
        left.description == right.description
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(description) }

    /// Whether a client that registered this may be sent to `asked`: the same text, or on the machine itself another
    /// port, because programs take the port they get (RFC 8252 §7.3).
    func admits(_ asked: RedirectTarget) -> Bool {
        if self == asked { return true }
        guard !origin.isSecure, !asked.origin.isSecure, origin.isLoopback else { return false }
        return origin.host == asked.origin.host && rest == asked.rest
    }

    /// The address of the redirect that carries `pairs`.
    public func carrying(_ pairs: [FormPair]) -> String {
        description + (description.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + FormText.query(pairs)
    }
}
