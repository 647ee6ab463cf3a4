// Releasing: what leaves the vault for gatewayd, and what is looked at before.
//
// For: token.watch: the first whole picture, page by page, and single accounts afterwards.
// Refuses: accounts that are not active, whose provider is not in the catalogue or is not connected this way, whose
//      facts are more than a message takes, or whose secret does not open as this tenant's, this provider's and this
//      row's.
// Called by: Watcher, through StoreThread.

import DaemonKit
import IPC
import Storage
import Tenancy

/// What providers may be connected with, as of the latest configuration.
struct ReleaseRules: Sendable {
    let kinds: [ProviderID: Set<CredentialKind>]

    /// Why an account's credential stays here; `nil` when it may leave.
    func fault(_ account: AccountRecord) -> String? {
        switch account.state {
        case .pending: return "its first credential is awaited"
        case .dead: return account.death?.text ?? "it must be connected again"
        case .active: break
        }
        guard let kinds = kinds[account.key.provider] else { return "no provider of that name is configured" }
        return kinds.contains(account.kind) ? nil : "the provider is not connected this way"
    }
}

/// One account as gatewayd is told of it.
enum Release: Sendable {
    case credential(AccountRecord, Secret, facts: [MetadataField])
    /// Without a reason the account is gone. Of one that is not, its facts are told all the same: what a tenant prefers does not
    /// change because it cannot be used.
    case withdrawn(AccountKey, generation: UInt64, reason: String, facts: [MetadataField] = [])
}

/// Part of the first whole picture.
struct ReleasePage: Sendable {
    var releases: [Release] = []
    /// Where the next page begins; `nil` when this was the last.
    var next: Int64?
    /// Accounts whose secret does not open, and why.
    var sealed: [(account: AccountKey, fault: SecretFault)] = []
}

extension Store {
    /// Accounts with ids above `after`, those that cannot be used with the reason.
    func releases(after: Int64, limit: Int, _ rules: ReleaseRules) throws(StorageError) -> ReleasePage {
        let select = try database.prepare(
            "SELECT \(Self.columns) FROM accounts WHERE id > ?1 ORDER BY id LIMIT ?2")
        var (records, seen) = ([AccountRecord](), 0)
        var last = after
        try select.bind(1, after).bind(2, Int64(limit)).forEachRow { row in
            seen += 1
            last = row.integer(0)
            if let record = Self.readAccount(row) { records.append(record) }
        }
        var page = ReleasePage(next: seen == limit ? last : nil)
        for record in records { page.releases.append(try release(record, rules, noting: &page.sealed)) }
        return page
    }

    /// What is to be told of some accounts now. Ids that are not there are left out.
    func releases(of ids: [Int64], _ rules: ReleaseRules) throws(StorageError) -> ReleasePage {
        var page = ReleasePage()
        for id in ids {
            guard let record = try account(id: id) else { continue }
            page.releases.append(try release(record, rules, noting: &page.sealed))
        }
        return page
    }

    private func release(
        _ record: AccountRecord, _ rules: ReleaseRules, noting sealed: inout [(account: AccountKey, fault: SecretFault)]
    ) throws(StorageError) -> Release {
        let facts = try facts(of: record.id)
        func withdrawn(_ reason: String) -> Release {
            .withdrawn(
                record.key, generation: record.withdrawal, reason: reason, facts: facts.fault == nil ? facts : [])
        }
        if let fault = rules.fault(record) ?? facts.fault { return withdrawn(fault) }
        switch try secrets([.secret], of: record.id, record.key) {
        case .success(let secrets):
            guard let secret = secrets.secret else { return withdrawn("it has no secret") }
            return .credential(record, secret, facts: facts)
        case .failure(let fault):
            sealed.append((record.key, fault))
            return withdrawn(fault.text)
        }
    }
}

extension MetadataField {
    /// Whether a message takes it.
    var fits: Bool { name.utf8.count <= FieldLimits.shortName && value.utf8.count <= FieldLimits.note }
}

extension [MetadataField] {
    /// What of an account's facts a message does not take; `nil` when it takes them. Rows of earlier releases may be
    /// so, and one that was sent all the same would end the watch before anybody else's account is told.
    fileprivate var fault: String? {
        if count > FieldLimits.metadata {
            return "it has \(count) facts, and at most \(FieldLimits.metadata) can be told; connect the account again"
        }
        guard let long = first(where: { !$0.fits }) else { return nil }
        return "its \(long.name) is longer than \(FieldLimits.note) bytes; connect the account again"
    }
}
