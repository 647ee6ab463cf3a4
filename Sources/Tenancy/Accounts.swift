// Accounts: names of providers and of the accounts that tenants connect there.
//
// For: naming a credential by what people know: whose it is, where it is valid, and which of several it is.
// Refuses: characters that would need quoting in a URL, a log line or a file name; names that a path would resolve.
// Called by: Connections, ProviderCatalog, and whoever stores or releases a credential.

/// A provider's name in the catalogue: 1 to 32 of `a-z 0-9 -`, beginning with a letter. Stored: never reused for
/// another.
public struct ProviderID: Hashable, Sendable, CustomStringConvertible {
    /// The name itself.
    public let text: String

    /// The most characters a provider id may have.
    public static let longest = 32

    /// `nil` unless `text` follows the grammar above.
    public init?(_ text: String) {
        guard (1...Self.longest).contains(text.utf8.count), let first = text.utf8.first else { return nil }
        guard Self.isLetter(first), text.utf8.allSatisfy({ Self.isLetter($0) || Self.isOther($0) }) else { return nil }
        self.text = text
    }

    public var description: String { text }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isOther(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }
}

/// A tenant's name for one of its accounts at a provider: 1 to 64 of `A-Z a-z 0-9 _ . @ -`, but not `.` or `..`.
/// Large enough for most e-mail addresses, which people use as such names.
public struct AccountName: Hashable, Sendable, CustomStringConvertible {
    /// The name itself.
    public let text: String

    /// The most characters an account name may have.
    public static let longest = 64

    /// `nil` unless `text` follows the grammar above.
    public init?(_ text: String) {
        guard (1...Self.longest).contains(text.utf8.count), text.utf8.allSatisfy(Self.isLegal) else { return nil }
        // They would vanish from the path of a URL.
        guard text != ".", text != ".." else { return nil }
        self.text = text
    }

    public var description: String { text }

    private static func isLegal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || "_.@-".utf8.contains(byte)
    }
}

/// What a credential belongs to: tenant, provider and account. There is one credential for each.
public struct AccountKey: Hashable, Sendable, CustomStringConvertible {
    /// Whose it is.
    public let tenant: TenantID
    /// Where it is valid.
    public let provider: ProviderID
    /// Which of the tenant's accounts there.
    public let account: AccountName

    public init(tenant: TenantID, provider: ProviderID, account: AccountName) {
        (self.tenant, self.provider, self.account) = (tenant, provider, account)
    }

    /// `acme/github/main`. No part has a slash, so the three can be told apart again.
    public var description: String { "\(tenant)/\(provider)/\(account)" }
}
