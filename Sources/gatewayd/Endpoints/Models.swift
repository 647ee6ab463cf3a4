// Models: which models this surface can serve, in the shape its SDK expects.
//
// For: `GET /v1/models` and `GET /v1/models/{id}` of both vendors on one path (case C-05).
// Refuses: names that are not in the catalog (404), page sizes out of bounds (400).
// Called by: Gateway.

import HTTP
import NIOCore
import Routing
import Tenancy
import Translation

enum Models {
    /// The largest page: the vendors' own bound.
    static let pageMost = 1000

    /// Whose list is asked for: `anthropic-version`, or a key in `x-api-key` without a bearer token, is an Anthropic client.
    static func dialect(of head: RequestHead) -> Dialect {
        if head.fields.contains("anthropic-version") { return .anthropic }
        return head.fields.contains("x-api-key") && !head.fields.contains("authorization") ? .anthropic : .openai
    }

    /// The list.
    static func list(_ id: RequestID, _ catalog: ServedCatalog, on exchange: HTTPExchange) {
        let dialect = dialect(of: exchange.head)
        let manner: Manner = dialect == .anthropic ? .anthropic : .openai
        do {
            let query = Query(exchange.head.queryText)
            let limit = try query.integer("limit", within: 1...pageMost)
            var body: [UInt8] = []
            let page = ModelPage(limit: limit ?? pageMost, afterID: query["after_id"], beforeID: query["before_id"])
            ModelList.append(catalog.cards, page: page, dialect: dialect, to: &body)
            Answer.json(body, manner, id, on: exchange)
        } catch {
            Answer.refuse(error, manner, id, on: exchange)
        }
    }

    /// One model.
    static func one(_ name: String, _ id: RequestID, _ catalog: ServedCatalog, on exchange: HTTPExchange) {
        let dialect = dialect(of: exchange.head)
        let manner: Manner = dialect == .anthropic ? .anthropic : .openai
        guard let card = catalog.cards.first(where: { $0.id == name }) else {
            return Answer.refuse(
                Refusal(.notFound, "model_not_found", "There is no model \"\(name)\" here."), manner, id, on: exchange)
        }
        var body: [UInt8] = []
        ModelList.append(card, dialect: dialect, to: &body)
        Answer.json(body, manner, id, on: exchange)
    }
}
