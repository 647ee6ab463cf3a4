// AddressTemplate: a base URL of which an account knows a part.
//
// For: vendors whose host is the customer's own (`{instance_url}`, `https://{subdomain}.example.com`).
// Refuses: templates in which a value could choose more than it is meant to: a variable stands for the whole front of
//   the address, for labels before a fixed domain of at least two labels, or for one segment of the path.
// Called by: provider definitions, request planning.

/// A base URL with gaps.
public struct AddressTemplate: Hashable, Sendable, CustomStringConvertible {
    private let template: TextTemplate
    /// The variable that the template begins with: its value is an address itself.
    public let addressVariable: String?
    /// The variables inside the host: their values are single labels.
    public let labelVariables: [String]
    /// The variables of the path: their values are single segments.
    public let segmentVariables: [String]

    /// Reads a template, and tries it with made-up values.
    public init(_ text: String) throws(GrammarFault) {
        template = try TextTemplate(text)
        var variables = template.variables[...]
        if text.hasPrefix("{") {
            let rest = text.drop { $0 != "}" }.dropFirst()
            guard rest.isEmpty || rest.hasPrefix("/") else {
                throw GrammarFault("a slash must follow the variable that the address begins with")
            }
            addressVariable = variables.popFirst()
            labelVariables = []
        } else {
            addressVariable = nil
            let labels = try Self.labelVariables(text)
            labelVariables = labels
            variables = variables.dropFirst(labels.count)
        }
        segmentVariables = Array(variables)
        guard Set(template.variables).count == template.variables.count else {
            throw GrammarFault("the same variable twice")
        }
        let front = addressVariable
        guard let sample = template.filled({ $0 == front ? "https://example.com" : "a" }) else { return }
        _ = try WebAddress(sample)
    }

    public var description: String { template.description }

    /// Every variable, in order.
    public var variables: [String] { template.variables }

    /// Whether somebody else than the operator has a say in where this leads, so that the address must be guarded.
    public var isInfluenced: Bool { addressVariable != nil || !labelVariables.isEmpty }

    /// The port of `origin`, which this was filled to, where the template itself says it: not where a value is the front of
    /// the address, port included. Labels cannot hold one.
    func fixedPorts(_ origin: WebOrigin) -> Set<UInt16> {
        guard addressVariable == nil, let port = UInt16(exactly: origin.port) else { return [] }
        return [port]
    }

    /// The variables between the scheme and the path.
    private static func labelVariables(_ text: String) throws(GrammarFault) -> [String] {
        guard let scheme = text.firstRange(of: "://") else {
            throw GrammarFault("expected a URL such as https://api.example.com/v1 or {instance_url}/v1")
        }
        let authority = String(text[scheme.upperBound...].prefix { $0 != "/" })
        let variables = try TextTemplate(authority).variables
        if variables.isEmpty { return [] }
        let domain = authority.split(separator: "}", omittingEmptySubsequences: false).last ?? ""
        guard domain.hasPrefix("."), domain.split(separator: ".").count > 1 else {
            throw GrammarFault("a domain such as .example.com must follow the last variable of the host")
        }
        return variables
    }

    /// The address with every gap filled. `plainHTTP` says whether the address variable's value may go without TLS.
    public func filled(plainHTTP: Bool, _ value: (String) -> String?) throws(GrammarFault) -> WebAddress {
        for name in variables {
            guard let value = value(name) else { throw GrammarFault("{\(name)} is not known for this account") }
            try check(name, value, plainHTTP)
        }
        guard
            let text = template.filled({ name in name == addressVariable ? value(name).map(Self.front) : value(name) })
        else { throw GrammarFault("a variable is not known for this account") }
        return try WebAddress(text)
    }

    private func check(_ name: String, _ value: String, _ plainHTTP: Bool) throws(GrammarFault) {
        if name == addressVariable {
            let address = try WebAddress(value)
            guard address.origin.isSecure || plainHTTP else { throw GrammarFault("{\(name)} is not https") }
        } else if labelVariables.contains(name) {
            guard WebOrigin.isLabel(value.utf8) else { throw GrammarFault("{\(name)} is no label of a host name") }
        } else {
            let plain = !value.isEmpty && value.utf8.count <= 64 && value.utf8.allSatisfy(ByteGrammar.isUnreserved)
            guard plain else { throw GrammarFault("{\(name)} does not fit into a path") }
        }
    }

    /// Without the slashes that would double the one that follows.
    private static func front(_ address: String) -> String {
        var address = address[...]
        while address.hasSuffix("/") { address = address.dropLast() }
        return String(address)
    }
}
