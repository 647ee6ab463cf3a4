// TokenTypes: small values inside the token messages.
//
// For: kinds of credentials, states of accounts, what became of a request to tokend, secrets that do not print.
// Refuses: numbers that name nothing.
// Called by: Messages/, tokend, gatewayd, weirctl.

public import Tenancy

/// A secret on its way between daemons. It is never in a text by accident: whoever needs it says `.text`.
public struct SecretField: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// The secret itself.
    public let text: String

    public init(_ text: String) { self.text = text }

    public var isEmpty: Bool { text.isEmpty }
    public var description: String { text.isEmpty ? "none" : "secret" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a connected account authenticates with.
public enum CredentialKind: UInt8, CaseIterable, Sendable {
    /// Nothing: it was withdrawn.
    case none = 0
    case apiKey = 1
    case botToken = 2
    /// A user and a password (RFC 7617).
    case basic = 3
    /// An access token that is refreshed (RFC 6749, section 6).
    case oauth = 4
    /// An access token that is asked for with the client's own secret (RFC 6749, section 4.4).
    case clientCredentials = 5
}

/// How a connected account is.
public enum AccountState: UInt8, CaseIterable, Sendable {
    /// It can be used.
    case active = 1
    /// Its first credential is awaited.
    case pending = 2
    /// Its provider has refused it for good: it must be connected again.
    case dead = 3
}

/// Where an item of `token.watch` belongs.
public enum CredentialPhase: UInt8, CaseIterable, Sendable {
    /// Part of the first whole picture.
    case snapshot = 1
    /// The picture is complete.
    case complete = 2
    /// Something changed.
    case change = 3
}

/// Why tokend did not do something, in order of precedence. Numbers are never reused.
public enum TokenRefusal: UInt16, CaseIterable, Sendable {
    /// A field has a value that makes no sense.
    case fieldInvalid = 1
    /// No definition has this name.
    case providerUnknown = 2
    /// The provider is not connected this way.
    case kindUnfit = 3
    /// The tenant has no such account.
    case accountUnknown = 4
    /// The account's name is taken.
    case accountExists = 5
    /// There are as many accounts as there may be.
    case limitReached = 6
    /// The state was never given out, was used, has expired or belongs to another browser.
    case stateUnknown = 7
    /// The account must be connected again first.
    case accountDead = 8
    /// The address leads where none may lead.
    case addressForbidden = 9
    /// The provider said no.
    case providerRefused = 10
    /// The provider gave no usable answer; later it may.
    case providerUnavailable = 11
    /// The vault has no key that opens what is stored.
    case sealedByUnknownKey = 12
}

/// What became of a request to tokend.
public enum TokenOutcome: Hashable, Sendable {
    /// It is done.
    case done
    /// Nothing changed, unless the message says otherwise.
    case refused(TokenRefusal)
}

/// The small values as docs/PROTOCOL.md, "Types", lays them out.
extension WireWriter {
    public mutating func provider(_ value: ProviderID) { text(value.text, atMost: ProviderID.longest) }

    public mutating func account(_ value: AccountKey) {
        tenant(value.tenant)
        provider(value.provider)
        text(value.account.text, atMost: AccountName.longest)
    }

    /// Three empty texts for none.
    public mutating func optionalAccount(_ value: AccountKey?) {
        optionalTenant(value?.tenant)
        text(value?.provider.text ?? "", atMost: ProviderID.longest)
        text(value?.account.text ?? "", atMost: AccountName.longest)
    }

    public mutating func credentialKind(_ value: CredentialKind) { u8(value.rawValue) }
    public mutating func accountState(_ value: AccountState) { u8(value.rawValue) }
    public mutating func credentialPhase(_ value: CredentialPhase) { u8(value.rawValue) }

    public mutating func tokenOutcome(_ value: TokenOutcome) {
        switch value {
        case .done: u16(0)
        case .refused(let refusal): u16(refusal.rawValue)
        }
    }
}

/// The small values read back; a number that names nothing is `badNumber`.
extension WireReader {
    public mutating func account() throws(WireFault) -> AccountKey {
        guard let account = try optionalAccount() else { throw .badText }
        return account
    }

    public mutating func optionalAccount() throws(WireFault) -> AccountKey? {
        let tenant = try optionalTenant()
        let provider = try text(atMost: ProviderID.longest)
        let account = try text(atMost: AccountName.longest)
        guard let tenant else {
            guard provider.isEmpty, account.isEmpty else { throw .badText }
            return nil
        }
        guard let provider = ProviderID(provider), let account = AccountName(account) else { throw .badText }
        return AccountKey(tenant: tenant, provider: provider, account: account)
    }

    public mutating func credentialKind() throws(WireFault) -> CredentialKind { try number(CredentialKind.init) }
    public mutating func accountState() throws(WireFault) -> AccountState { try number(AccountState.init) }
    public mutating func credentialPhase() throws(WireFault) -> CredentialPhase { try number(CredentialPhase.init) }

    public mutating func tokenOutcome() throws(WireFault) -> TokenOutcome {
        let number = try u16()
        if number == 0 { return .done }
        guard let refusal = TokenRefusal(rawValue: number) else { throw .badNumber }
        return .refused(refusal)
    }
}
