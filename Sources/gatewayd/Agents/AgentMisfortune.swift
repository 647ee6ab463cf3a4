// AgentMisfortune: a call that got no answer of its provider: what the agent is told, and what the operator is.
//
// For: one place where both follow from what happened.
// Refuses: to tell an agent where a name leads inside the operator's network; the error ledger knows it.
// Called by: AgentRunner, AgentErrand.

import Connections
import HTTP
import Tenancy

struct AgentMisfortune: Error {
    /// For the agent.
    let failure: AgentFailure
    /// For the error ledger; `nil` for what is the agent's own business.
    let note: ErrorNote?
    /// Whose API was to be called, where it matters.
    let provider: ProviderID?

    /// A call that is wrong.
    init(_ failure: AgentFailure) { (self.failure, note, provider) = (failure, nil, nil) }

    init(_ failure: AgentFailure, _ kind: ErrorKind, _ message: String, _ provider: ProviderID) {
        (self.failure, note, self.provider) = (failure, ErrorNote(kind: kind, message: message), provider)
    }

    /// The account's address may not be called. `told` goes on after a sentence for the agent.
    static func forbidden(_ provider: ProviderDefinition, _ reason: String, told: String = "") -> AgentMisfortune {
        let failure = AgentFailure(.configMissing, "the account's address may not be called\(told)")
        return AgentMisfortune(failure, .addressForbidden, reason, provider.id)
    }

    static func tooLarge(_ provider: ProviderDefinition, most: Int) -> AgentMisfortune {
        let reason = "the answer of \(provider.displayName) is larger than \(most) bytes"
        return AgentMisfortune(AgentFailure(.upstreamError, reason), .upstreamMalformed, reason, provider.id)
    }

    /// What the upstream client says.
    init(_ failure: UpstreamFailure, _ provider: ProviderDefinition) {
        let name = provider.displayName
        func upstream(_ kind: ErrorKind, _ reason: String, status: Int? = nil) -> AgentMisfortune {
            AgentMisfortune(AgentFailure(.upstreamError, reason, status: status), kind, reason, provider.id)
        }
        switch failure.cause {
        case .forbiddenAddress(let refusal): self = .forbidden(provider, refusal.operatorText)
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout:
            let reason = "\(name) did not answer within \(provider.timeout)"
            self.init(AgentFailure(.timeout, reason), .upstreamTimeout, reason, provider.id)
        case .resolveFailed, .connectFailed: self = upstream(.upstreamConnect, "\(name) could not be reached")
        case .tlsFailed: self = upstream(.upstreamConnect, "no TLS connection to \(name) could be made")
        case .closed, .bodyTruncated: self = upstream(.upstreamClosed, "\(name) broke off before its answer was whole")
        case .malformed: self = upstream(.upstreamMalformed, "\(name) sent an answer that is not valid HTTP")
        case .poolExhausted, .waitTimeout:
            self = upstream(.upstreamConnect, "too many calls of \(name) are under way; try again", status: 503)
        case .shuttingDown: self = upstream(.draining, "the gateway is restarting; try again", status: 503)
        }
    }
}
