// ModelList: what may be called, in the shape of either vendor's `GET /v1/models` (C-05).
//
// For: model discovery by SDKs and coding agents.
// Refuses: nothing; a page beyond the list is empty.
// Called by: gatewayd.

import JSON

/// One model as clients see it.
public struct ModelCard: Hashable, Sendable {
    /// The name to call it by.
    public let id: String
    /// The name for people.
    public let displayName: String
    /// Who serves it (OpenAI's `owned_by`).
    public let owner: String
    /// Seconds since 1970.
    public let created: Int64

    public init(id: String, displayName: String, owner: String, created: Int64) {
        self.id = id
        self.displayName = displayName
        self.owner = owner
        self.created = created
    }
}

/// Which part of the list Anthropic's paging asks for. OpenAI's list has no pages.
public struct ModelPage: Hashable, Sendable {
    /// Most entries to give, at least 1.
    public let limit: Int
    /// Begin behind this model.
    public let afterID: String?
    /// End before this model.
    public let beforeID: String?

    /// Anthropic's documented range and default are 1 … 1000 and 20. Limits outside are moved into the range.
    public init(limit: Int = 20, afterID: String? = nil, beforeID: String? = nil) {
        self.limit = min(max(limit, 1), 1000)
        self.afterID = afterID
        self.beforeID = beforeID
    }
}

/// Writes lists of models.
public enum ModelList {
    /// Appends the list of `cards` in the dialect's shape; `page` counts for Anthropic only.
    public static func append(
        _ cards: [ModelCard], page: ModelPage = ModelPage(), dialect: Dialect, to out: inout [UInt8]
    ) {
        JSONWriter.append(to: &out) { writer in
            switch dialect {
            case .anthropic: writeAnthropic(cards, page, &writer)
            case .openai:
                writer.object {
                    $0.member("object", "list")
                    $0.member("data", array: { for card in cards { write(card, .openai, &$0) } })
                }
            }
        }
    }

    /// Appends one model, the answer to `GET /v1/models/{id}`.
    public static func append(_ card: ModelCard, dialect: Dialect, to out: inout [UInt8]) {
        JSONWriter.append(to: &out) { write(card, dialect, &$0) }
    }

    private static func writeAnthropic(_ cards: [ModelCard], _ page: ModelPage, _ writer: inout JSONWriter) {
        let start = page.afterID.flatMap { id in cards.firstIndex { $0.id == id } }.map { $0 + 1 } ?? 0
        let end = page.beforeID.flatMap { id in cards.firstIndex { $0.id == id } } ?? cards.count
        let window = cards[min(start, end)..<end]
        // Paging backwards gives the entries next to the mark.
        let shown = page.beforeID == nil ? window.prefix(page.limit) : window.suffix(page.limit)
        writer.object {
            $0.member("data", array: { for card in shown { write(card, .anthropic, &$0) } })
            $0.member("has_more", shown.count < window.count)
            $0.member("first_id", shown.first?.id)
            $0.member("last_id", shown.last?.id)
        }
    }

    private static func write(_ card: ModelCard, _ dialect: Dialect, _ writer: inout JSONWriter) {
        writer.object {
            switch dialect {
            case .anthropic:
                $0.member("type", "model")
                $0.member("id", card.id)
                $0.member("display_name", card.displayName)
                $0.member("created_at", CivilTime(card.created).description)
            case .openai:
                $0.member("id", card.id)
                $0.member("object", "model")
                $0.member("created", card.created)
                $0.member("owned_by", card.owner)
            }
        }
    }
}
