// PeerName: whom a request without a key is counted for.
//
// For: windows per peer.
// Refuses: to tell addresses of one IPv6 network apart: whoever has one has 2^64 of them.
// Called by: OAuthRequest.

import HTTP
import NIOCore

enum PeerName {
    /// An IPv4 address, also one that is written as IPv6, or the first 64 bits of another.
    static func of(_ address: SocketAddress) -> String {
        // A scope (`fe80::1%eth0`) is no part of the address.
        let text = address.ipAddress?.split(separator: "%").first ?? ""
        guard let peer = IPAddress(text) else { return String(text) }
        guard peer.family == .v6 else { return peer.description }
        if peer.bits >> 32 == 0xFFFF { return IPAddress(v4: UInt32(truncatingIfNeeded: peer.bits)).description }
        return IPAddress(v6: (peer.bits >> 64) << 64).description
    }
}

/// Media types that requests must have.
enum MediaType {
    static func isForm(_ field: String) -> Bool { essence(of: field) == "application/x-www-form-urlencoded" }
    static func isJSON(_ field: String) -> Bool { essence(of: field) == "application/json" }

    /// The type without parameters, in lower case.
    static func essence(of field: String) -> String {
        let end = field.firstIndex(of: ";") ?? field.endIndex
        return field[..<end].filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}
