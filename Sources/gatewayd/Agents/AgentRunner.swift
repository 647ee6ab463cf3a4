// AgentRunner: calls providers' APIs with tenants' accounts, on one event loop.
//
// For: the agent API, and whatever else in this process acts for an agent: one function from the JSON of a call to its answer.
// Refuses: domains that there are not, calls that are wrong, accounts that are not connected, more calls at once than its
//      bound. It asks nobody: credentials are those the loop has.
// Called by: AgentRequest; Gateway makes it.

import Connections
import HTTP
import NIOCore
import Tenancy

/// What is asked for, and for whom. Whoever makes one has checked that the key may.
struct AgentAsk {
    let tenant: TenantID
    let key: KeyID
    let request: RequestID
    /// The last part of the agent API's path.
    let domain: String
    /// The call, as JSON: members as in docs/CONNECTIONS.md, "The agent API".
    let body: ByteBuffer
}

/// A call that only has to be sent.
struct PlannedAgentCall {
    let ask: AgentAsk
    let call: AgentCall
    let provider: ProviderDefinition
    let account: AccountKey
    let generation: UInt64
    let request: OutboundRequest
    /// What the request carries in secret, so that no answer repeats it.
    let secrets: [SecretText]
}

/// What calls are held to; replaced at a reload.
struct AgentLimits {
    /// Calls under way.
    let callsMost: Int
    /// The largest answer of a provider.
    let answerBytesMost: Int

    init(callsMost: Int, answerBytesMost: Int) {
        (self.callsMost, self.answerBytesMost) = (callsMost, answerBytesMost)
    }

    /// As many as metered requests, and answers as large as theirs.
    init(_ settings: GatewaySettings) {
        self.init(callsMost: settings.requestsInFlightMost, answerBytesMost: settings.answerBytesMost)
    }
}

/// Loop-bound.
final class AgentRunner {
    let tokens: TokenLink?
    let desk: AgentDesk
    private let pool: UpstreamPool
    private var connections: ServedConnections
    private var limits: AgentLimits
    private var underWay = 0

    /// `tokens` is `nil` where no accounts can be connected.
    init(
        pool: UpstreamPool, tokens: TokenLink?, connections: ServedConnections, limits: AgentLimits, desk: AgentDesk
    ) {
        (self.pool, self.tokens, self.connections, self.limits) = (pool, tokens, connections, limits)
        self.desk = desk
    }

    /// Takes over a new configuration; calls under way end as they began.
    func adopt(_ connections: ServedConnections, _ limits: AgentLimits) {
        (self.connections, self.limits) = (connections, limits)
    }

    /// Ends what is kept open; calls under way go on.
    func close() { pool.close() }

    /// Makes a call. `done` is called once, on this loop, possibly before this returns; never after the returned errand was
    /// cancelled. `nil` when nothing was sent.
    @discardableResult
    func run(_ ask: AgentAsk, _ done: @escaping (AgentAnswer) -> Void) -> AgentErrand? {
        do throws(AgentMisfortune) {
            let plan = try plan(ask)
            let origin = try origin(of: plan)
            let errand = AgentErrand(plan, self, answerBytesMost: limits.answerBytesMost, done)
            setUnderWay(underWay + 1)
            errand.start(pool, origin)
            return errand
        } catch {
            desk.failed(ask, error)
            done(AgentAnswer(error.failure))
            return nil
        }
    }

    /// An errand is over.
    func ended() { setUnderWay(underWay - 1) }

    private func setUnderWay(_ count: Int) {
        underWay = count
        desk.underWay(count)
    }
}

// Planning.
extension AgentRunner {
    private func plan(_ ask: AgentAsk) throws(AgentMisfortune) -> PlannedAgentCall {
        guard let tokens else {
            throw AgentMisfortune(AgentFailure(.configMissing, "no accounts can be connected at this gateway"))
        }
        guard let found = DomainName(ask.domain).flatMap(connections.providers.domain) else {
            let name = Excerpt.of(ask.domain.utf8)
            throw AgentMisfortune(AgentFailure(.configMissing, "there is no domain called \(name)"))
        }
        let call = try Self.read(ask.body, for: found.domain, of: found.provider)
        let account = try choose(call.account, ask.tenant, found.provider, tokens.credentials)
        guard underWay < limits.callsMost else {
            throw AgentMisfortune(AgentFailure(.upstreamError, "too many calls are under way; try again", status: 503))
        }
        guard let held = tokens.credentials.credential(of: account) else {
            preconditionFailure("an account that was chosen has a credential")
        }
        return try Self.plan(ask, call, found, account, held)
    }

    private static func read(
        _ body: ByteBuffer, for domain: ProviderDomain, of provider: ProviderDefinition
    ) throws(AgentMisfortune) -> AgentCall {
        let read: Result<AgentCall, AgentFailure> = body.withUnsafeReadableBytes { bytes in
            Result { () throws(AgentFailure) in try AgentCall.read(bytes, for: domain, of: provider) }
        }
        do throws(AgentFailure) { return try read.get() } catch { throw AgentMisfortune(error) }
    }

    private func choose(
        _ wanted: AccountName?, _ tenant: TenantID, _ provider: ProviderDefinition, _ credentials: CredentialTable
    ) throws(AgentMisfortune) -> AccountKey {
        guard credentials.isKnown else {
            let failure = AgentFailure(.upstreamError, "the accounts are not known yet; try again", status: 503)
            throw AgentMisfortune(failure, .internalFault, "tokend has not told the credentials yet", provider.id)
        }
        // The usual case by one look-up, however many accounts there are.
        if let key = wanted.map({ AccountKey(tenant: tenant, provider: provider.id, account: $0) }),
            credentials.credential(of: key) != nil
        {
            return key
        }
        do throws(AgentFailure) {
            let name = try AccountChoice.choose(
                from: credentials.offers(of: tenant, at: provider.id), wanted: wanted,
                preferred: credentials.preferred(of: tenant, at: provider.id), provider: provider.id)
            return AccountKey(tenant: tenant, provider: provider.id, account: name)
        } catch {
            guard error.code == .tokenExpired, let why = credentials.unusable(of: tenant, at: provider.id, wanted)
            else {
                throw AgentMisfortune(error)
            }
            throw AgentMisfortune(AgentFailure(.tokenExpired, "the account of \(provider.id) cannot be used: \(why)"))
        }
    }

    private static func plan(
        _ ask: AgentAsk, _ call: AgentCall, _ found: (provider: ProviderDefinition, domain: ProviderDomain),
        _ account: AccountKey, _ held: HeldCredential
    ) throws(AgentMisfortune) -> PlannedAgentCall {
        let provider = found.provider
        guard let placement = provider.placement(of: held.kind) else {
            let reason = "\(provider.displayName) is not connected with \(held.kind.rawValue) any more"
            throw AgentMisfortune(AgentFailure(.configMissing, reason))
        }
        let presented: PresentedCredential
        do throws(GrammarFault) { presented = try placement.presented(held.credential) } catch {
            throw AgentMisfortune(AgentFailure(.configMissing, "the credential cannot be used: \(error.reason)"))
        }
        do throws(AgentFailure) {
            let request = try provider.request(
                for: call, in: found.domain, facts: held.facts, credential: presented)
            return PlannedAgentCall(
                ask: ask, call: call, provider: provider, account: account, generation: held.generation,
                request: request, secrets: presented.spellings(of: held.credential))
        } catch { throw AgentMisfortune(error) }
    }

    private func origin(of plan: PlannedAgentCall) throws(AgentMisfortune) -> UpstreamOrigin {
        let origin = plan.request.origin
        guard plan.request.isGuarded else {
            return UpstreamOrigin(secure: origin.isSecure, host: origin.host, port: origin.port)
        }
        do throws(TargetRefusal) {
            let url = try OutboundURL(origin.description)
            return try connections.addressGuard.origin(of: url, ports: plan.request.namedPorts)
        } catch {
            throw .forbidden(plan.provider, "\(origin.host): \(error)", told: ": \(error)")
        }
    }
}
