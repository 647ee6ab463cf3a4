// OutboundURL: a URL that somebody gave us to call, read strictly.
//
// For: token endpoints, base URLs and whatever else a tenant or a provider's definition names. It says what the URL is;
// whether it may be called is AddressPolicy's to say, and AddressGuard asks both.
// Refuses: see TargetRefusal, up to `port`.
// Called by: AddressGuard; callers read the target and the host field from it.

/// Scheme, host, port and target of a URL (RFC 9110 §4.2), each in one spelling.
public struct OutboundURL: Hashable, Sendable {
    /// The longest URL that is read: what RFC 9110 §4.1 asks recipients to support, less what no API needs.
    public static let bytesMost = 2048

    /// `https`.
    public let isSecure: Bool
    /// Name or address.
    public let host: OutboundHost
    /// As written, or 443 and 80.
    public let port: UInt16
    /// Path and query as written, at least `/`: what a request line holds.
    public let target: String

    /// Reads `text`; nothing of it is decoded or mended.
    public init(_ text: String) throws(TargetRefusal) {
        guard text.utf8.count <= Self.bytesMost else { throw .tooLong }
        guard text.utf8.allSatisfy(Self.isURLByte) else { throw .character }
        let rest: Substring
        (isSecure, rest) = try Self.scheme(of: text)
        guard !rest.contains("#") else { throw .fragment }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard !rest[..<end].contains("@") else { throw .userInformation }
        let (host, port) = try Self.split(rest[..<end])
        self.host = try OutboundHost(host)
        self.port = try port.map { text throws(TargetRefusal) in try Self.port(text) } ?? (isSecure ? 443 : 80)
        let written = rest[end...]
        target = written.hasPrefix("/") ? String(written) : "/" + written
    }

    /// Whether the port is the scheme's own.
    public var hasSchemesPort: Bool { port == (isSecure ? 443 : 80) }

    /// What the Host field of a request has to be (RFC 9110 §7.2).
    public var hostField: String { hasSchemesPort ? host.bracketedText : "\(host.bracketedText):\(port)" }

    /// A number from 1 to 65535 without leading zeros or signs; `nil` otherwise.
    static func portNumber(_ text: some StringProtocol) -> UInt16? {
        guard let port = UInt16(text), port > 0, String(port) == text else { return nil }
        return port
    }

    /// Visible ASCII without the characters that RFC 3986 leaves out. A backslash is among them: browsers take it for a
    /// slash.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    private static func scheme(of text: String) throws(TargetRefusal) -> (isSecure: Bool, rest: Substring) {
        for (scheme, isSecure) in [("https://", true), ("http://", false)] {
            let start = text.prefix(scheme.count)
            if start.lowercased() == scheme { return (isSecure, text[start.endIndex...]) }
        }
        throw .scheme
    }

    /// Host and port of an authority; a bracketed host has colons of its own.
    private static func split(_ authority: Substring) throws(TargetRefusal) -> (host: Substring, port: Substring?) {
        let hostEnd: Substring.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw .brackets }
            hostEnd = authority.index(after: bracket)
        } else {
            hostEnd = authority.firstIndex(of: ":") ?? authority.endIndex
        }
        let rest = authority[hostEnd...]
        if rest.isEmpty { return (authority, nil) }
        guard rest.hasPrefix(":"), !rest.dropFirst().contains(":") else { throw .brackets }
        return (authority[..<hostEnd], rest.dropFirst())
    }

    private static func port(_ text: Substring) throws(TargetRefusal) -> UInt16 {
        guard let port = portNumber(text) else { throw .port }
        return port
    }
}
