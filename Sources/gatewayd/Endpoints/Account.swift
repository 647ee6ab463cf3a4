// Account: what a tenant's programs may ask about its own account.
//
// For: `GET /v1/usage` and `GET /v1/billing/balance`; keys and the catalog listing are beside this file.
// Refuses: ranges that make no sense, and questions while walletd or the store is away (503).
// Called by: Gateway, once a caller is authenticated and has the route's scope.

import HTTP
import IPC
import JSON
import Money
import NIOCore
import Storage
import Tenancy
import Translation

/// The account routes of one event loop. Bound to it.
final class AccountEndpoints {
    let store: StoreQueue
    let administration: Administration
    let eventLoop: any EventLoop
    private let wallet: WalletClient
    let clock: @Sendable () -> UnixMillis
    /// The catalog's listing as it was last written.
    var listing: CatalogListing?

    /// Rows of `by_key` and `by_model` at most; the dearest are listed, and the totals count all.
    static let groupsMost = 1000

    init(
        store: StoreQueue, administration: Administration, wallet: WalletClient, eventLoop: any EventLoop,
        clock: @escaping @Sendable () -> UnixMillis = { Clock.unixMillis() }
    ) {
        self.store = store
        self.administration = administration
        self.wallet = wallet
        self.eventLoop = eventLoop
        self.clock = clock
    }

    /// `GET /v1/usage?from_ms&to_ms`: whole hours, by default the month to date in UTC.
    func usage(_ caller: AuthenticatedKey, _ id: RequestID, on exchange: HTTPExchange) {
        let range: UsageRange
        do {
            range = try UsageRange(Query(exchange.head.queryText), now: clock())
        } catch {
            return Answer.refuse(error, .account, id, on: exchange)
        }
        let tenant = caller.tenant.id
        let question: StoreQuestion<UsageAnswer> = { store throws(StorageError) in
            var answer = UsageAnswer()
            try store.usage(of: tenant, key: nil, in: range) { answer.add($0) }
            for group in answer.dearestKeys {
                guard let key = KeyID(group.label) else { continue }
                answer.names[group.label] = try store.key(key)?.name
            }
            return answer
        }
        store.perform(on: eventLoop, question, answering(id, exchange) { $0.json(range) })
    }

    /// `GET /v1/billing/balance`: what walletd says now.
    func balance(_ caller: AuthenticatedKey, _ id: RequestID, on exchange: HTTPExchange) {
        wallet.balance(BalanceRequest(tenant: caller.tenant.id)) { result in
            switch result {
            case .success(let answer): Answer.json(answer.json, .account, id, on: exchange)
            case .failure: Answer.refuse(RequestPipeline.walletUnavailable, .account, id, on: exchange)
            }
        }
    }

    /// The end of a question to the store: its answer as JSON, or 503.
    func answering<Value: Sendable>(
        _ id: RequestID, _ exchange: HTTPExchange, _ body: @escaping (Value) -> [UInt8]
    ) -> @Sendable (Result<Value, StoreFailure>) -> Void {
        let bound = NIOLoopBound((exchange, body), eventLoop: eventLoop)
        return { result in
            let (exchange, body) = bound.value
            switch result {
            case .success(let value): Answer.json(body(value), .account, id, on: exchange)
            case .failure: Answer.refuse(RequestPipeline.storeUnavailable, .account, id, on: exchange)
            }
        }
    }
}

// MARK: usage

extension UsageRange {
    /// What the parameters ask for.
    fileprivate init(_ query: Query, now: UnixMillis) throws(Refusal) {
        let month = UsageRange(monthToDate: now)
        let from = try query.integer("from_ms", within: 0...Int64.max)
        let to = try query.integer("to_ms", within: 0...Int64.max)
        let start = UnixMillis(from ?? UnixMillis(hoursSince1970: month.from).value)
        let end = UnixMillis(to ?? max(now.value + 1, start.value + 1))
        guard let range = UsageRange(from: start, to: end) else {
            throw Refusal(
                .invalidRequest, "invalid_parameter", "from_ms must be before to_ms, at most 400 days apart.",
                field: "from_ms")
        }
        self = range
    }
}

/// What was used, summed on the store's thread.
struct UsageAnswer: Sendable {
    private var total = UsageSums()
    private var keys: [String: UsageSums] = [:]
    private var models: [String: UsageSums] = [:]
    /// What keys are called.
    var names: [String: String] = [:]

    mutating func add(_ cell: UsageCell) {
        total.add(cell.sums)
        keys[cell.key, default: UsageSums()].add(cell.sums)
        models[cell.model, default: UsageSums()].add(cell.sums)
    }

    /// The keys that are listed, dearest first.
    var dearestKeys: [UsageGroup] { UsageGroup.dearest(of: keys) }

    fileprivate func json(_ range: UsageRange) -> [UInt8] {
        var body: [UInt8] = []
        JSONWriter.append(to: &body) { writer in
            writer.object {
                $0.member("from_ms", UnixMillis(hoursSince1970: range.from).value)
                $0.member("to_ms", UnixMillis(hoursSince1970: range.to).value)
                $0.member("total_cost_micros", total.cost)
                $0.member("total_cost_usd", Micros(total.cost).description)
                $0.member("total_input_tokens", total.usage.input)
                $0.member("total_output_tokens", total.usage.output)
                $0.member("request_count", total.requests)
                $0.key("totals")
                $0.object { $0.append(total) }
                $0.key("by_key")
                $0.array { list in for group in dearestKeys { list.append(group, named: names[group.label]) } }
                $0.appendModels(models)
                $0.member("truncated", max(keys.count, models.count) > AccountEndpoints.groupsMost)
            }
        }
        return body
    }
}

/// One line of a usage answer.
struct UsageGroup {
    let label: String
    let sums: UsageSums

    /// The dearest of `groups`, at most `AccountEndpoints.groupsMost`.
    static func dearest(of groups: [String: UsageSums]) -> [UsageGroup] {
        let lines = groups.map { UsageGroup(label: $0.key, sums: $0.value) }
        let sorted = lines.sorted { ($1.sums.cost, $0.label) < ($0.sums.cost, $1.label) }
        return Array(sorted.prefix(AccountEndpoints.groupsMost))
    }
}

extension JSONWriter {
    /// A member `by_model`, dearest first.
    mutating func appendModels(_ models: [String: UsageSums]) {
        key("by_model")
        array { list in
            for group in UsageGroup.dearest(of: models) {
                list.object {
                    $0.member("model", group.label)
                    $0.append(group.sums)
                }
            }
        }
    }

    /// An element of `by_key`.
    fileprivate mutating func append(_ group: UsageGroup, named name: String?) {
        object {
            $0.member("key_id", group.label)
            $0.member("name", name)
            $0.append(group.sums)
        }
    }

    /// The sums as members of the object that is being written.
    mutating func append(_ sums: UsageSums) {
        member("request_count", sums.requests)
        member("attempt_count", sums.attempts)
        member("failed_count", sums.failures)
        member("estimated_count", sums.estimated)
        append(sums.usage)
        member("cost_micros", sums.cost)
    }

    mutating func append(_ usage: Usage) {
        member("input_tokens", usage.input)
        member("uncached_input_tokens", usage.uncachedInput)
        member("cache_read_tokens", usage.cacheRead)
        member("cache_write_5m_tokens", usage.cacheWrite5m)
        member("cache_write_1h_tokens", usage.cacheWrite1h)
        member("output_tokens", usage.output)
    }
}

// MARK: balance

extension BalanceAnswer {
    /// Dollars as exact decimal text, micro-dollars as integers.
    fileprivate var json: [UInt8] {
        var body: [UInt8] = []
        JSONWriter.append(to: &body) { writer in
            writer.object {
                $0.member("currency", "USD")
                $0.member("balance_usd", balance.description)
                $0.member("balance_micros", balance.value)
                $0.member("held_micros", held.value)
                $0.member("free_micros", free.value)
            }
        }
        return body
    }
}
