// PeerName: whom a request without a key is counted for.
//
// For: windows per peer.
// Refuses: to tell addresses of one IPv6 network apart: whoever has one has 2^64 of them.
// Called by: Gateway+Strangers; MediaType by OAuthRequest and ToolRequest.

import HTTP

enum PeerName {
    /// An IPv4 address, or the first 64 bits of an IPv6 address.
    static func of(_ address: IPAddress) -> String {
        address.family == .v4 ? address.description : IPAddress(v6: (address.bits >> 64) << 64).description
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
