// EventLog: what is worth a line in the journal.
//
// For: operators, and alarm rules, which match the field `alert`. Secrets are never among the fields.
// Refuses: to say the same of a provider again and again: that it refuses the operator's client, which is wrong for all
//      of its accounts, is said once until it accepts it.
// Called by: OpenVault, Service, RefreshLoop; on the service's loop unless said otherwise.

import DaemonKit
import HTTP
import IPC
import Logging
import Refresh
import Tenancy

/// Bound to its event loop.
final class EventLog {
    /// Accounts whose secrets did not open that are remembered, so that each is said once.
    static let mostRemembered = 10_000

    let log: Logger
    private let lane: MetricLane<TokenMetric>
    private var refused: Set<String> = []
    private var unopened: Set<AccountKey> = []

    init(_ log: Logger, _ lane: MetricLane<TokenMetric>) { (self.log, self.lane) = (log, lane) }

    /// An alert of one account, each raised once until the account is well. `hasOwnClient`: it has a client or a token
    /// endpoint of its own, and what is said of a client is about those.
    func alert(_ alert: TokenAlert, account: String, provider: String, hasOwnClient: Bool, _ reason: String) {
        // The operator's client is refused for every account that has none of its own.
        if alert == .clientRefused, !hasOwnClient, !refused.insert(provider).inserted { return }
        lane.add(.alerts, at: alert.place)
        log.log(
            level: alert.level, hasOwnClient ? alert.sentenceOfOwnClient : alert.sentence,
            metadata: [
                "alert": "\(alert.label)", "account": "\(account)", "provider": "\(provider)", "reason": "\(reason)",
            ])
    }

    /// A provider has accepted the operator's client: when it refuses it again, that is worth saying again.
    func accepted(_ provider: String) { refused.remove(provider) }

    /// Definitions and clients are others now: what is still refused is worth saying again.
    func forgetRefusals() { refused = [] }

    /// Secrets that did not open. Each account is said once.
    func unopened(_ found: [(account: AccountKey, fault: SecretFault)]) {
        for (account, fault) in found {
            lane.add(.unopened)
            guard unopened.count < Self.mostRemembered, unopened.insert(account).inserted else { continue }
            log.critical(
                "a secret does not open, and the account is not released",
                metadata: ["alert": "secret_unopened", "account": "\(account)", "reason": "\(fault.text)"])
        }
    }

    /// An address that a tenant names led where nobody may be sent. Only this line says where.
    func forbidden(_ refusal: AddressRefusal) {
        log.warning("an address that a tenant names is not called", metadata: ["reason": "\(refusal.operatorText)"])
    }

    func note(_ event: ListenerEvent) {
        switch event {
        case .connected(let peer):
            log.debug("connected", metadata: ["peer": "\(peer.identity.role)", "connection": "\(peer.id)"])
        case .closed(let peer, let reason):
            log.log(
                level: reason.isAlarming ? .error : .debug, "disconnected",
                metadata: ["peer": "\(peer.identity.role)", "reason": "\(reason)"])
        case .refused(let credentials, let reason):
            log.warning("peer refused", metadata: ["uid": "\(credentials.uid)", "reason": "\(reason)"])
        case .malformed(let peer, let message, let fault):
            log.error(
                "a request makes no sense",
                metadata: ["peer": "\(peer.identity.role)", "message": "\(message)", "fault": "\(fault)"])
        }
    }

    /// What the store's thread tells. Called on any thread.
    static func note(_ event: StoreEvent, _ log: Logger) {
        switch event {
        case .failing(let error):
            log.error(
                "the vault cannot be written; tokens are not refreshed",
                metadata: ["alert": "vault_failing", "reason": "\(error)"])
        case .recovered: log.notice("the vault is written again")
        case .committed: break
        }
    }
}

extension TokenAlert {
    fileprivate var level: Logger.Level {
        switch self {
        case .dead, .clientRefused, .notStored, .callStuck: .error
        case .failing: .warning
        }
    }

    fileprivate var sentence: Logger.Message {
        switch self {
        case .dead: "an account has to be connected again"
        case .failing: "an account's token is not refreshed"
        case .clientRefused: "a provider refuses our client; none of its accounts is refreshed"
        case .notStored: "a fresh token cannot be stored; it is kept in memory and not used"
        case .callStuck: "a call to a token endpoint does not end"
        }
    }

    fileprivate var sentenceOfOwnClient: Logger.Message {
        self == .clientRefused ? "an account is not refreshed: its own client or its request is refused" : sentence
    }
}
