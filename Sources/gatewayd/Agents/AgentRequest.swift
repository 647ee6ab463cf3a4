// AgentRequest: one request of the agent API, from its body to its answer.
//
// For: `POST /api/v1/{tenant}/{domain}`.
// Refuses: another tenant's path, bodies beyond a call's bound; the rest is AgentRunner's.
// Called by: Gateway, on its event loop.

import Connections
import HTTP
import JSON
import NIOCore
import Tenancy
import Translation

/// Loop-bound; one per request.
final class AgentRequest {
    private let gateway: Gateway
    private let exchange: HTTPExchange
    private let caller: AuthenticatedKey
    private let domain: String
    private let id: RequestID
    private var errand: AgentErrand?
    private var isGone = false

    init(
        _ gateway: Gateway, _ exchange: HTTPExchange, _ caller: AuthenticatedKey, domain: String, _ id: RequestID
    ) {
        (self.gateway, self.exchange, self.caller, self.domain, self.id) = (gateway, exchange, caller, domain, id)
    }

    /// `tenant` is the one that the path names.
    func start(tenant: String) {
        guard tenant == caller.tenant.id.text else {
            return refuse(AgentFailure(.authFailed, "this API key is not one of the tenant in the path"))
        }
        exchange.onClientGone = { [self] in clientGone() }
        exchange.collectBody(limit: AgentCall.largest) { [self] in bodyRead($0) }
    }

    private func bodyRead(_ result: Result<ByteBuffer, RequestProblem>) {
        switch result {
        case .success(let body):
            guard let tokens = gateway.tokens else { return run(body) }
            tokens.whenKnown { [self] in run(body) }
        case .failure(.clientGone): break
        case .failure(.bodyTooLarge):
            let reason = "the request body is larger than \(AgentCall.largest) bytes"
            refuse(AgentFailure(.validationError, reason, status: RequestProblem.bodyTooLarge.status))
        case .failure(let problem):
            Answer.refuse(RequestPipeline.refusal(for: problem, gateway.settings), .agent, id, on: exchange)
        }
    }

    private func run(_ body: ByteBuffer) {
        guard !isGone else { return }
        let ask = AgentAsk(tenant: caller.tenant.id, key: caller.key.id, request: id, domain: domain, body: body)
        errand = gateway.agents.run(ask) { [self] in answer($0) }
    }

    private func refuse(_ failure: AgentFailure) {
        gateway.agents.desk.refused(failure)
        answer(AgentAnswer(failure))
    }

    private func answer(_ answer: AgentAnswer) {
        exchange.onClientGone = nil
        Answer.json(
            answer.body, status: answer.status, retryAfterSeconds: answer.retryAfterSeconds, .agent, id, on: exchange)
    }

    private func clientGone() {
        isGone = true
        errand?.cancel()
        errand = nil
    }
}

extension AgentFailure {
    /// How the agent API says what the gateway refuses before it looks at a call.
    init(_ refusal: Refusal) {
        let code: AgentErrorCode =
            switch refusal.kind {
            case .authentication: .authFailed
            case .permission: refusal.code == "tenant_suspended" ? .tenantSuspended : .authFailed
            case .rateLimit: .rateLimited
            case .notFound: .configMissing
            case .invalidRequest, .methodNotAllowed, .requestTimeout, .requestTooLarge, .unsupportedMediaType:
                .validationError
            case .upstreamTimeout: .timeout
            case .billing, .internal, .upstreamFailed, .unavailable, .overloaded: .upstreamError
            }
        self.init(
            code, refusal.message, status: refusal.kind == .overloaded ? 503 : refusal.kind.status,
            retryAfterSeconds: refusal.retryAfterSeconds)
    }
}
