// test: whether a credential works.
//
// For: message 0x0306: the harmless question of the provider's definition, asked with the account's credential.
// Refuses: accounts without a credential, providers whose definition has no such question.
// Called by: the service table, asked by gatewayd and weirctl.

import Connections
import DaemonKit
import IPC
import JSON
import NIOCore
import Storage
import Tenancy

/// What a test needs of the store.
private struct TestMaterial: Sendable {
    let record: AccountRecord
    let secret: Secret
    let facts: [MetadataField]
}

extension Service {
    /// How long the provider is waited for.
    static let testTime = TimeAmount.seconds(30)

    func test(_ request: TokenTestRequest, _ answer: Answer<TokenTestAnswer>) {
        let rules = watchers.rules
        let job: StoreJob<Result<TestMaterial, Refused>> = { store throws(StorageError) in
            guard let record = try store.account(request.account) else {
                return .failure(Refused(.accountUnknown, "there is no such account"))
            }
            if let fault = rules.fault(record) { return .failure(Refused(record.refusal, fault)) }
            switch try store.secrets([.secret], of: record.id, record.key) {
            case .failure(let fault): return .failure(Refused(.sealedByUnknownKey, fault.text))
            case .success(let secrets):
                guard let secret = secrets.secret else { return .failure(Refused(.kindUnfit, "it has no secret")) }
                return .success(TestMaterial(record: record, secret: secret, facts: try store.facts(of: record.id)))
            }
        }
        store.ask(
            job,
            reply(to: answer) { [self] found in
                switch found {
                case .failure(let refused): answer.refuse(refused)
                case .success(let material): probe(material, answer.peer.source(request.source), answer)
                }
            })
    }

    private func probe(_ material: TestMaterial, _ source: String, _ answer: Answer<TokenTestAnswer>) {
        let record = material.record
        guard let provider = refreshes.book.table[record.key.provider], let probe = provider.test,
            let placement = record.kind.authKind.flatMap(provider.placement)
        else { return answer.refuse(Refused(.kindUnfit, "the provider's definition has no test")) }
        let credential: Credential =
            record.kind == .basic
            ? .userPassword(user: record.user, password: SecretText(material.secret))
            : .secret(SecretText(material.secret))
        do {
            let presented = try placement.presented(credential)
            let request = try provider.request(
                for: probe, facts: AccountFacts(material.facts), credential: presented)
            let secrets = presented.spellings(of: credential)
            _ = courier.send(request, within: Self.testTime) { [self] result in
                tested(record, TestVerdict(result, provider, hiding: secrets), source, answer)
            }
        } catch {
            // Both errors of planning are sentences for the owner of the account.
            answer.refuse(Refused(.fieldInvalid, "\(error)"))
        }
    }

    private func tested(
        _ record: AccountRecord, _ verdict: TestVerdict, _ source: String, _ answer: Answer<TokenTestAnswer>
    ) {
        let event = EventRecord(
            at: Clock.wall(), account: record.key, action: .tested, source: source,
            text: verdict.text.isEmpty ? "it works" : verdict.text)
        store.change({ store throws(StorageError) in try store.append(event) }) { _ in
            // The answer is worth more than its record.
            answer.send(
                TokenTestAnswer(
                    outcome: verdict.outcome, status: verdict.status, text: verdict.text.cut(toBytes: FieldLimits.line))
            )
        }
    }
}

/// What an answer to a test means.
private struct TestVerdict {
    let outcome: TokenOutcome
    let status: UInt16
    let text: String

    /// `secrets` are what the question carried: a vendor may repeat it, and the text is stored and shown.
    init(
        _ result: Result<CourierAnswer, CourierFailure>, _ provider: ProviderDefinition, hiding secrets: [SecretText]
    ) {
        switch result {
        case .failure(let failure):
            self.init(.refused(failure.isForbidden ? .addressForbidden : .providerUnavailable), 0, failure.text)
        case .success(let answer):
            let status = UInt16(clamping: answer.status)
            // Some vendors say no with status 200 and a member that is false.
            let tree = try? answer.body.withUnsafeBytes { try JSONValue(parsing: $0) }
            let saysNo = tree.flatMap { provider.answers.successField?.value(in: $0)?.boolean } == false
            switch answer.status {
            case 200...299 where !saysNo: self.init(.done, status, "")
            case 200...499:
                let excerpt = Excerpt.of(answer.body, hiding: secrets)
                self.init(.refused(.providerRefused), status, "the provider said no: \(excerpt)")
            default: self.init(.refused(.providerUnavailable), status, "the provider answered \(answer.status)")
            }
        }
    }

    private init(_ outcome: TokenOutcome, _ status: UInt16, _ text: String) {
        (self.outcome, self.status, self.text) = (outcome, status, text)
    }
}

extension AccountFacts {
    /// The facts that the answer to a definition's identity request holds.
    static func ofIdentity(_ provider: ProviderDefinition, _ body: [UInt8]) throws(GrammarFault) -> AccountFacts {
        guard let tree = try? body.withUnsafeBytes({ try JSONValue(parsing: $0) }) else {
            throw GrammarFault("asked whose the token is, it answered no JSON")
        }
        return try read(provider.accountFields, from: .identity, in: tree)
    }
}

extension AccountRecord {
    /// Why its credential is not used, in the terms of the protocol.
    fileprivate var refusal: IPC.TokenRefusal {
        switch state {
        case .dead: .accountDead
        case .pending: .providerUnavailable
        case .active: .providerUnknown
        }
    }
}

extension Answer where Response == TokenTestAnswer {
    fileprivate func refuse(_ refused: Refused) {
        send(
            TokenTestAnswer(
                outcome: .refused(refused.refusal), status: 0, text: refused.text.cut(toBytes: FieldLimits.line)))
    }
}
