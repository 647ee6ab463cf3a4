// Places: file paths, socket paths and network addresses.
//
// For: values that name something outside the process. They are checked for form only; nothing is opened here.
// Refuses: paths with empty or `..` parts, socket paths the kernel would cut off, addresses without a port.
// Called by: schemas.

extension ScalarKind where Value == String {
    /// A file or folder. A relative path starts at the folder of the configuration file; the printed form is
    /// absolute.
    public static let path = filePath("path", most: 4095)

    /// A Unix socket's path: at most 107 bytes, what `sockaddr_un` holds beside its terminating zero.
    public static let socketPath = filePath("path of a Unix socket", most: 107)

    private static func filePath(_ summary: String, most: Int) -> ScalarKind {
        let form = text(summary, most: most, example: "/nowhere")
        return ScalarKind(
            summary, example: form.example,
            parse: { scalar throws(ConfigReason) in
                let written = try form.parse(scalar).trimmingTrailingSlash
                guard !written.split(separator: "/").contains("..") else {
                    throw ConfigReason("\"..\" is not allowed in a path")
                }
                let absolute =
                    written.hasPrefix("/") ? written : scalar.directory.trimmingTrailingSlash.appendingPath(written)
                guard absolute.utf8.count <= most else {
                    throw ConfigReason("\(absolute) has \(absolute.utf8.count) bytes; a \(summary) has at most \(most)")
                }
                return absolute
            }, render: { $0 })
    }
}

extension String {
    /// Without the slash at its end, `/` itself excepted.
    var trimmingTrailingSlash: String { hasSuffix("/") && utf8.count > 1 ? String(dropLast()) : self }

    /// `part` below this folder.
    func appendingPath(_ part: String) -> String { self == "/" ? "/\(part)" : "\(self)/\(part)" }
}

/// Where to listen or connect: a host name or numeric address, and a port.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    public let host: String
    /// 0 lets the kernel choose, which tests use.
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, or `[host]:port` for IPv6.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard let port = UInt16(digits), String(port) == digits else { return nil }
        let written = text[..<colon]
        let bracketed = written.hasPrefix("[") && written.hasSuffix("]")
        let host = bracketed ? written.dropFirst().dropLast() : written
        guard !host.isEmpty, bracketed == host.contains(":") else { return nil }
        let legal = host.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
                || [0x2D, 0x2E, 0x3A, 0x5F].contains(byte)
        }
        guard legal else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ScalarKind where Value == NetworkAddress {
    /// `host:port`; an IPv6 address stands in brackets.
    public static let address = ScalarKind(
        "address and port", example: NetworkAddress(host: "127.0.0.1", port: 0),
        parse: { scalar throws(ConfigReason) in
            guard let address = NetworkAddress(scalar.text) else {
                throw ConfigReason(
                    "expected an address and port such as 127.0.0.1:8080 or \"[::1]:8080\", found \"\(scalar.excerpt)\""
                )
            }
            return address
        }, render: { $0.description })
}
