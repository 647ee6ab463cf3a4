// put, list, remove: accounts that come, are there, and go.
//
// For: messages 0x0303 to 0x0305.
// Refuses: what AccountRules and the store refuse.
// Called by: the service table, asked by gatewayd, cronjobd and weirctl.

import Connections
import DaemonKit
import HTTP
import IPC
import NIOCore
import Refresh
import Storage
import Tenancy

extension Service {
    /// How long a provider is waited for when an account is removed: a revocation that fails is told and not repeated.
    static let revocationTime = TimeAmount.seconds(15)

    var rules: AccountRules { AccountRules(book: refreshes.book, addressPolicy: courier.addressGuard.policy) }

    // MARK: put

    func put(_ request: TokenPutRequest, _ answer: Answer<TokenPutAnswer>) {
        do throws(Refused) {
            let new = try rules.account(request, by: answer.peer.source(request.source), at: Clock.wall())
            keep(new) { result in
                answer.send(result)
            } failing: {
                answer.fail($0.code, $0.text)
            }
        } catch {
            answer.send(TokenPutAnswer(outcome: .refused(error.refusal), text: error.text, generation: 0))
        }
    }

    /// Stores an account and lets everybody know.
    func keep(
        _ new: NewAccount, _ done: @escaping (TokenPutAnswer) -> Void, failing: @escaping (StoreFailure) -> Void
    ) {
        let most = limits.perTenant
        let job: StoreJob<Result<AccountRecord, PutRefusal>> = { store throws(StorageError) in
            try store.put(new, atMost: most, at: Clock.wall())
        }
        store.change(job) { [self] result in
            switch result {
            case .failure(let failure): failing(failure)
            case .success(.failure(let refusal)): done(TokenPutAnswer(refusal, most: most))
            case .success(.success(let record)):
                refreshes.adopt(record)
                watchers.changed(record.id)
                done(TokenPutAnswer(outcome: .done, text: "", generation: record.generation))
            }
        }
    }

    // MARK: list

    func list(_ request: TokenListRequest, _ answer: Answer<TokenListAnswer>) {
        let (limit, provider) = (Int(request.limit), ProviderID(request.provider))
        let after = AccountKey(request.after)
        guard (1...FieldLimits.errorRows).contains(limit), provider != nil || request.provider.isEmpty,
            after != nil || request.after.isEmpty
        else {
            answer.fail(.malformed, "a page has 1 to \(FieldLimits.errorRows) accounts and follows an account")
            return
        }
        let job: StoreJob<[ListedAccount]> = { store throws(StorageError) in
            let records = try store.accounts(of: request.tenant, provider: provider, after: after, limit: limit + 1)
            return try records.map { record throws(StorageError) in
                ListedAccount(record: record, facts: try store.facts(of: record.id))
            }
        }
        store.ask(
            job,
            reply(to: answer) { [self] accounts in
                let page = accounts.prefix(limit)
                let next = accounts.count > limit ? page.last?.record.key.description : nil
                answer.send(TokenListAnswer(next: next ?? "", accounts: page.map(row)))
            })
    }

    private func row(_ account: ListedAccount) -> AccountRow {
        let record = account.record
        let standing = refreshes.standing(of: record.id)
        let reason = record.death?.text ?? standing?.reason ?? rulesFault(record) ?? ""
        return AccountRow(
            account: record.key, kind: record.kind, state: record.state, label: record.label, scopes: record.scopes,
            createdAt: record.createdAt, changedAt: record.changedAt, expiresAt: record.expiry,
            refreshAt: standing?.alarm, failures: UInt32(standing?.failures ?? 0),
            reason: reason.cut(toBytes: FieldLimits.line),
            metadata: account.facts.prefix(FieldLimits.metadata).map {
                MetadataField(name: $0.name, value: $0.value.cut(toBytes: FieldLimits.note))
            })
    }

    private func rulesFault(_ record: AccountRecord) -> String? {
        record.state == .active ? watchers.rules.fault(record) : nil
    }

    // MARK: remove

    func remove(_ request: TokenRemoveRequest, _ answer: Answer<TokenRemoveAnswer>) {
        let source = answer.peer.source(request.source)
        let job: StoreJob<RemovedAccount?> = { store throws(StorageError) in
            try store.remove(request.account, source: source, at: Clock.wall())
        }
        store.change(
            job,
            reply(to: answer) { [self] removed in
                guard let removed else { return answer.refuse(.accountUnknown, "there is no such account") }
                let record = removed.record
                refreshes.forget(record.id)
                watchers.withdrew(record.id, Withdrawal(account: record.key, generation: record.withdrawal))
                guard request.revoke else { return answer.removed(revoked: false, "") }
                revoke(removed) { answer.removed(revoked: $0 == nil, $0 ?? "") }
            })
    }

    /// Hands an account's tokens back (RFC 7009); `nil` when the provider has taken them, else why not.
    private func revoke(_ removed: RemovedAccount, _ done: @escaping (String?) -> Void) {
        do throws(RequestFault) {
            guard let request = try refreshes.book.revocationRequest(removed) else {
                return done("the provider has no way to revoke this; remove it on its site too")
            }
            _ = courier.send(request, within: Self.revocationTime) { result in
                switch result {
                case .success(let answer) where (200...299).contains(answer.status): done(nil)
                case .success(let answer): done("the provider answered \(answer.status) to the revocation")
                case .failure(let failure): done(failure.text)
                }
            }
        } catch {
            done(error.text)
        }
    }
}

/// An account with what is known of it.
private struct ListedAccount: Sendable {
    let record: AccountRecord
    let facts: [MetadataField]
}

extension PeerConnection {
    /// What events call whoever asked. Of an operator the kernel knows more than the program that was started; gatewayd says
    /// which key or route it was.
    func source(_ said: String) -> String {
        identity.role == .weirctl ? "weirctl, user \(credentials.uid)" : said
    }
}

extension Answer where Response == TokenRemoveAnswer {
    fileprivate func refuse(_ refusal: IPC.TokenRefusal, _ text: String) {
        send(TokenRemoveAnswer(outcome: .refused(refusal), revoked: false, text: text))
    }

    fileprivate func removed(revoked: Bool, _ text: String) {
        send(TokenRemoveAnswer(outcome: .done, revoked: revoked, text: text.cut(toBytes: FieldLimits.line)))
    }
}

extension TokenPutAnswer {
    fileprivate init(_ refusal: PutRefusal, most: Int) {
        switch refusal {
        case .exists:
            self.init(outcome: .refused(.accountExists), text: "an account of that name is there", generation: 0)
        case .tooMany:
            self.init(
                outcome: .refused(.limitReached), text: "a tenant has at most \(most) accounts (accounts_per_tenant)",
                generation: 0)
        }
    }
}
