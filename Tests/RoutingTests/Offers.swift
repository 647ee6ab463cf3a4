// Offers: catalogs for tests, written as short as the cases need.

import Money
import Routing
import Testing

func price(_ dollars: String) throws -> PricePerMillion { try #require(PricePerMillion(dollars: dollars)) }

func prices(_ input: String, _ output: String, write1h: String? = nil) throws -> PriceList {
    PriceList(
        input: try price(input), cacheRead: try price(input), cacheWrite5m: try price(input),
        cacheWrite1h: try price(write1h ?? input), output: try price(output))
}

/// A draft with providers `a0`, `a1` (Anthropic), `o0`, `o1` … as the models name them; `"m": ["a0", "o0"]`.
func draft(_ models: [(String, [String])], aliases: [(String, String)] = []) throws -> CatalogDraft {
    var names: [String] = []
    for name in models.flatMap(\.1) where !names.contains(name) { names.append(name) }
    let list = try prices("1", "2")
    return CatalogDraft(
        providers: names.map { CatalogDraft.Provider(name: $0, dialect: $0.hasPrefix("a") ? .anthropic : .openai) },
        models: models.map { id, hosts in
            CatalogDraft.Model(
                id: id, displayName: id, contextWindow: 1000, maxOutputTokens: 100, capabilities: [],
                hosts: hosts.map { CatalogDraft.Host(provider: $0, upstreamModel: "\($0)-\(id)", prices: list) })
        },
        aliases: aliases.map { CatalogDraft.Alias(name: $0.0, model: $0.1) })
}
