// connectBegin and connectFinish: an account whose owner agrees in a browser.
//
// For: messages 0x0307 and 0x0308: authorization code with PKCE (RFC 6749 §4.1, RFC 7636), state bound to the session
//      (RFC 9700 §4.7), issuer compared (RFC 9207).
// Refuses: providers without a place to agree at or without a client of the operator's; facts that AccountRules refuses;
//      states as Store+Connecting says. A state is good once, whatever comes of it.
// Called by: the service table, asked by gatewayd.

import Connections
import DaemonKit
import Hashing
import IPC
import NIOCore
import Refresh
import Storage
import Tenancy

extension Service {
    /// How long a provider is waited for, twice at most: for the token, and for whose it is.
    static let exchangeTime = TimeAmount.seconds(15)

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] { SHA256Digest(of: bytes).bytes }

    // MARK: begin

    func connectBegin(_ request: ConnectBeginRequest, _ answer: Answer<ConnectBeginAnswer>) {
        do throws(Refused) {
            let (provider, oauth, client) = try flow(for: request.account.provider)
            guard request.session.count == SHA256Digest.length else {
                throw Refused(.fieldInvalid, "a session's digest has \(SHA256Digest.length) bytes")
            }
            let facts = try rules.facts(request.metadata, provider)
            let state = FlowState(random: SecureRandom.bytes(FlowState.randomBytes))
            let verifier = CodeVerifier(random: SecureRandom.bytes(CodeVerifier.randomBytes))
            let asked = request.scopes.split(separator: " ").map(String.init)
            let scopes = asked.isEmpty ? refreshes.book.scopes(at: provider) : asked
            let url = oauth.authorizationURL(
                client: client, redirectURI: request.redirect, scopes: scopes, state: state,
                challenge: verifier.challenge(Self.sha256))
            guard let url else { throw Refused(.kindUnfit, "\(provider.displayName) has no page to agree on") }
            let expires = UnixMillis(Clock.wall().value + Store.connectingTime)
            let record = ConnectingRecord(
                account: request.account, label: request.label, session: request.session, redirect: request.redirect,
                scopes: scopes.joined(separator: " "), back: request.returnTo, source: request.source, facts: facts,
                verifier: Secret(verifier.secret.bytes), expires: expires)
            begin(record, state, answer, ConnectBeginAnswer(outcome: .done, text: "", url: url, expiresAt: expires))
        } catch {
            answer.send(ConnectBeginAnswer(outcome: .refused(error.refusal), text: error.text, url: "", expiresAt: nil))
        }
    }

    private func begin(
        _ record: ConnectingRecord, _ state: FlowState, _ answer: Answer<ConnectBeginAnswer>, _ done: ConnectBeginAnswer
    ) {
        let digest = state.digest(Self.sha256)
        let job: StoreJob<Void> = { store throws(StorageError) in
            try store.begin(record, state: digest, at: Clock.wall())
        }
        store.change(job, reply(to: answer) { answer.send(done) })
    }

    /// The definition, its OAuth, and the operator's client there.
    private func flow(
        for id: ProviderID
    ) throws(Refused) -> (ProviderDefinition, OAuthDefinition, ClientRegistration) {
        guard let provider = refreshes.book.table[id] else {
            throw Refused(.providerUnknown, "no provider is called \(id)")
        }
        guard let oauth = provider.oauth, refreshes.book.takes(.oauth, provider) else {
            throw Refused(.kindUnfit, "\(provider.displayName) does not do OAuth")
        }
        do throws(RequestFault) {
            return (provider, oauth, try refreshes.book.operatorClient(at: id))
        } catch {
            throw Refused(.kindUnfit, error.text)
        }
    }

    // MARK: finish

    func connectFinish(_ request: ConnectFinishRequest, _ answer: Answer<ConnectFinishAnswer>) {
        guard let state = FlowState(request.state) else {
            return answer.refuse(Refused(.stateUnknown, FlowRefusal.unknownState.rawValue), nil)
        }
        let digest = state.digest(Self.sha256)
        let job: StoreJob<Result<ConnectingRecord, FlowRefusal>> = { store throws(StorageError) in
            try store.finish(state: digest, session: request.session, at: Clock.wall())
        }
        store.change(
            job,
            reply(to: answer) { [self] found in
                switch found {
                case .failure(let refusal): answer.refuse(Refused(.stateUnknown, refusal.rawValue), nil)
                case .success(let flow): exchange(flow, request, answer)
                }
            })
    }

    /// Asks the token endpoint with the code.
    private func exchange(
        _ flow: ConnectingRecord, _ request: ConnectFinishRequest, _ answer: Answer<ConnectFinishAnswer>
    ) {
        do throws(Refused) {
            let (provider, oauth, client) = try self.flow(for: flow.account.provider)
            let (code, sent) = (try Self.code(of: request, from: oauth), Clock.moment())
            let ask: OutboundRequest
            do throws(GrammarFault) {
                ask = try oauth.tokenRequest(
                    .authorizationCode(
                        code, redirectURI: flow.redirect, verifier: CodeVerifier(kept: SecretText(flow.verifier))),
                    client: client)
            } catch {
                throw Refused(.providerRefused, error.reason)
            }
            let hidden = client.spellings + SecretText.spelt([code, SecretText(flow.verifier)])
            let policy = refreshes.book.policy(of: provider.id.text)
            _ = courier.send(ask, within: Self.exchangeTime) { [self] result in
                let verdict = TokenEndpoint.read(result, from: provider, sent: sent, by: policy, hiding: hidden)
                connected(flow, provider, verdict, answer)
            }
        } catch {
            answer.refuse(error, flow)
        }
    }

    private static func code(
        of request: ConnectFinishRequest, from oauth: OAuthDefinition
    ) throws(Refused) -> SecretText {
        let answer = CallbackAnswer(
            code: SecretText(request.code.text), error: request.error, issuer: request.issuer)
        do throws(CallbackFault) {
            return try answer.code(from: oauth)
        } catch {
            throw Refused(error == .codeMalformed ? .fieldInvalid : .providerRefused, error.text)
        }
    }

    private func connected(
        _ flow: ConnectingRecord, _ provider: ProviderDefinition, _ verdict: TokenVerdict,
        _ answer: Answer<ConnectFinishAnswer>
    ) {
        switch verdict {
        case .failed(let failure, let reason):
            let isFinal = failure == .grantRefused || failure == .clientRefused
            answer.refuse(Refused(isFinal ? .providerRefused : .providerUnavailable, reason), flow)
        case .granted(let grant, let tokens):
            let known = AccountFacts(flow.facts).updated(with: AccountFacts(tokens.facts))
            identify(tokens, provider, known) { [self] facts in
                switch facts {
                case .failure(let refused): answer.refuse(refused, flow)
                case .success(let facts): store(flow, grant, tokens, facts, answer)
                }
            }
        }
    }

    private func store(
        _ flow: ConnectingRecord, _ grant: Grant, _ tokens: GrantedTokens, _ facts: [MetadataField],
        _ answer: Answer<ConnectFinishAnswer>
    ) {
        let new = NewAccount(
            key: flow.account, kind: .oauth, state: .active, refreshes: tokens.refreshToken != nil,
            expiry: tokens.refreshToken != nil || tokens.hasStatedEnd ? grant.expiry : nil, endpoint: nil, client: nil,
            user: "", label: flow.label.nonEmpty ?? flow.account.account.text,
            scopes: tokens.scopes ?? flow.scopes, facts: facts,
            secrets: AccountSecrets(secret: tokens.accessToken, refreshToken: tokens.refreshToken), replaces: true,
            source: flow.source)
        keep(new) { result in
            answer.send(
                ConnectFinishAnswer(
                    outcome: result.outcome, text: result.text, account: flow.account, returnTo: flow.back))
        } failing: {
            answer.fail($0.code, $0.text)
        }
    }

    // MARK: whose it is

    /// Asks the provider whose the token is, where the definition says how; all that is known then.
    private func identify(
        _ tokens: GrantedTokens, _ provider: ProviderDefinition, _ facts: AccountFacts,
        _ done: @escaping (Result<[MetadataField], Refused>) -> Void
    ) {
        guard let probe = provider.identity, let placement = provider.placement(of: .oauth2) else {
            return done(.success(facts.fields))
        }
        do {
            let shown = try placement.presented(.secret(SecretText(tokens.accessToken)))
            let request = try provider.request(for: probe, facts: facts, credential: shown)
            _ = courier.send(request, within: Self.exchangeTime) { result in
                done(Self.facts(result, provider, facts))
            }
        } catch {
            done(.failure(Refused(.providerRefused, "it cannot be asked whose the token is")))
        }
    }

    private static func facts(
        _ result: Result<CourierAnswer, CourierFailure>, _ provider: ProviderDefinition, _ known: AccountFacts
    ) -> Result<[MetadataField], Refused> {
        switch result {
        case .failure(let failure): return .failure(Refused(.providerUnavailable, failure.text))
        case .success(let answer):
            guard (200...299).contains(answer.status) else {
                return .failure(Refused(.providerRefused, "asked whose the token is, it answered \(answer.status)"))
            }
            do throws(GrammarFault) {
                let facts = known.updated(with: try AccountFacts.ofIdentity(provider, answer.body))
                return .success(facts.fields)
            } catch {
                return .failure(Refused(.providerRefused, error.reason))
            }
        }
    }
}

extension Answer where Response == ConnectFinishAnswer {
    fileprivate func refuse(_ refused: Refused, _ flow: ConnectingRecord?) {
        send(
            ConnectFinishAnswer(
                outcome: .refused(refused.refusal), text: refused.text.cut(toBytes: FieldLimits.line),
                account: flow?.account, returnTo: flow?.back ?? ""))
    }
}
