// Watchers: gatewayds, each with the whole picture and then every change.
//
// For: token.watch. What waits for a watcher is names of accounts; a credential is opened when it can be sent, so of several
//      changes only the newest is, and nothing secret waits for somebody who does not read.
// Refuses: more watchers than `most`.
// Called by: Service (watch), RefreshLoop and Service (changes), on one event loop.

import DaemonKit
import IPC
import NIOCore
import Storage
import Tenancy

/// An account that is gone.
struct Withdrawal: Sendable {
    let account: AccountKey
    let generation: UInt64
}

/// Bound to its event loop.
final class Watchers {
    /// Watchers at once: a gatewayd, its successor, and their event loops.
    static let most = 64
    /// Credentials opened at a time for one watcher, which is what lies in memory for it.
    static let pageMost = 64

    private let store: StoreDoor
    private let seal: ([(account: AccountKey, fault: SecretFault)]) -> Void
    /// What may be released; replaced by a reload, which also ends every watch.
    var rules: ReleaseRules
    private var open: [ObjectIdentifier: Watcher] = [:]

    /// `seal` is told of secrets that did not open.
    init(
        _ store: StoreDoor, _ rules: ReleaseRules,
        _ seal: @escaping ([(account: AccountKey, fault: SecretFault)]) -> Void
    ) {
        (self.store, self.rules, self.seal) = (store, rules, seal)
    }

    var count: Int { open.count }

    func begin(_ stream: StreamAnswer<CredentialChange, EmptyAnswer>) {
        guard open.count < Self.most else {
            stream.fail(.overloaded, "\(Self.most) watchers look on already")
            return
        }
        let watcher = Watcher(stream, self)
        open[ObjectIdentifier(watcher)] = watcher
        stream.onAbandoned { [weak self] in self?.open[ObjectIdentifier(watcher)] = nil }
        stream.whenWindowOpens { [weak watcher] in watcher?.advance() }
        watcher.advance()
    }

    /// Something about an account is another now.
    func changed(_ id: Int64) {
        for watcher in open.values { watcher.note(id, nil) }
    }

    /// An account is gone.
    func withdrew(_ id: Int64, _ withdrawal: Withdrawal) {
        for watcher in open.values { watcher.note(id, withdrawal) }
    }

    /// Ends every watch; a watcher comes back for the whole picture under the rules that hold then.
    func endAll(_ reason: String) {
        let ended = open.values
        open = [:]
        for watcher in ended { watcher.fail(reason) }
    }

    fileprivate func forget(_ watcher: Watcher) { open[ObjectIdentifier(watcher)] = nil }

    fileprivate func read(_ job: @escaping StoreJob<ReleasePage>, _ done: @escaping (ReleasePage?) -> Void) {
        store.ask(job) { [seal] result in
            guard case .success(let page) = result else { return done(nil) }
            if !page.sealed.isEmpty { seal(page.sealed) }
            done(page)
        }
    }
}

/// One of them.
private final class Watcher {
    private let stream: StreamAnswer<CredentialChange, EmptyAnswer>
    private unowned let watchers: Watchers
    /// The last account of the picture that was read; `nil` when it is complete.
    private var cursor: Int64? = 0
    /// Accounts that changed, oldest first, each once.
    private var changed = CircularBuffer<Int64>()
    private var waiting: [Int64: Withdrawal?] = [:]
    /// Opened and not sent: the window is closed.
    private var outgoing = CircularBuffer<CredentialChange>()
    private var isReading = false

    init(_ stream: StreamAnswer<CredentialChange, EmptyAnswer>, _ watchers: Watchers) {
        (self.stream, self.watchers) = (stream, watchers)
    }

    func note(_ id: Int64, _ withdrawal: Withdrawal?) {
        if waiting.updateValue(withdrawal, forKey: id) == nil { changed.append(id) }
        advance()
    }

    func fail(_ reason: String) {
        watchers.forget(self)
        stream.fail(.unavailable, reason)
    }

    /// Sends what can be sent, and reads what comes next.
    func advance() {
        while let next = outgoing.first {
            switch stream.send(next) {
            case .sent: outgoing.removeFirst()
            case .windowClosed: return
            // A call that ends by what was sent is not abandoned: nobody else says so.
            case .callEnded: return watchers.forget(self)
            }
        }
        guard !isReading, stream.isOpen else { return }
        if let cursor { readPicture(after: cursor) } else if !changed.isEmpty { readChanges() }
    }

    private func readPicture(after cursor: Int64) {
        let (rules, most) = (watchers.rules, Watchers.pageMost)
        read({ store throws(StorageError) in try store.releases(after: cursor, limit: most, rules) }) { [self] page in
            self.cursor = page.next
            for release in page.releases { outgoing.append(CredentialChange(.snapshot, release)) }
            if page.next == nil { outgoing.append(.complete) }
        }
    }

    private func readChanges() {
        var ids: [Int64] = []
        while ids.count < Watchers.pageMost, let id = changed.popFirst() {
            guard let withdrawal = waiting.removeValue(forKey: id) ?? nil else {
                ids.append(id)
                continue
            }
            outgoing.append(
                CredentialChange(
                    .change,
                    .withdrawn(withdrawal.account, generation: withdrawal.generation, reason: "")))
        }
        let (rules, asked) = (watchers.rules, ids)
        read({ store throws(StorageError) in try store.releases(of: asked, rules) }) { [self] page in
            for release in page.releases { outgoing.append(CredentialChange(.change, release)) }
        }
    }

    /// A store that cannot be read ends the watch: whoever comes back begins with the whole picture.
    private func read(_ job: @escaping StoreJob<ReleasePage>, _ take: @escaping (ReleasePage) -> Void) {
        isReading = true
        watchers.read(job) { [self] page in
            isReading = false
            guard let page else { return fail("the vault cannot be read now") }
            take(page)
            advance()
        }
    }
}

extension CredentialChange {
    fileprivate static let complete = CredentialChange(
        phase: .complete, account: nil, generation: 0, kind: .none, secret: SecretField(""), user: "", expiresAt: nil,
        metadata: [], reason: "")

    fileprivate init(_ phase: CredentialPhase, _ release: Release) {
        switch release {
        case .withdrawn(let account, let generation, let reason, let facts):
            self.init(
                phase: phase, account: account, generation: generation, kind: .none, secret: SecretField(""), user: "",
                expiresAt: nil, metadata: facts, reason: reason.cut(toBytes: FieldLimits.line))
        case .credential(let record, let secret, let facts):
            let text = secret.withBytes { String(decoding: $0, as: UTF8.self) }
            self.init(
                phase: phase, account: record.key, generation: record.generation, kind: record.kind,
                secret: SecretField(text), user: record.user, expiresAt: record.expiry, metadata: facts, reason: "")
        }
    }
}
