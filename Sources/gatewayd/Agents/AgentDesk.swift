// AgentDesk: what is counted and kept of agents' calls.
//
// For: metrics, and rows of the error ledger where a failure is somebody's business: the operator's, or the owner's of an
//      account.
// Refuses: to keep what was asked and answered. Of a provider's error its one sentence is kept, without what was sent in
//      secret.
// Called by: AgentRunner, AgentErrand.

import Connections
import DaemonKit
import Tenancy

/// What became of a call, as a label.
enum AgentOutcome: CaseIterable {
    case ok, refused, configMissing, validationError, tokenMissing, tokenExpired, timeout, upstreamError, clientGone

    /// `nil` for a success.
    init(_ code: AgentErrorCode?) {
        switch code {
        case nil: self = .ok
        // Who asks is looked at before what is asked.
        case .authFailed, .tenantNotFound, .tenantSuspended, .rateLimited: self = .refused
        case .configMissing: self = .configMissing
        case .validationError: self = .validationError
        case .tokenMissing: self = .tokenMissing
        case .tokenExpired: self = .tokenExpired
        case .timeout: self = .timeout
        case .upstreamError: self = .upstreamError
        }
    }

    /// Where its series is.
    var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// `validation_error`: as labels are written.
    var label: String {
        "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }
}

struct AgentDesk {
    let lane: MetricLane<GatewayMetric>
    /// Where rows of the error ledger go.
    let keep: (ErrorRecord) -> Void

    /// As many calls are under way now.
    func underWay(_ count: Int) { lane.set(.agentsInFlight, to: count) }

    /// It was turned away before it came to a call.
    func refused(_ failure: AgentFailure) { lane.add(.agentCalls, at: AgentOutcome(failure.code).place) }

    /// A call is over, with an answer of its provider or without.
    func took(micros: Int) { lane.observe(.agentTime, micros) }

    /// Nobody waits for the answer any more.
    func abandoned() { lane.add(.agentCalls, at: AgentOutcome.clientGone.place) }

    /// A provider has answered.
    func answered(_ plan: PlannedAgentCall, status: Int, _ answer: AgentAnswer) {
        lane.add(.agentCalls, at: AgentOutcome(answer.code).place)
        guard let kind = Self.kind(of: answer, status: status) else { return }
        let message = "\(plan.account.account) of \(plan.provider.id): the provider answered \(status)"
        note(plan.ask, plan.provider.id, answer.status, ErrorNote(kind: kind, message: message))
    }

    /// There is no answer of a provider.
    func failed(_ ask: AgentAsk, _ misfortune: AgentMisfortune) {
        lane.add(.agentCalls, at: AgentOutcome(misfortune.failure.code).place)
        guard let note = misfortune.note else { return }
        self.note(ask, misfortune.provider, misfortune.failure.status, note)
    }

    /// A refused credential is its owner's business, a provider that fails the operator's; a request that the provider does
    /// not like is the agent's own.
    private static func kind(of answer: AgentAnswer, status: Int) -> ErrorKind? {
        switch answer.code {
        case nil: nil
        case .tokenExpired: .credentialRefused
        default: status == 429 || status >= 500 ? .upstreamStatus : nil
        }
    }

    private func note(_ ask: AgentAsk, _ provider: ProviderID?, _ status: Int, _ note: ErrorNote) {
        keep(
            ErrorRecord(
                at: Clock.unixMillis(), request: ask.request, tenant: ask.tenant, key: ask.key,
                provider: provider?.text ?? "", httpStatus: UInt16(clamping: status), note: note))
    }
}
