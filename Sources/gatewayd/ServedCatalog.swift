// ServedCatalog: one generation of the catalog with the providers behind it.
//
// For: swapping models, prices and credentials together at a reload, while requests under way keep what they began with.
// Refuses: nothing; Configuration validated it.
// Called by: Main (makes it), Gateway (plans from it), Models and the catalog listing (show it).

import Routing
import Tenancy
import Translation

/// Shared by reference: every request keeps the generation it was planned from.
final class ServedCatalog: Sendable {
    /// 1 for the configuration the daemon started with, one more for each accepted reload.
    let generation: Int
    let catalog: Catalog
    /// In the order of `catalog.providers`.
    let providers: [Provider]
    private let anthropicCards: [ModelCard]
    private let openAICards: [ModelCard]

    /// `loadedAt` stands in for the models' dates of creation, which a catalog does not know.
    init(generation: Int, catalog: Catalog, providers: [Provider], loadedAt: UnixMillis) {
        precondition(
            providers.count == catalog.providers.count, "every provider of the catalog has its connection settings")
        self.generation = generation
        self.catalog = catalog
        self.providers = providers
        anthropicCards = Self.cards(of: catalog, .anthropic, loadedAt)
        openAICards = Self.cards(of: catalog, .openai, loadedAt)
    }

    /// What `GET /v1/models` lists on a surface: every model and alias that some host serves in its dialect.
    func cards(for dialect: Dialect) -> [ModelCard] { dialect == .anthropic ? anthropicCards : openAICards }

    private static func cards(of catalog: Catalog, _ dialect: UpstreamDialect, _ loadedAt: UnixMillis) -> [ModelCard] {
        let names = catalog.models.map { ($0.id, $0) } + catalog.aliases.map { ($0.name, $0.model) }
        return names.compactMap { name, model in
            guard let host = model.hosts.first(where: { $0.provider.dialect == dialect }) else { return nil }
            return ModelCard(
                id: name, displayName: model.displayName, owner: host.provider.name, created: loadedAt.value / 1000)
        }
    }
}
