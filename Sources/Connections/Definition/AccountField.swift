// AccountField: what is kept of an account beside its secrets.
//
// For: names that people recognise an account by, and values that requests need (a customer's own host).
// Refuses: values that are too long, not plain, or lead to a host that the provider does not own.
// Called by: provider definitions, TokenAnswer, whoever connects an account.

public import JSON

/// One fact about an account.
public struct AccountField: Hashable, Sendable {
    /// Where it comes from.
    public enum Source: String, Hashable, Sendable, CaseIterable {
        /// The answer of the token endpoint.
        case token
        /// The answer to the definition's `identity` request.
        case identity
        /// The tenant names it when the account is connected.
        case tenant
    }

    /// What it may be.
    public enum Form: String, Hashable, Sendable, CaseIterable {
        /// Text for people; it may also be one segment of a path.
        case text
        /// One label of a host name.
        case label
        /// A whole address.
        case address
    }

    /// The name it is kept under and has in templates.
    public var name: String
    public var source: Source
    /// Where in the answer it is. A field that the tenant names has none.
    public var path: DottedPath?
    public var form: Form
    /// The hosts that an address may have; none stands for all, which only a tenant's own address may.
    public var hosts: [HostPattern]
    /// Whether an account without it is no account.
    public var isRequired: Bool
    /// The only values that it may have; none stands for all.
    public var choices: [String]

    /// The longest value in bytes: what a message to gatewayd takes.
    public static let longest = 256
    /// The most fields of a definition. A message takes one more: `preference`.
    public static let most = 7

    /// `true` for the account that the tenant's agents use where they name none. Every account may have it, whatever the
    /// definition says.
    public static let preference = AccountField(name: "default", source: .tenant, choices: ["true", "false"])

    public init(
        name: String, source: Source, path: DottedPath? = nil, form: Form = .text, hosts: [HostPattern] = [],
        isRequired: Bool = false, choices: [String] = []
    ) {
        (self.name, self.source, self.path, self.choices) = (name, source, path, choices)
        (self.form, self.hosts, self.isRequired) = (form, hosts, isRequired)
    }

    /// `text` as it is kept, or why it cannot be.
    public func checked(_ text: String, plainHTTP: Bool = false) throws(GrammarFault) -> String {
        guard (1...Self.longest).contains(text.utf8.count) else {
            throw GrammarFault("expected 1 to \(Self.longest) bytes")
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw GrammarFault("control characters are not allowed")
        }
        guard choices.isEmpty || choices.contains(text) else {
            throw GrammarFault("expected \(choices.joined(separator: " or "))")
        }
        switch form {
        case .text: return text
        case .label:
            guard WebOrigin.isLabel(text.utf8) else { throw GrammarFault("expected one part of a host name") }
            return text.lowercased()
        case .address:
            let address = try WebAddress(text)
            guard address.origin.isSecure || plainHTTP else { throw GrammarFault("expected https") }
            guard hosts.isEmpty || hosts.contains(where: { $0.matches(address.origin.host) }) else {
                throw GrammarFault("\(address.origin.host) is none of the provider's hosts")
            }
            return address.description
        }
    }

    /// The field in an answer: `nil` when it is not there, or is longer than `longest` and not needed: the token that
    /// came with it is worth more. What is `known` already may be missing.
    func value(in answer: JSONValue, known: AccountFacts) throws(GrammarFault) -> String? {
        let text: String?
        switch path?.value(in: answer) {
        case .string(let string): text = string
        case .number(let number): text = number
        case .boolean(let flag): text = flag ? "true" : "false"
        case .none, .null, .array, .object: text = nil
        }
        let isNeeded = isRequired && known[name] == nil
        guard let text, !text.isEmpty else {
            if isNeeded { throw GrammarFault("the answer has no \(path?.description ?? name)") }
            return nil
        }
        guard text.utf8.count <= Self.longest || isNeeded else { return nil }
        do throws(GrammarFault) {
            return try checked(text)
        } catch {
            throw GrammarFault("\(name): \(error.reason)")
        }
    }
}

/// What is known of one account, by name.
public struct AccountFacts: Hashable, Sendable {
    /// Name and value, in the order of the definition.
    public private(set) var pairs: [FormPair]

    public init(_ pairs: [FormPair] = []) { self.pairs = pairs }

    /// The value of `name`.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// These facts with newer ones in their place: what an answer does not repeat stays.
    public func updated(with newer: AccountFacts) -> AccountFacts {
        var merged = self
        for pair in newer.pairs {
            if let index = merged.pairs.firstIndex(where: { $0.name == pair.name }) {
                merged.pairs[index] = pair
            } else {
                merged.pairs.append(pair)
            }
        }
        return merged
    }

    /// The facts of `source` among `fields` that `answer` holds. What is required and not `known` must be in it.
    public static func read(
        _ fields: [AccountField], from source: AccountField.Source, in answer: JSONValue,
        known: AccountFacts = AccountFacts()
    ) throws(GrammarFault) -> AccountFacts {
        var pairs: [FormPair] = []
        for field in fields where field.source == source {
            if let value = try field.value(in: answer, known: known) { pairs.append(FormPair(field.name, value)) }
        }
        return AccountFacts(pairs)
    }
}

extension AccountFacts {
    /// Whether its tenant prefers the account.
    public var isPreferred: Bool { self[AccountField.preference.name] == "true" }
}

extension ProviderDefinition {
    /// The fields without which there is nowhere to call.
    public var fieldsOfAddresses: [AccountField] {
        let variables = Set(allDomains.flatMap(\.baseURL.variables))
        return accountFields.filter { variables.contains($0.name) }
    }

    /// What an account may have beside its secrets: the definition's own fields, and the tenant's preference.
    public var allFields: [AccountField] {
        let isTaken = accountFields.contains { $0.name == AccountField.preference.name }
        return isTaken ? accountFields : accountFields + [.preference]
    }

    /// What somebody names who connects an account: of the fields that come from `sources`, which for a tenant are its own.
    /// What the tenant has to name must be there. The failure lists everything that is wrong.
    public func facts(
        given: [FormPair], from sources: Set<AccountField.Source> = [.tenant]
    ) throws(AgentFailure) -> AccountFacts {
        let fields = allFields.filter { sources.contains($0.source) }
        let known = fields.map(\.name).joined(separator: ", ")
        var problems = given.filter { pair in !fields.contains { $0.name == pair.name } }.map {
            AgentProblem(Excerpt.of($0.name.utf8), "unknown; \(id) takes \(known)")
        }
        var pairs: [FormPair] = []
        for field in fields {
            let values = given.filter { $0.name == field.name }.map(\.value)
            if values.count > 1 { problems.append(AgentProblem(field.name, "given twice")) }
            guard let value = values.first else {
                if field.isRequired, field.source == .tenant { problems.append(AgentProblem(field.name, "missing")) }
                continue
            }
            do throws(GrammarFault) {
                pairs.append(FormPair(field.name, try field.checked(value, plainHTTP: plainHTTP)))
            } catch {
                problems.append(AgentProblem(field.name, error.reason))
            }
        }
        guard problems.isEmpty else { throw AgentFailure(problems: problems) }
        return AccountFacts(pairs)
    }
}
