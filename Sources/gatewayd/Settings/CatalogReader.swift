// CatalogReader: the sections models and aliases as a Routing.Catalog.
//
// For: the step from what an operator wrote to what requests are routed by. Routing checks the names; this file knows
// where they were written, and reports Routing's findings there.
// Refuses: prices with more than six decimals, names that a client could not send, whatever Routing refuses.
// Called by: GatewaydConfiguration.

import DaemonKit
import Money
import Routing
import Translation

enum CatalogReader {
    private static let displayName = Setting(
        optional: "display_name", .text("text", most: 128, example: "Model"),
        "The name people read; left out, the model's id.")
    private static let contextWindow = Setting(
        "context_window", .integer(1...100_000_000), "Tokens of input and output together.")
    private static let maxOutputTokens = Setting(
        "max_output_tokens", .integer(1...10_000_000),
        "Tokens of one answer at most; held for when a client names no maximum.")
    private static let capabilities = Setting(
        list: "capabilities", of: .word(capabilityNames.map { ($0, $0) }), count: 0...16, single: true,
        "What it can do, for clients that ask.")
    private static let hosts = Setting(
        list: "hosts",
        of: ConfigSection([
            provider.declaration, upstreamModel.declaration, price.declaration, traits.declaration,
        ]),
        count: 1...16,
        "Who serves it, most preferred first (see prefer); the next one is tried when one fails before its answer begins."
    )
    private static let prefer = Setting(
        "prefer", .word([("native", true), ("listed", false)]), default: true,
        "Which hosts come first: those that speak the client's dialect, which get its bytes untouched, or just as listed."
    )
    private static let provider = Setting(
        "provider", .text("name of a provider", most: 63, example: "provider"), "One of providers.")
    private static let upstreamModel = Setting(
        optional: "model", modelName, "The provider's name for the model; left out, the same as here.")
    private static let price = Setting(
        section: "price", PriceSettings.section, "Dollars per million tokens, for each kind of token.")
    private static let traits = Setting(
        section: "traits", TraitSettings.section,
        "In what it departs from its dialect; minds only requests that come in the other dialect.")
    private static let model = ConfigSection([
        displayName.declaration, contextWindow.declaration, maxOutputTokens.declaration, capabilities.declaration,
        prefer.declaration, hosts.declaration,
    ])

    /// The `models:` section.
    static let models = Setting(
        map: "models", keys: modelName, of: model, count: 0...10_000,
        "The models clients may ask for, by the name they use. Letter case does not count when a client asks.")
    /// The `aliases:` section.
    static let aliases = Setting(
        map: "aliases", keys: modelName, of: modelName, count: 0...10_000,
        "Other names for models. Clients see the name they asked for in every answer.")

    private static let capabilityNames = ["tools", "vision", "documents", "reasoning", "structured_output", "caching"]

    private static let modelName = ScalarKind.text("model name", most: 128, example: "model") { name in
        let legal = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || "._:/@+-".utf8.contains($0)
        }
        return legal ? nil : "expected letters, digits and . _ : / @ + - only"
    }

    /// The catalog, or an empty one after problems were reported.
    static func catalog(
        _ values: ConfigValues, _ providers: [ProviderConfiguration], _ report: inout ConfigReport
    ) -> Catalog {
        var draft = CatalogDraft()
        draft.providers = providers.map { CatalogDraft.Provider(name: $0.name, dialect: $0.dialect) }
        draft.models = values[models].map(modelDraft)
        draft.aliases = values[aliases].map { CatalogDraft.Alias(name: $0.name, model: $0.value) }
        do throws(CatalogRefusal) {
            return try Catalog(draft)
        } catch {
            for fault in error.faults { add(fault, values, &report) }
            return .empty
        }
    }

    /// The traits of every host, in the order of their indices.
    static func traits(_ values: ConfigValues) -> [UpstreamTraits] {
        values[models].flatMap { entry in
            let model = entry.value
            return model[hosts].map { host in
                TraitSettings.read(
                    host[traits], capabilities: model[capabilities], maxOutputTokens: Int64(model[maxOutputTokens]))
            }
        }
    }

    private static func modelDraft(_ entry: ConfigNamed<ConfigValues>) -> CatalogDraft.Model {
        let values = entry.value
        return CatalogDraft.Model(
            id: entry.name, displayName: values[displayName] ?? entry.name, contextWindow: Int64(values[contextWindow]),
            maxOutputTokens: Int64(values[maxOutputTokens]), capabilities: values[capabilities],
            hosts: values[hosts].map { host in
                CatalogDraft.Host(
                    provider: host[provider], upstreamModel: host[upstreamModel] ?? entry.name,
                    prices: PriceSettings.read(host[price]))
            }, prefersNative: values[prefer])
    }

    /// Reports a fault where its subject is written, unless what is written there is wrong by itself.
    private static func add(_ fault: CatalogFault, _ values: ConfigValues, _ report: inout ConfigReport) {
        switch fault.subject {
        case .provider(let index):
            let entry = values[ProviderConfiguration.all][index]
            report.add(entry.place, entry.path, fault.reason)
        case .model(let index):
            let entry = values[models][index]
            if !entry.value.isStandIn(hosts) { report.add(entry.place, entry.path, fault.reason) }
        case .hostProvider(let index, let position):
            let host = values[models][index].value[hosts][position]
            if !host.isStandIn(provider) { report.add(host.place(of: provider), host.path(of: provider), fault.reason) }
        case .maxOutputTokens(let index):
            let entry = values[models][index].value
            guard !entry.isStandIn(maxOutputTokens), !entry.isStandIn(contextWindow) else { return }
            report.add(entry.place(of: maxOutputTokens), entry.path(of: maxOutputTokens), fault.reason)
        case .alias(let index):
            let entry = values[aliases][index]
            if !entry.isStandIn { report.add(entry.place, entry.path, fault.reason) }
        }
    }
}

/// The declarations of a price list.
private enum PriceSettings {
    private static let input = Setting("input", price, "Input tokens that touched no cache.")
    private static let cacheRead = Setting(
        optional: "cache_read", price, "Input tokens read from the provider's cache; left out, as input.")
    private static let cacheWrite5m = Setting(
        optional: "cache_write_5m", price, "Input tokens written to the 5-minute cache; left out, as input.")
    private static let cacheWrite1h = Setting(
        optional: "cache_write_1h", price, "Input tokens written to the 1-hour cache; left out, as cache_write_5m.")
    private static let output = Setting("output", price, "Output tokens, reasoning included.")
    static let section = ConfigSection([
        input.declaration, cacheRead.declaration, cacheWrite5m.declaration, cacheWrite1h.declaration,
        output.declaration,
    ])

    private static let price = ScalarKind(
        "price in dollars per million tokens", example: PricePerMillion.free,
        parse: { scalar throws(ConfigReason) in
            guard !scalar.isQuoted, let price = PricePerMillion(dollars: scalar.text) else {
                throw ConfigReason(
                    "expected dollars per million tokens from 0 to 1000000 with at most 6 decimals, such as 3 or 0.30; "
                        + "found \"\(scalar.excerpt)\"")
            }
            return price
        }, render: { $0.description })

    static func read(_ values: ConfigValues) -> PriceList {
        let input = values[input]
        let write5m = values[cacheWrite5m] ?? input
        return PriceList(
            input: input, cacheRead: values[cacheRead] ?? input, cacheWrite5m: write5m,
            cacheWrite1h: values[cacheWrite1h] ?? write5m, output: values[output])
    }
}
