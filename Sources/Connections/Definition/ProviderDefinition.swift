// ProviderDefinition: everything that is known of a vendor before any account is connected there.
//
// For: connecting, refreshing and calling, without a line of code for a vendor.
// Refuses: nothing by itself; `faults` says what does not fit together, and ProviderTable takes only what has none.
// Called by: ProviderCatalog makes them; token and gateway daemons act on them.

public import Tenancy

/// A name in the path of the agent API: 1 to 32 of `a-z 0-9 -`, beginning with a letter.
public struct DomainName: Hashable, Sendable, CustomStringConvertible {
    /// The name itself.
    public let text: String

    /// `nil` unless `text` follows the grammar above, which is that of provider ids.
    public init?(_ text: String) {
        guard ProviderID(text) != nil else { return nil }
        self.text = text
    }

    public init(_ provider: ProviderID) { text = provider.text }

    public var description: String { text }
}

/// A part of a provider that agents reach under a name of its own.
public struct ProviderDomain: Hashable, Sendable {
    public var name: DomainName
    public var baseURL: AddressTemplate
    /// What may be asked for by path. Actions are allowed by being there.
    public var allow: [PathRule]
    public var actions: [ProviderAction]

    public init(name: DomainName, baseURL: AddressTemplate, allow: [PathRule] = [], actions: [ProviderAction] = []) {
        (self.name, self.baseURL, self.allow, self.actions) = (name, baseURL, allow, actions)
    }
}

/// A kind of credential that the provider takes, and how it is presented.
public struct AuthRule: Hashable, Sendable {
    public var kind: AuthKind
    public var placement: CredentialPlacement

    public init(_ kind: AuthKind, _ placement: CredentialPlacement) { (self.kind, self.placement) = (kind, placement) }
}

/// How answers say that they are none, for vendors whose status alone does not.
public struct AnswerRules: Hashable, Sendable {
    /// A member that is `false` in an answer that reports an error.
    public var successField: DottedPath?
    /// Where an error's code or sentence is.
    public var errorFields: [DottedPath]
    /// Error codes that say that the credential is not accepted.
    public var credentialErrors: [String]

    public init(successField: DottedPath? = nil, errorFields: [DottedPath] = [], credentialErrors: [String] = []) {
        (self.successField, self.errorFields, self.credentialErrors) = (successField, errorFields, credentialErrors)
    }
}

/// A vendor as data.
public struct ProviderDefinition: Hashable, Sendable {
    /// How bodies that agents write as JSON are sent.
    public enum BodyFormat: String, Hashable, Sendable, CaseIterable {
        case json
        /// As a form; only objects of scalars can be sent.
        case form
    }

    public var id: ProviderID
    /// The name that people read.
    public var displayName: String
    /// What `{version}` stands for.
    public var version: String?
    /// The domain that bears the provider's own name.
    public var main: ProviderDomain
    /// Further domains.
    public var domains: [ProviderDomain]
    public var auth: [AuthRule]
    /// Header fields of every request, such as a version.
    public var headers: [HeaderTemplate]
    /// Parameters of every query.
    public var query: [FormPair]
    public var bodyFormat: BodyFormat
    /// How long one request may take in all.
    public var timeout: Duration
    public var accountFields: [AccountField]
    /// Whether addresses that tenants name may go without TLS.
    public var plainHTTP: Bool
    public var answers: AnswerRules
    /// Asks whose credential it is.
    public var identity: ProbeRequest?
    /// Succeeds with a good credential and fails with a bad one, and changes nothing.
    public var test: ProbeRequest?
    public var oauth: OAuthDefinition?

    /// The longest timeout, which is the default: callers of the agent API wait 30 s.
    public static let longestTimeout = Duration.seconds(30)
    public static let shortestTimeout = Duration.milliseconds(100)

    public init(id: ProviderID, displayName: String, baseURL: AddressTemplate, auth: [AuthRule]) {
        (self.id, self.displayName, self.auth) = (id, displayName, auth)
        main = ProviderDomain(name: DomainName(id), baseURL: baseURL)
        (version, domains, headers, query, bodyFormat) = (nil, [], [], [], .json)
        (timeout, accountFields, plainHTTP) = (Self.longestTimeout, [], false)
        (answers, identity, test, oauth) = (AnswerRules(), nil, nil, nil)
    }

    /// Every domain, the provider's own first.
    public var allDomains: [ProviderDomain] { [main] + domains }

    /// How a credential of `kind` is presented; `nil` when the provider takes none of that kind.
    public func placement(of kind: AuthKind) -> CredentialPlacement? { auth.first { $0.kind == kind }?.placement }

    /// What a template's variable stands for, given what is known of the account.
    func value(of variable: String, _ facts: AccountFacts) -> String? {
        variable == Self.versionVariable ? version : facts[variable]
    }

    static let versionVariable = "version"
}
