// KeyAnswers: keys and their usage as JSON.
//
// For: the answers of `/v1/keys`. Amounts are exact decimal text and integers of micro-dollars; times are milliseconds.
// Refuses: nothing; the secret is in one answer only.
// Called by: Endpoints/Keys.

import JSON
import Money
import Storage
import Tenancy

extension MadeKey {
    /// The answer to the making of a key.
    var json: [UInt8] {
        var body: [UInt8] = []
        JSONWriter.append(to: &body) { writer in
            writer.object {
                $0.member("id", key.id.text)
                $0.member("secret", secret.reveal())
                $0.member("name", key.name)
                $0.member("prefix", key.display)
                $0.append(scopes: key.scope)
                $0.append(cap: key.cap)
                $0.append("created_at_ms", key.createdAt)
                $0.append("expires_at_ms", key.expiresAt)
            }
        }
        return body
    }
}

extension StoredKey {
    /// A page of keys; one more than `limit` means that another page follows.
    static func page(_ found: [StoredKey], limit: Int) -> [UInt8] {
        let page = found.prefix(limit)
        var body: [UInt8] = []
        JSONWriter.append(to: &body) { writer in
            writer.object {
                $0.key("keys")
                $0.array { list in for key in page { list.object { $0.append(key) } } }
                $0.member("next", found.count > limit ? page.last?.id.text : nil)
            }
        }
        return body
    }
}

/// What one key used.
struct KeyUsage: Sendable {
    let key: StoredKey
    private var total = UsageSums()
    private var models: [String: UsageSums] = [:]
    private let events: [EventRow]
    private let next: Int64?

    init(_ key: StoredKey, _ store: Store, before: Int64?, limit: Int) throws(StorageError) {
        self.key = key
        let page = try store.events(of: key.id, before: before, limit: limit)
        (events, next) = (page.rows, page.next)
        var (total, models) = (UsageSums(), [String: UsageSums]())
        try store.lifetimeUsage(of: key.id) { model, sums in
            total.add(sums)
            models[model, default: UsageSums()].add(sums)
        }
        (self.total, self.models) = (total, models)
    }

    var json: [UInt8] {
        var body: [UInt8] = []
        JSONWriter.append(to: &body) { writer in
            writer.object {
                $0.append(key)
                $0.member("cost_micros", total.cost)
                $0.member("cost_usd", Micros(total.cost).description)
                $0.key("totals")
                $0.object { $0.append(total) }
                $0.appendModels(models)
                $0.key("events")
                $0.array { list in for event in events { list.object { $0.append(event) } } }
                $0.member("next_before", next.map { String($0) })
            }
        }
        return body
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ key: StoredKey) {
        member("id", key.id.text)
        member("name", key.name)
        member("prefix", key.display)
        append(scopes: key.scope)
        append(cap: key.cap)
        member("spent_micros", key.spent.value)
        append("created_at_ms", key.createdAt)
        append("expires_at_ms", key.expiresAt)
        append("last_used_at_ms", key.lastUsedAt)
        member("revoked", key.revokedAt != nil)
        append("revoked_at_ms", key.revokedAt)
    }

    fileprivate mutating func append(_ event: EventRow) {
        member("request_id", event.request?.description)
        member("attempt", event.attempt)
        append("at_ms", event.at)
        member("surface", event.surface?.name)
        member("model", event.model)
        member("provider", event.provider)
        member("status", event.status?.name)
        member("http_status", event.httpStatus)
        append(event.usage)
        member("cost_micros", event.cost.value)
        member("estimated", event.flags.contains(.estimated))
        member("streamed", event.flags.contains(.streamed))
        member("latency_ms", event.latencyMillis)
        key("first_byte_ms")
        if let first = event.firstByteMillis { integer(first) } else { null() }
    }

    fileprivate mutating func append(scopes: Scope) {
        key("scopes")
        array { list in for known in Scope.names where scopes.contains(known.scope) { list.string(known.name) } }
    }

    fileprivate mutating func append(cap: Micros?) {
        member("max_spend_usd", cap?.description)
        key("max_spend_micros")
        if let cap { integer(cap.value) } else { null() }
    }

    fileprivate mutating func append(_ name: String, _ at: UnixMillis?) {
        key(name)
        if let at { integer(at.value) } else { null() }
    }
}
