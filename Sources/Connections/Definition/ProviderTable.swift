// ProviderTable: the providers there are, by id and by the domains that agents name.
//
// For: finding a definition; whatever is in the table fits together.
// Refuses: definitions with faults, ids and domains that are taken.
// Called by: ProviderCatalog makes it; token and gateway daemons look things up.

public import Tenancy

/// Everything that is wrong with some definitions; at least one fault.
public struct ProviderRefusal: Error, Sendable {
    /// The provider and what is wrong with it, in the order of the definitions.
    public let faults: [(provider: ProviderID, fault: ProviderFault)]
}

/// Definitions that were found good.
public struct ProviderTable: Sendable {
    /// In the order they were given.
    public let providers: [ProviderDefinition]
    private let indices: [ProviderID: Int]
    private let domains: [DomainName: (provider: Int, domain: Int)]

    /// The most providers.
    public static let most = 1000

    /// Checks every definition by itself and against the others.
    public init(_ definitions: [ProviderDefinition]) throws(ProviderRefusal) {
        var faults: [(provider: ProviderID, fault: ProviderFault)] = []
        var indices: [ProviderID: Int] = [:]
        var domains: [DomainName: (provider: Int, domain: Int)] = [:]
        for (index, definition) in definitions.enumerated() {
            faults += definition.faults.map { (definition.id, $0) }
            if indices.updateValue(index, forKey: definition.id) != nil {
                faults.append((definition.id, ProviderFault("", "the provider is there already")))
            }
            for (position, domain) in definition.allDomains.enumerated() {
                if let other = domains.updateValue((index, position), forKey: domain.name), other.provider != index {
                    let reason = "the domain \(domain.name) belongs to \(definitions[other.provider].id)"
                    let path = position == 0 ? "" : "domains.\(domain.name)"
                    faults.append((definition.id, ProviderFault(path, reason)))
                }
            }
        }
        guard faults.isEmpty else { throw ProviderRefusal(faults: faults) }
        (providers, self.indices, self.domains) = (definitions, indices, domains)
    }

    /// A table without providers.
    public static let empty = ProviderTable()

    private init() { (providers, indices, domains) = ([], [:], [:]) }

    /// The provider of that id.
    public subscript(id: ProviderID) -> ProviderDefinition? { indices[id].map { providers[$0] } }

    /// The provider and the part of it that agents call `name`.
    public func domain(_ name: DomainName) -> (provider: ProviderDefinition, domain: ProviderDomain)? {
        domains[name].map { (providers[$0.provider], providers[$0.provider].allDomains[$0.domain]) }
    }
}
