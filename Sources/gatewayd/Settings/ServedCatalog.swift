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
    /// Of each host, by its index.
    let traits: [UpstreamTraits]
    /// What `GET /v1/models` lists: every model and alias. A request crosses to whatever its host speaks, so that every
    /// surface offers them all.
    let cards: [ModelCard]

    /// `loadedAt` stands in for the models' dates of creation, which a catalog does not know.
    init(
        generation: Int, catalog: Catalog, providers: [Provider], traits: [UpstreamTraits], loadedAt: UnixMillis
    ) {
        precondition(
            providers.count == catalog.providers.count, "every provider of the catalog has its connection settings")
        precondition(traits.count == catalog.hostCount, "every host of the catalog has its traits")
        self.generation = generation
        self.catalog = catalog
        self.providers = providers
        self.traits = traits
        cards = Self.cards(of: catalog, loadedAt)
    }

    private static func cards(of catalog: Catalog, _ loadedAt: UnixMillis) -> [ModelCard] {
        let names = catalog.models.map { ($0.id, $0) } + catalog.aliases.map { ($0.name, $0.model) }
        return names.map { name, model in
            ModelCard(
                id: name, displayName: model.displayName, owner: model.hosts[0].provider.name,
                created: loadedAt.value / 1000)
        }
    }
}
