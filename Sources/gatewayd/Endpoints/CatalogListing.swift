// CatalogListing: what can be had here and what it costs.
//
// For: `GET /v1/catalog`, open to everybody.
// Refuses: nothing. Prices are exact decimal text: a floating-point number could not say 0.1.
// Called by: Gateway.

import HTTP
import JSON
import Money
import NIOCore
import Routing
import Tenancy

/// The listing of one generation of the catalog, written once.
struct CatalogListing {
    let generation: Int
    let body: ByteBuffer

    /// How long others may keep the listing, in seconds: a reload shows after that long.
    static let cacheControl: StaticString = "public, max-age=300"

    init(_ served: ServedCatalog, at now: UnixMillis) {
        generation = served.generation
        var bytes: [UInt8] = []
        JSONWriter.append(to: &bytes) { $0.append(served.catalog, at: now) }
        body = ByteBuffer(bytes: bytes)
    }
}

extension AccountEndpoints {
    func catalog(_ served: ServedCatalog, _ id: RequestID, on exchange: HTTPExchange) {
        let listing = current(of: served)
        exchange.respond(status: 200, body: listing.body) { headers in
            headers.append("content-type", "application/json")
            headers.append("cache-control", CatalogListing.cacheControl)
            Answer.appendIdentity(of: id, .account, to: &headers)
        }
    }

    private func current(of served: ServedCatalog) -> CatalogListing {
        if let listing, listing.generation == served.generation { return listing }
        let fresh = CatalogListing(served, at: clock())
        listing = fresh
        return fresh
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ catalog: Catalog, at now: UnixMillis) {
        object {
            $0.member("generated_at", now.description)
            $0.member("currency", "USD")
            $0.key("providers")
            $0.array { list in for provider in catalog.providers { list.append(provider) } }
            $0.key("models")
            $0.array { list in for model in catalog.models { list.append(model) } }
            $0.key("aliases")
            $0.array { list in for alias in catalog.aliases { list.append(alias: alias.name, of: alias.model) } }
        }
    }

    private mutating func append(_ provider: CatalogProvider) {
        object {
            $0.member("slug", provider.name)
            $0.member("dialect", "\(provider.dialect)")
        }
    }

    private mutating func append(alias: String, of model: CatalogModel) {
        object {
            $0.member("name", alias)
            $0.member("model", model.id)
        }
    }

    private mutating func append(_ model: CatalogModel) {
        object {
            $0.member("slug", model.id)
            $0.member("display_name", model.displayName)
            $0.member("context_window", model.contextWindow)
            $0.member("max_output_tokens", model.maxOutputTokens)
            $0.key("capabilities")
            $0.array { list in for capability in model.capabilities { list.string(capability) } }
            $0.key("hosts")
            $0.array { list in for host in model.hosts { list.append(host) } }
        }
    }

    private mutating func append(_ host: CatalogHost) {
        object {
            $0.member("provider", host.provider.name)
            $0.member("input_per_mtok_usd", host.prices.input.description)
            $0.member("cache_read_per_mtok_usd", host.prices.cacheRead.description)
            $0.member("cache_write_5m_per_mtok_usd", host.prices.cacheWrite5m.description)
            $0.member("cache_write_1h_per_mtok_usd", host.prices.cacheWrite1h.description)
            $0.member("output_per_mtok_usd", host.prices.output.description)
        }
    }
}
