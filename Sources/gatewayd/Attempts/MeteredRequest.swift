// MeteredRequest: one client request that may cost money, from its body to its settlement (steps 4 to 9).
//
// For: holding the state of one request while callbacks come in: body, hold, upstream, client.
// Refuses: what RequestPipeline's rules refuse; it answers in the client's dialect and lets the hold go.
// Called by: Gateway (start), HTTP (body, upstream and client events), WalletLink (hold), all on one event loop.

import DaemonKit
import HTTP
import IPC
import Money
import NIOCore
import Routing
import Tenancy
import Translation

/// Loop-bound. Lives from the request's head until its settlement is handed to the store.
final class MeteredRequest {
    /// Where the request stands. The upstream half is in `Attempt`.
    enum Phase {
        case readingBody
        case holding
        case attempting
        case ended
    }

    let gateway: Gateway
    let exchange: HTTPExchange
    let caller: AuthenticatedKey
    let surface: Surface
    let id: RequestID
    let standing: RateStanding?
    let startedNanos: UInt64
    /// The catalog as it was when the request was planned: a reload changes nothing for it (case B-33).
    private(set) var served: ServedCatalog
    var phase = Phase.readingBody
    var clientIsGone = false
    /// The place in the loop's list of live requests.
    var slot = -1

    // Known once the body is read.
    var body = ByteBuffer()
    /// A Responses request as the client sent it; `body` is what it says as a chat request.
    private(set) var original = ByteBuffer()
    private(set) var responses: ChatRequest?
    var summary: RequestSummary?
    var plan: AttemptPlan?
    var estimate = Micros.zero
    var hold: UInt64 = 0
    // The attempt under way.
    var attempt: Attempt?
    var attemptIndex: UInt8 = 0
    private var planIndex = 0
    private var retries = RetryState()

    init(
        _ gateway: Gateway, _ exchange: HTTPExchange, _ caller: AuthenticatedKey, _ surface: Surface, _ id: RequestID,
        _ standing: RateStanding?, startedNanos: UInt64
    ) {
        self.gateway = gateway
        self.exchange = exchange
        self.caller = caller
        self.surface = surface
        self.id = id
        self.standing = standing
        self.startedNanos = startedNanos
        served = gateway.catalog
    }

    /// The catalog's name of the model, for records.
    var modelName: String { plan?.model.id ?? "" }

    /// What the client speaks.
    var dialect: Dialect { surface.dialect }

    var manner: Manner { dialect == .anthropic ? .anthropic : .openai }

    /// Reads the body; everything else follows from callbacks.
    func start() {
        gateway.began(self)
        exchange.onClientGone = { [self] in clientGone() }
        exchange.collectBody(limit: gateway.settings.bodyBytesMost) { [self] in bodyRead($0) }
    }

    private func bodyRead(_ result: Result<ByteBuffer, RequestProblem>) {
        switch result {
        case .success(let bytes):
            body = bytes
            served = gateway.catalog
            do throws(Refusal) {
                if surface == .responses { try readResponses(bytes) }
                let request = try RequestPipeline.plan(body, for: self)
                summary = request.summary
                plan = request.plan
                estimate = request.estimate
                askForHold()
            } catch { refuse(error) }
        case .failure(.clientGone): end()
        case .failure(let problem): refuse(RequestPipeline.refusal(for: problem, gateway.settings))
        }
    }

    /// Chat completions is the pivot of the Responses API: from here on this is a chat request.
    private func readResponses(_ bytes: ByteBuffer) throws(Refusal) {
        let chat = try RequestPipeline.chat(of: bytes)
        original = bytes
        responses = chat
        body = gateway.allocator.buffer(bytes: chat.body)
    }

    private func askForHold() {
        phase = .holding
        gateway.wallet.hold(estimate, for: caller) { [self] in holdAnswered($0) }
    }

    private func holdAnswered(_ verdict: HoldVerdict) {
        switch verdict {
        case .granted(let number):
            hold = number
            if clientIsGone { return end() }
            phase = .attempting
            nextAttempt()
        case .refused(let refusal, let free):
            refuse(RequestPipeline.refusal(for: refusal, estimate: estimate, free: free))
        case .unavailable: refuse(RequestPipeline.walletUnavailable)
        }
    }

    /// Starts the attempt at `planIndex` of the plan.
    func nextAttempt() {
        guard let plan, let summary else { preconditionFailure("an attempt follows its plan") }
        let attempt = Attempt(self, plan.attempts[planIndex], summary)
        self.attempt = attempt
        do throws(TranslationRefusal) { try attempt.send(body) } catch { notTranslatable(attempt, error) }
    }

    /// What one host's dialect cannot say, another's may: the next host that speaks the client's own is asked instead.
    private func notTranslatable(_ attempt: Attempt, _ refusal: TranslationRefusal) {
        guard let plan else { preconditionFailure("an attempt follows its plan") }
        _ = attempt.close()
        let later = plan.attempts.indices.dropFirst(planIndex + 1)
        guard let native = later.first(where: { plan.attempts[$0].dialect.isSpoken(by: dialect) }) else {
            return refuse(
                Refusal(.invalidRequest, "not_translatable", refusal.message, field: refusal.field))
        }
        planIndex = native
        nextAttempt()
    }

    /// Whether one more attempt may follow.
    var mayGoOn: Bool { !gateway.isDraining && attemptIndex + 1 < UsageRecord.attemptsMost }

    /// What follows from a failed attempt that has given the client nothing.
    func verdict(on fault: UpstreamFault) -> RetryVerdict {
        guard let plan, !clientIsGone, mayGoOn else { return .giveUp }
        return retries.decide(fault, attemptsLeft: plan.attempts.count - planIndex - 1, jitter: gateway.jitter())
    }

    /// Goes on as `verdict` says; the hold stays.
    func goOn(_ verdict: RetryVerdict) {
        attemptIndex += 1
        gateway.lane.add(.failovers)
        switch verdict {
        case .nextAttempt:
            planIndex += 1
            nextAttempt()
        case .again(let nanos):
            attempt = nil
            exchange.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(nanos))) { [self] in
                if phase == .attempting { clientIsGone ? end() : nextAttempt() }
            }
        case .giveUp: preconditionFailure("giving up is an answer, not a further attempt")
        }
    }

    /// The drain time is over: ends what is under way with an error in the client's dialect, and settles it.
    func cut() {
        switch phase {
        case .readingBody, .holding: refuse(RequestPipeline.restarting)
        case .attempting: attempt.map { $0.cut() } ?? refuse(RequestPipeline.restarting)
        case .ended: break
        }
    }

    private func clientGone() {
        clientIsGone = true
        gateway.lane.add(.clientsGone)
        switch phase {
        case .readingBody: end()
        case .holding, .ended: break
        // Between two attempts nobody is asked: the pause ends and finds the client gone.
        case .attempting: attempt?.clientGone()
        }
    }

    /// Answers in our own words; nothing was spent.
    func refuse(_ refusal: Refusal) {
        if phase != .ended { gateway.refused(self, refusal) }
        if !clientIsGone {
            Answer.refuse(refusal, manner, id, on: exchange) { [standing, manner] in standing?.append(to: &$0, manner) }
        }
        end()
    }

    /// The last step, once: whatever hold is left goes back.
    func end() {
        guard phase != .ended else { return }
        phase = .ended
        if hold != 0 { gateway.wallet.release(hold) }
        exchange.onClientGone = nil
        exchange.onWritabilityChanged = nil
        attempt = nil
        gateway.ended(self)
    }
}

extension UpstreamDialect {
    /// Whether a request of this dialect goes there untranslated.
    fileprivate func isSpoken(by dialect: Dialect) -> Bool { (self == .anthropic) == (dialect == .anthropic) }
}
