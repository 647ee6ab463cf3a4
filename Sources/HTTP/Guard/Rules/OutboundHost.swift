// OutboundHost: the host of a URL, either an address or a name, and never something that is read as both.
//
// For: the address guard. Two programs that read a host differently are how a check is passed by one and a connection
// made by the other, so what is ambiguous is refused, not interpreted.
// Refuses: see TargetRefusal, from `brackets` to `ambiguousAddress`.
// Called by: OutboundURL, AllowedTarget, GuardedDial.
//
// Names such as localhost, *.internal or *.local are names like any other: what they lead to is judged, not how they
// are called.

/// Where a URL leads before any name is looked up.
public enum OutboundHost: Hashable, Sendable {
    /// An address, which needs no look-up.
    case address(IPAddress)
    /// A name in lower case: letters, digits, hyphens and underscores in labels of 1 to 63 bytes. International names
    /// come as their A-labels (RFC 5890 §2.3.2.1) or are refused.
    case name(String)

    /// RFC 1035 §2.3.4 less the length bytes of first and root label.
    public static let bytesMost = 253
    private static let labelBytesMost = 63

    /// Reads a host as it stands in a URL, an IPv6 address in brackets.
    public init(_ text: some StringProtocol) throws(TargetRefusal) {
        if text.contains("[") || text.contains("]") {
            self = .address(try Self.bracketed(text))
        } else if text.contains(":") {
            throw .brackets
        } else {
            try self.init(unbracketed: text)
        }
    }

    /// The host as origins keep it: without brackets.
    public var text: String {
        switch self {
        case .address(let address): address.description
        case .name(let name): name
        }
    }

    /// The host as a URL or a Host field has it.
    public var bracketedText: String {
        if case .address(let address) = self, address.family == .v6 { return "[\(address)]" }
        return text
    }

    private static func bracketed(_ text: some StringProtocol) throws(TargetRefusal) -> IPAddress {
        guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count > 2 else { throw .brackets }
        let inner = text.dropFirst().dropLast()
        if inner.contains("%") { throw .zone }
        guard inner.contains(":"), let address = IPAddress(inner) else { throw .brackets }
        return address
    }

    private init(unbracketed text: some StringProtocol) throws(TargetRefusal) {
        guard !text.isEmpty else { throw .emptyHost }
        guard text.utf8.count <= Self.bytesMost else { throw .hostTooLong }
        guard text.utf8.allSatisfy(Self.isHostByte) else { throw .hostCharacter }
        guard !text.hasSuffix(".") else { throw .trailingDot }
        let name = text.lowercased()
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy(Self.isLabel), let last = labels.last else { throw .label }
        if Self.looksNumeric(last) {
            guard let address = IPAddress(name) else { throw .ambiguousAddress }
            self = .address(address)
        } else {
            self = .name(name)
        }
    }

    /// RFC 952's letters, digits and hyphens, and the underscore, which names in containers have. The address decides
    /// anyway.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        ByteClass.isDigit(byte) || ByteClass.lowercased(byte) &- 0x61 < 26 || "-_.".utf8.contains(byte)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...labelBytesMost).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
    }

    /// inet_aton(3) takes numbers in base 8, 10 and 16, one to four of them. No top-level domain is of that form, so a
    /// last label that is makes the whole an address or nothing.
    private static func looksNumeric(_ label: Substring) -> Bool {
        if label.utf8.allSatisfy(ByteClass.isDigit) { return true }
        return label.hasPrefix("0x") && label.dropFirst(2).utf8.allSatisfy { ByteClass.hexValue($0) != nil }
    }
}
