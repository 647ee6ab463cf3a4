// Gateway: one event loop's whole request path: its key table, catalog, wallet connection and upstream pools.
//
// For: taking a request from its head through authentication, authorization and limits to its endpoint.
// Refuses: unknown paths, wrong methods, and whatever Authentication and RateLimiting refuse.
// Called by: HTTP's server (one Gateway per event loop), Main (start, reload, drain).

import DaemonKit
import HTTP
import Logging
import Money
import NIOCore
import Routing
import Tenancy
import Translation

/// Loop-bound.
final class Gateway: RequestHandler {
    let index: UInt16
    let loop: HTTPLoop
    let allocator = ByteBufferAllocator()
    let shared: GatewayShared
    let keys: KeyTable
    let wallet: WalletLink
    /// `nil` where no accounts can be connected.
    let tokens: TokenLink?
    /// Calls providers' APIs with tenants' accounts.
    let agents: AgentRunner
    /// `nil` with it.
    let connecting: ConnectionEndpoints?
    let upstreams: UpstreamPools
    let account: AccountEndpoints
    let lane: MetricLane<GatewayMetric>
    let log: Logger
    private(set) var settings: GatewaySettings
    private(set) var catalog: ServedCatalog
    private(set) var connections: ServedConnections
    private var cooldowns: CooldownTable
    /// Hosts of this catalog that turned a request away for `stream_options`.
    private var withoutStreamOptions: Set<Int> = []
    private let router = Router()
    private var numbers: RequestNumbers
    private var live: [MeteredRequest] = []
    private(set) var isDraining = false
    /// Answers read on after their client has gone.
    var drains = 0
    /// Where a stream's outgoing bytes are put together; empty between callbacks.
    var scratch: [UInt8] = []

    var store: StoreQueue { shared.store }

    init(_ parts: GatewayParts) {
        index = parts.index
        loop = parts.loop
        shared = parts.shared
        keys = parts.keys
        wallet = parts.wallet
        tokens = parts.tokens
        agents = AgentRunner(
            pool: UpstreamPool(loop: parts.loop, configuration: PoolConfiguration(), tls: parts.tls),
            tokens: parts.tokens, connections: parts.connections, limits: AgentLimits(parts.settings),
            desk: AgentDesk(lane: parts.lane, keep: { [store = parts.shared.store] in store.append($0) }))
        connecting = parts.tokens.map {
            ConnectionEndpoints(tokens: $0.client, tickets: parts.shared.tickets, desk: parts.shared.oauth)
        }
        upstreams = parts.upstreams
        account = parts.account
        lane = parts.lane
        log = parts.log
        settings = parts.settings
        catalog = parts.catalog
        connections = parts.connections
        cooldowns = CooldownTable(parts.catalog.catalog)
        numbers = RequestNumbers(seed: parts.seed)
    }

    func handle(_ exchange: HTTPExchange) {
        let startedNanos = Clock.monotonicNanos()
        let now = Clock.unixMillis()
        let id = numbers.next(at: now)
        let match = exchange.head.withPath { router.match(exchange.head.method, $0) }
        guard case .route(let route, let parameters) = match else { return unrouted(match, id, exchange) }
        lane.add(.httpRequests, at: route.endpoint.label.rawValue)
        switch route.admission {
        case .open: return open(route, texts(parameters, exchange), id, exchange)
        case .administrator: return administrate(route, texts(parameters, exchange), id, exchange, startedNanos)
        case .authenticated, .metered: break
        }
        do {
            let caller = try Authentication.caller(exchange.head.fields, keys, now: now)
            try Authentication.authorize(caller, for: route)
            switch RateLimiting.ask(caller, settings.rates, instance: shared.instanceBucket, now: startedNanos) {
            case .limited(let standing): limited(standing, route, id, exchange)
            case .allowed(let standing):
                admitted(route, parameters, caller, standing, id, exchange, startedNanos)
            }
        } catch {
            lane.refuse(error.kind)
            Answer.refuse(error, manner(of: route, exchange), id, on: exchange) { [settings] headers in
                ToolRequest.appendChallenge(error, route, settings.browser.publicURL, to: &headers)
            }
        }
    }

    /// The body of an error that the HTTP layer found before there was an exchange.
    func refusal(of refused: RefusedRequest, headers: inout HeaderBlock) -> ByteBuffer {
        let id = numbers.next(at: Clock.unixMillis())
        let manner = refused.target?.withUnsafeReadableBytes { Self.manner(ofPath: $0) } ?? .openai
        let refusal = RequestPipeline.refusal(for: refused.problem, settings)
        headers.append("content-type", "application/json")
        Answer.appendIdentity(of: id, manner, to: &headers)
        var body: [UInt8] = []
        Answer.append(refusal, manner, id, to: &body)
        lane.add(.httpRequests, at: EndpointLabel.unknown.rawValue)
        lane.refuse(refusal.kind)
        return ByteBuffer(bytes: body)
    }

    private func admitted(
        _ route: Route, _ parameters: [Range<Int>], _ caller: AuthenticatedKey, _ standing: RateStanding?,
        _ id: RequestID,
        _ exchange: HTTPExchange, _ startedNanos: UInt64
    ) {
        guard case .metered(let surface) = route.endpoint else {
            return answer(route, texts(parameters, exchange), caller, id, exchange)
        }
        do {
            try admitWork()
        } catch {
            lane.refuse(error.kind)
            return Answer.refuse(error, route.manner, id, on: exchange)
        }
        lane.add(.started)
        MeteredRequest(self, exchange, caller, surface, id, standing, startedNanos: startedNanos).start()
    }

    /// Fails closed: what could not be accounted for is not let in.
    private func admitWork() throws(Refusal) {
        guard store.isAccepting else { throw RequestPipeline.storeUnavailable }
        guard live.count < settings.requestsInFlightMost else {
            throw Refusal(
                .overloaded, "overloaded", "Too many requests are under way; please try again.", retryAfterSeconds: 1)
        }
    }

    private func texts(_ parameters: [Range<Int>], _ exchange: HTTPExchange) -> [String] {
        parameters.map { range in exchange.head.withPath { String(decoding: $0[range], as: UTF8.self) } }
    }

    func limited(_ standing: RateStanding, _ route: Route, _ id: RequestID, _ exchange: HTTPExchange) {
        lane.add(.limited)
        let manner = manner(of: route, exchange)
        let seconds = standing.retryAfterSeconds
        let refusal = Refusal(
            .rateLimited, "Rate limit reached; please try again in \(seconds) s.",
            retryAfterSeconds: seconds)
        lane.refuse(refusal.kind)
        Answer.refuse(refusal, manner, id, on: exchange) { standing.append(to: &$0, manner) }
    }

    private func unrouted(_ match: Router.Match, _ id: RequestID, _ exchange: HTTPExchange) {
        lane.add(.httpRequests, at: EndpointLabel.unknown.rawValue)
        let manner = Self.manner(of: exchange)
        guard case .otherMethods(let methods) = match else {
            let refusal = Refusal(.notFound, "not_found", "There is nothing at \(exchange.head.pathText).")
            lane.refuse(refusal.kind)
            return Answer.refuse(refusal, manner, id, on: exchange)
        }
        let allowed = methods.joined(separator: ", ")
        let refusal = Refusal(.methodNotAllowed, "method_not_allowed", "This path answers \(allowed).")
        lane.refuse(refusal.kind)
        Answer.refuse(refusal, manner, id, on: exchange) { $0.append("allow", allowed) }
    }
}

extension Gateway {
    /// A request has begun: it is told when the daemon drains.
    func began(_ request: MeteredRequest) {
        request.slot = live.count
        live.append(request)
        lane.set(.inFlight, to: live.count)
    }

    func ended(_ request: MeteredRequest) {
        guard let last = live.popLast(), request.slot >= 0 else { return }
        if last !== request {
            live[request.slot] = last
            last.slot = request.slot
        }
        request.slot = -1
        lane.set(.inFlight, to: live.count)
    }

    /// A metered request was turned away before any attempt: counted, and kept in the error ledger where it is somebody's
    /// business (an empty wallet, a wallet that is away).
    func refused(_ request: MeteredRequest, _ refusal: Refusal) {
        lane.refuse(refusal.kind)
        guard let kind = RequestPipeline.ledgerKind(of: refusal) else { return }
        store.append(
            ErrorRecord(
                at: Clock.unixMillis(), request: request.id, tenant: request.caller.tenant.id,
                key: request.caller.key.id,
                provider: "", httpStatus: UInt16(clamping: refusal.kind.status),
                note: ErrorNote(kind: kind, message: refusal.message), model: request.modelName))
    }

    var liveCount: Int { live.count }

    /// Step 4: who can serve this model now, most preferred first.
    /// `nativeOnly`: it cannot be said in another dialect.
    func plan(_ summary: RequestSummary, nativeOnly: Bool = false) throws(Refusal) -> AttemptPlan {
        guard let model = catalog.catalog.resolve(summary.model) else {
            throw Refusal(.modelUnknown, "There is no model \"\(summary.model)\" here.", field: "model")
        }
        do throws(PlanRefusal) {
            let dialect: UpstreamDialect = summary.dialect == .anthropic ? .anthropic : .openai
            return try AttemptPlan(
                model, dialect, nativeOnly: nativeOnly, &cooldowns, now: Clock.monotonicNanos())
        } catch {
            throw Self.refusal(of: summary.model, error)
        }
    }

    private static func refusal(of model: String, _ reason: PlanRefusal) -> Refusal {
        switch reason {
        case .notOffered:
            return Refusal(.modelUnknown, "No host of the model \"\(model)\" offers this surface.", field: "model")
        case .allPaused(let nanos):
            let seconds = Int(clamping: (nanos + 999_999_999) / 1_000_000_000)
            return Refusal(
                .modelPaused, "All providers of \"\(model)\" asked for a pause.", retryAfterSeconds: max(1, seconds))
        }
    }

    /// Whether this host may be asked for usage.
    func takesStreamOptions(_ attempt: PlannedAttempt, _ generation: Int) -> Bool {
        withoutStreamOptions.isEmpty || generation != catalog.generation
            || !withoutStreamOptions.contains(attempt.host.index)
    }

    /// This host refuses to be asked for usage.
    func noteRefusedStreamOptions(_ attempt: PlannedAttempt, _ generation: Int) {
        if generation == catalog.generation { withoutStreamOptions.insert(attempt.host.index) }
    }

    /// Random bits for spreading retries.
    func jitter() -> UInt64 { numbers.word() }

    /// What became of an attempt, as far as the next requests' plans are concerned.
    func note(_ fault: UpstreamFault?, of attempt: PlannedAttempt, generation: Int) {
        // After a reload the attempt's positions may mean other hosts.
        guard generation == catalog.generation else { return }
        guard let trouble = fault.map(\.trouble) else {
            if cooldowns.succeeded(attempt) { UpstreamLog.recovered(attempt, log) }
            return
        }
        guard let trouble else { return }
        let isNews = cooldowns.failed(attempt, trouble, now: Clock.monotonicNanos(), jitter: numbers.word())
        if isNews { UpstreamLog.failing(attempt, trouble, log) }
    }

    /// Connections are no longer accepted; answers under way go on, and so does what comes on open connections.
    func drain() { isDraining = true }

    /// The process ends.
    func close() {
        wallet.stop()
        tokens?.stop()
        agents.close()
        upstreams.close()
    }

    /// The drain time is over: live streams get their error event and are settled.
    func cutLiveRequests() { for request in live { request.cut() } }

    /// Takes over a new configuration; requests under way keep the plan and prices they began with.
    func adopt(_ settings: GatewaySettings, _ catalog: ServedCatalog, _ connections: ServedConnections) {
        cooldowns = CooldownTable(catalog.catalog, inheriting: cooldowns, of: self.catalog.catalog)
        withoutStreamOptions = []
        self.settings = settings
        self.catalog = catalog
        self.connections = connections
        agents.adopt(connections, AgentLimits(settings))
        upstreams.keep(only: catalog.providers)
    }

    /// The upstream body: the client's with the few bytes exchanged that must differ.
    func rewritten(_ body: ByteBuffer, _ rewrite: RequestRewrite) -> ByteBuffer {
        scratch.removeAll(keepingCapacity: true)
        body.withUnsafeReadableBytes { rewrite.append($0, to: &scratch) }
        return allocator.buffer(bytes: scratch)
    }
}
