// CredentialTable: one event loop's copy of the credentials that tokend lets gatewayd use.
//
// For: requests that are made with connected accounts, without asking anybody.
// Refuses: half a picture: a new one takes the place of the old when it is complete, and the old one is used until then.
//      Its size is tokend's business, which bounds what a tenant may connect. Nothing of it is ever written down.
// Called by: TokenLink (what tokend tells), AgentRunner and the routes for accounts (what there is).

import Connections
import IPC
import Tenancy

/// A credential as gatewayd has it.
struct HeldCredential: Sendable {
    /// Higher with every change of the account.
    let generation: UInt64
    let kind: AuthKind
    let credential: Connections.Credential
    /// What the provider told about the account, such as an instance's address.
    let facts: AccountFacts
    /// First instant it is refused; `nil` = unknown or never.
    let expiresAt: UnixMillis?
}

/// An account of a tenant at a provider.
enum HeldAccount: Sendable {
    case usable(HeldCredential)
    /// It is connected and cannot be used, for this reason, which is for people. It may be the tenant's default all the same:
    /// no other is taken for it.
    case unusable(reason: String, isPreferred: Bool)
}

/// How many credentials there are, and how they stand.
struct CredentialCounts: Equatable, Sendable {
    var total = 0
    /// Of these, about to end within ``CredentialTable/soon``: their refresh is late.
    var expiringSoon = 0
    var expired = 0
}

/// Loop-bound.
final class CredentialTable {
    /// A credential that ends within this is about to: tokend refreshes ten minutes ahead unless it is told otherwise.
    static let soon: Int64 = 5 * 60 * 1000
    /// How old counts may be, so that probes of health do not count again and again.
    static let countsAge: Int64 = 1000

    private struct Place: Hashable {
        let tenant: TenantID
        let provider: ProviderID
    }

    private typealias Picture = [Place: [AccountName: HeldAccount]]

    private var picture: Picture = [:]
    /// What is being told and not complete yet.
    private var incoming: Picture?
    private var counted: (at: UnixMillis, counts: CredentialCounts)?
    /// Whether there was ever a whole picture: before that, an account that is not here may exist.
    private(set) var isKnown = false
    /// Credentials that can be used.
    private(set) var usable = 0

    /// A whole picture will be told from its beginning.
    func begin() { incoming = [:] }

    /// Takes what tokend tells.
    func take(_ change: CredentialChange) {
        switch (change.phase, change.account) {
        case (.snapshot, let key?): Self.put(change, key, into: &incoming)
        case (.complete, _): complete()
        case (.change, let key?):
            // Before the picture is complete the old one stays good for what it says of other accounts.
            Self.put(change, key, into: &incoming)
            usable -= isUsable(key) ? 1 : 0
            Self.put(change, key, into: &picture)
            usable += isUsable(key) ? 1 : 0
            counted = nil
        case (.snapshot, nil), (.change, nil): break
        }
    }

    private func complete() {
        guard let whole = incoming else { return }
        (picture, incoming, isKnown, counted) = (whole, nil, true, nil)
        usable = picture.values.reduce(0) { $0 + $1.values.count { $0.credential != nil } }
    }

    private static func put(_ change: CredentialChange, _ key: AccountKey, into picture: inout Picture?) {
        guard picture != nil else { return }
        put(change, key, into: &picture!)
    }

    private static func put(_ change: CredentialChange, _ key: AccountKey, into picture: inout Picture) {
        let place = Place(tenant: key.tenant, provider: key.provider)
        picture[place, default: [:]][key.account] = HeldAccount(change)
        if picture[place]?.isEmpty == true { picture[place] = nil }
    }
}

extension CredentialTable {
    /// The tenant's accounts at a provider, to choose from.
    func offers(of tenant: TenantID, at provider: ProviderID) -> [AccountOffer] {
        (picture[Place(tenant: tenant, provider: provider)] ?? [:]).map { name, account in
            let credential = account.credential
            return AccountOffer(name, isUsable: credential != nil, facts: credential?.facts ?? AccountFacts())
        }
    }

    /// The account that a tenant prefers at a provider; `nil` where it prefers several, of which none is taken for another.
    func preferred(of tenant: TenantID, at provider: ProviderID) -> AccountName? {
        let accounts = picture[Place(tenant: tenant, provider: provider)] ?? [:]
        let preferred = accounts.filter(\.value.isPreferred)
        return preferred.count == 1 ? preferred.first?.key : nil
    }

    /// Why the account that `wanted` names, or else the only one, cannot be used; `nil` when that is not so.
    func unusable(of tenant: TenantID, at provider: ProviderID, _ wanted: AccountName?) -> String? {
        let accounts = picture[Place(tenant: tenant, provider: provider)] ?? [:]
        let account = wanted.map { accounts[$0] } ?? (accounts.count == 1 ? accounts.first?.value : nil)
        guard case .unusable(let reason, _)? = account else { return nil }
        return reason
    }

    /// The credential of an account; `nil` when it cannot be used or is not there.
    func credential(of key: AccountKey) -> HeldCredential? { account(key)?.credential }

    /// The providers at which a tenant has accounts, and which, by name.
    func accounts(of tenant: TenantID) -> [(provider: ProviderID, account: AccountName, held: HeldAccount)] {
        var found: [(provider: ProviderID, account: AccountName, held: HeldAccount)] = []
        for (place, accounts) in picture where place.tenant == tenant {
            for (name, held) in accounts { found.append((place.provider, name, held)) }
        }
        return found.sorted { ($0.provider.text, $0.account.text) < ($1.provider.text, $1.account.text) }
    }

    /// How many there are, as of `now` or a moment before.
    func counts(at now: UnixMillis) -> CredentialCounts {
        if let counted, abs(now.value - counted.at.value) < Self.countsAge { return counted.counts }
        var counts = CredentialCounts()
        for credential in picture.values.lazy.flatMap({ $0.values.lazy.compactMap(\.credential) }) {
            counts.total += 1
            guard let left = credential.expiresAt.map({ $0.value - now.value }) else { continue }
            if left <= 0 { counts.expired += 1 } else if left <= Self.soon { counts.expiringSoon += 1 }
        }
        counted = (now, counts)
        return counts
    }

    private func account(_ key: AccountKey) -> HeldAccount? {
        picture[Place(tenant: key.tenant, provider: key.provider)]?[key.account]
    }

    private func isUsable(_ key: AccountKey) -> Bool { account(key)?.credential != nil }
}

extension HeldAccount {
    /// What it is used with; `nil` when it cannot be used.
    var credential: HeldCredential? {
        if case .usable(let credential) = self { credential } else { nil }
    }

    fileprivate var isPreferred: Bool {
        switch self {
        case .usable(let credential): credential.facts.isPreferred
        case .unusable(_, let isPreferred): isPreferred
        }
    }

    /// `nil` for an account that is gone.
    fileprivate init?(_ change: CredentialChange) {
        let facts = AccountFacts(change.metadata.map { FormPair($0.name, $0.value) })
        guard let kind = change.kind.authKind else {
            guard !change.reason.isEmpty else { return nil }
            self = .unusable(reason: change.reason, isPreferred: facts.isPreferred)
            return
        }
        let secret = SecretText(change.secret.text)
        self = .usable(
            HeldCredential(
                generation: change.generation, kind: kind,
                credential: kind == .basic ? .userPassword(user: change.user, password: secret) : .secret(secret),
                facts: facts, expiresAt: change.expiresAt))
    }
}

extension CredentialKind {
    /// As definitions call it; `nil` for a withdrawn credential.
    fileprivate var authKind: AuthKind? {
        switch self {
        case .none: nil
        case .apiKey: .apiKey
        case .botToken: .botToken
        case .basic: .basic
        case .oauth: .oauth2
        case .clientCredentials: .clientCredentials
        }
    }
}
