// Identifiers of connected accounts.
//
// For: names of what tenants connect: the provider, and which of their accounts there.
// Refuses: characters that would need quoting in a shell, a URL, a log line or a file name; lengths out of bounds.
// Called by: everything that names a connected account.

/// The name of a provider's definition: 1 to 32 of `a-z 0-9 -`, beginning with a letter.
public struct ProviderID: Hashable, Sendable, CustomStringConvertible {
    /// The name itself.
    public let text: String

    /// The most characters it may have.
    public static let longest = 32

    /// `nil` unless `text` follows the grammar above.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...Self.longest).contains(bytes.count), let first = bytes.first, first.isLowercaseLetter else {
            return nil
        }
        guard bytes.allSatisfy({ $0.isLowercaseLetter || $0.isDigit || $0 == UInt8(ascii: "-") }) else { return nil }
        self.text = text
    }

    public var description: String { text }
}

/// Which of a tenant's accounts at a provider: 1 to 64 of `A-Z a-z 0-9 _ . @ -`, but not `.` or `..`.
public struct AccountName: Hashable, Sendable, CustomStringConvertible {
    /// The name itself.
    public let text: String

    /// The most characters it may have.
    public static let longest = 64

    /// `nil` unless `text` follows the grammar above.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...Self.longest).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        // They would vanish from the path of a URL.
        guard text != ".", text != ".." else { return nil }
        self.text = text
    }

    public var description: String { text }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        byte.isLowercaseLetter || byte.isDigit || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || "_.@-".utf8.contains(byte)
    }
}

/// A connected account: what a credential belongs to.
public struct AccountKey: Hashable, Sendable, CustomStringConvertible {
    /// Whose it is.
    public let tenant: TenantID
    /// Whose service.
    public let provider: ProviderID
    /// Which of the tenant's accounts there.
    public let account: AccountName

    public init(tenant: TenantID, provider: ProviderID, account: AccountName) {
        self.tenant = tenant
        self.provider = provider
        self.account = account
    }

    /// The most characters of `description`.
    public static let longest = TenantID.longest + ProviderID.longest + AccountName.longest + 2

    /// `nil` unless `text` is tenant, provider and account with slashes between them.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let tenant = TenantID(String(parts[0])), let provider = ProviderID(String(parts[1])),
            let account = AccountName(String(parts[2]))
        else { return nil }
        self.init(tenant: tenant, provider: provider, account: account)
    }

    /// `acme/github/work`
    public var description: String { "\(tenant)/\(provider)/\(account)" }
}

extension UInt8 {
    fileprivate var isLowercaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
