// Catalog: which models there are, where they are hosted, and what they cost.
//
// For: an immutable snapshot that every request reads. A reload makes a new one; requests under way keep theirs.
// Refuses: (at the making) drafts with dangling, doubled or ambiguous names.
// Called by: gatewayd (resolve, models, catalog); AttemptPlan and Estimate read its models.

public import Money

/// A provider in a catalog.
public struct CatalogProvider: Hashable, Sendable {
    /// Its position in `Catalog.providers`, by which gatewayd finds its connection settings.
    public let index: Int
    public let name: String
    public let dialect: UpstreamDialect
}

/// A provider's offer of a model.
public struct CatalogHost: Hashable, Sendable {
    /// Its position among all hosts of the catalog.
    public let index: Int
    public let provider: CatalogProvider
    /// The provider's name for the model.
    public let upstreamModel: String
    public let prices: PriceList
}

/// A model. Immutable; shared by reference, so that looking one up copies nothing.
public final class CatalogModel: Sendable {
    /// The name clients use.
    public let id: String
    /// The name people read.
    public let displayName: String
    /// Tokens of input and output together.
    public let contextWindow: Int64
    /// The most tokens of one answer.
    public let maxOutputTokens: Int64
    /// What it can do.
    public let capabilities: [String]
    /// Its hosts, as they are listed; at least one.
    public let hosts: [CatalogHost]
    /// The hosts for a client of each dialect, by `UpstreamDialect.rawValue`: made once, so that a request sorts nothing.
    private let ordered: [[CatalogHost]]
    private let native: [[CatalogHost]]

    init(_ draft: CatalogDraft.Model, hosts: [CatalogHost]) {
        id = draft.id
        displayName = draft.displayName
        contextWindow = draft.contextWindow
        maxOutputTokens = draft.maxOutputTokens
        capabilities = draft.capabilities
        self.hosts = hosts
        let dialects = [nil] + UpstreamDialect.allCases
        native = dialects.map { dialect in hosts.filter { $0.provider.dialect == dialect } }
        ordered = dialects.map { dialect in
            guard draft.prefersNative else { return hosts }
            return hosts.filter { $0.provider.dialect == dialect } + hosts.filter { $0.provider.dialect != dialect }
        }
    }

    /// The hosts for a client of `dialect`, most preferred first.
    func hosts(for dialect: UpstreamDialect, nativeOnly: Bool) -> [CatalogHost] {
        (nativeOnly ? native : ordered)[Int(dialect.rawValue)]
    }
}

/// A snapshot of all models.
public struct Catalog: Sendable {
    /// In the draft's order.
    public let providers: [CatalogProvider]
    /// In the draft's order.
    public let models: [CatalogModel]
    /// In the draft's order: every other name with its model.
    public let aliases: [(name: String, model: CatalogModel)]
    /// How many hosts all models have together.
    public let hostCount: Int

    private let byName: [String: CatalogModel]
    private let byFoldedName: [String: CatalogModel]

    /// A catalog without models: what a gateway has before its first configuration.
    public static let empty = Catalog(providers: [], models: [], aliases: [])

    /// Checks `draft` and takes it over, or says everything that is wrong with it.
    public init(_ draft: CatalogDraft) throws(CatalogRefusal) {
        let faults = CatalogCheck.faults(in: draft)
        guard faults.isEmpty else { throw CatalogRefusal(faults: faults) }
        let providers = draft.providers.enumerated().map {
            CatalogProvider(index: $0, name: $1.name, dialect: $1.dialect)
        }
        let byName = Dictionary(uniqueKeysWithValues: providers.map { ($0.name, $0) })
        var hostCount = 0
        let models = draft.models.map { model in
            CatalogModel(
                model,
                hosts: model.hosts.map { host in
                    guard let provider = byName[host.provider] else {
                        preconditionFailure("the check found every provider")
                    }
                    defer { hostCount += 1 }
                    return CatalogHost(
                        index: hostCount, provider: provider, upstreamModel: host.upstreamModel, prices: host.prices)
                })
        }
        let byID = Dictionary(uniqueKeysWithValues: models.map { ($0.id, $0) })
        let aliases = draft.aliases.map { alias in
            guard let model = byID[alias.model] else { preconditionFailure("the check found every alias's model") }
            return (name: alias.name, model: model)
        }
        self.init(providers: providers, models: models, aliases: aliases)
    }

    private init(
        providers: [CatalogProvider], models: [CatalogModel], aliases: [(name: String, model: CatalogModel)]
    ) {
        self.providers = providers
        self.models = models
        self.aliases = aliases
        hostCount = models.reduce(0) { $0 + $1.hosts.count }
        let names = models.map { ($0.id, $0) } + aliases.map { ($0.name, $0.model) }
        byName = Dictionary(uniqueKeysWithValues: names)
        byFoldedName = Dictionary(uniqueKeysWithValues: names.map { ($0.0.lowercased(), $0.1) })
    }

    /// The model that a client means by `name`: its id or an alias; else the same without regard to case (vendors
    /// differ in how they write `MiniMax-M2`); else the same without a suffix in brackets (`claude-sonnet-4-6[1m]`,
    /// case C-07). `nil` when there is none.
    public func resolve(_ name: String) -> CatalogModel? {
        if let model = byName[name] { return model }
        let folded = name.lowercased()
        if let model = byFoldedName[folded] { return model }
        guard folded.hasSuffix("]"), let bracket = folded.firstIndex(of: "["), bracket != folded.startIndex else {
            return nil
        }
        return byFoldedName[String(folded[..<bracket])]
    }
}
