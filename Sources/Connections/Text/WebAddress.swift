// WebAddress: where a request goes: scheme, host, port and the path that everything there begins with.
//
// For: base URLs and the endpoints of OAuth. Read once and strictly, so that no two readers see two hosts in it.
// Refuses: other schemes, user names, queries, fragments, hosts that are neither names nor addresses, ports out of
//   range. Whether a host may be called at all is the address guard's business, not decided here.
// Called by: provider definitions, AddressTemplate, AccountField.

/// Scheme, host and port.
public struct WebOrigin: Hashable, Sendable, CustomStringConvertible {
    /// Whether it is reached over TLS.
    public let isSecure: Bool
    /// A name or an address in lower case; an IPv6 address without brackets.
    public let host: String
    /// 1 to 65535.
    public let port: Int

    /// The longest host: RFC 1035 §2.3.4.
    public static let longestHost = 253

    /// Whether the host is the machine itself by name or number; the only place for OAuth without TLS.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || Self.isLoopbackIPv4(host)
    }

    /// 127.0.0.0/8 in its one spelling: four decimal numbers. `127.0.0.1.de` is a name that anybody may own, and `127.1` is
    /// an address to some resolvers only.
    private static func isLoopbackIPv4(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    }

    /// As in a Host field: without the port where the scheme implies it.
    public var hostField: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    public var description: String { (isSecure ? "https://" : "http://") + hostField }

    /// Reads what stands between `//` and the path.
    init(isSecure: Bool, authority: Substring) throws(GrammarFault) {
        guard !authority.utf8.contains(UInt8(ascii: "@")) else {
            throw GrammarFault("no user name or password stands in an address")
        }
        let (host, digits) = try Self.split(authority)
        self.host = host.lowercased()
        self.isSecure = isSecure
        guard let digits else {
            port = isSecure ? 443 : 80
            return
        }
        guard let number = UInt16(digits), number > 0, String(number) == digits else {
            throw GrammarFault("the port is no number from 1 to 65535")
        }
        port = Int(number)
    }

    private static func split(_ authority: Substring) throws(GrammarFault) -> (host: String, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { throw GrammarFault("a bracket without its partner") }
            let host = authority[authority.index(after: authority.startIndex)..<close]
            guard host.utf8.contains(UInt8(ascii: ":")), host.utf8.count <= 45, host.utf8.allSatisfy(isAddressByte)
            else {
                throw GrammarFault("expected an IPv6 address between the brackets")
            }
            let rest = authority[authority.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw GrammarFault("expected a port after the address") }
            return (String(host), rest.isEmpty ? nil : rest.dropFirst())
        }
        let colon = authority.firstIndex(of: ":") ?? authority.endIndex
        let host = String(authority[..<colon])
        guard isName(host) else { throw GrammarFault("expected a host name such as api.example.com") }
        return (host, colon < authority.endIndex ? authority[authority.index(after: colon)...] : nil)
    }

    /// Names and IPv4 addresses: labels of letters, digits, `-` and `_` with single dots between. Resolvers read
    /// numbers in more ways than one; what comes of that is seen when the address is guarded.
    static func isName(_ text: String) -> Bool {
        guard (1...longestHost).contains(text.utf8.count) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
    }

    /// One label of a name, 1 to 63 characters (RFC 1035 §2.3.4).
    static func isLabel(_ bytes: some Collection<UInt8>) -> Bool {
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-") else { return false }
        return bytes.allSatisfy {
            ByteGrammar.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        ByteGrammar.hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }
}

/// An origin and the path below which everything is.
public struct WebAddress: Hashable, Sendable, CustomStringConvertible {
    public let origin: WebOrigin
    /// Empty, or a path in normal form without a slash at its end.
    public let path: String

    /// The longest address in bytes.
    public static let longest = 2048

    /// Reads `https://api.example.com/v1`. A slash at the end counts for nothing.
    public init(_ text: String) throws(GrammarFault) {
        guard text.utf8.count <= Self.longest else { throw GrammarFault("longer than \(Self.longest) bytes") }
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else {
            throw GrammarFault("expected a URL such as https://api.example.com/v1")
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        origin = try WebOrigin(isSecure: isSecure, authority: rest[..<slash])
        var path = rest[slash...]
        while path.hasSuffix("/") { path = path.dropLast() }
        self.path = path.isEmpty ? "" : try NormalPath(String(path)).description
    }

    public var description: String { origin.description + path }
}

/// Hosts by name: `api.example.com` is that one, `*.example.com` every name below it.
public struct HostPattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern in lower case.
    public let description: String

    /// A star stands alone in front, for one or more labels, and two labels at least follow it.
    public init(_ text: String) throws(GrammarFault) {
        let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        let labels = name.split(separator: ".").count
        guard WebOrigin.isName(name), labels > 1 || !text.hasPrefix("*") else {
            throw GrammarFault("expected a host name such as api.example.com or *.example.com")
        }
        description = text.lowercased()
    }

    /// Whether `host`, in lower case, is meant.
    public func matches(_ host: String) -> Bool {
        description.hasPrefix("*")
            ? host.hasSuffix(description.dropFirst()) && host.count > description.count - 1
            : host == description
    }
}
