// MessageNumber: the one numbered list of everything a process may be asked.
//
// For: request frames, the daemons' service tables, the clients.
// Refuses: nothing itself. Numbers are never reused; docs/PROTOCOL.md prints this list and a test holds the two
// together.
// Called by: ServiceTable (rows must agree with this list), the messages, the connections.

public import NIOCore

/// A message by its number on the wire. The high byte is the owner: 0 every peer, 1 walletd, 2 gatewayd.
public enum MessageNumber: UInt16, CaseIterable, Sendable {
    /// Is the peer's event loop alive? Answered by the transport itself.
    case linkPing = 0x0001
    /// What the daemon has counted and measured.
    case linkMetrics = 0x0002
    /// Adds money to a tenant's wallet; the first credit creates it.
    case walletCredit = 0x0101
    /// Takes money from a tenant's wallet if the free balance allows.
    case walletDebit = 0x0102
    /// Returns all or part of an earlier debit or settlement.
    case walletRefund = 0x0103
    /// Sets money aside for one attempt.
    case walletHold = 0x0104
    /// Posts what an attempt cost, in full even beyond the balance, and ends its hold in the same step.
    case walletSettle = 0x0105
    /// Ends a hold without posting.
    case walletRelease = 0x0106
    /// Says again, on a new connection and before anything else, that a hold granted on an earlier one is still alive.
    case walletAssertHold = 0x0107
    /// What a tenant has.
    case walletBalance = 0x0108
    /// A tenant's movements, newest first, a page at a time.
    case walletHistory = 0x0109
    /// Folds every entry again and compares.
    case walletAudit = 0x010A
    /// How walletd is.
    case walletStatus = 0x010B
    /// walletd's database as of one moment.
    case walletBackup = 0x010C
    /// Makes a tenant.
    case gatewayTenantCreate = 0x0201
    /// Tenants by name, a page at a time.
    case gatewayTenantList = 0x0202
    /// Changes a tenant; what is kept is left alone.
    case gatewayTenantUpdate = 0x0203
    /// Makes an API key.
    case gatewayKeyCreate = 0x0204
    /// Keys by their public name, a page at a time, revoked and expired ones too.
    case gatewayKeyList = 0x0205
    /// Ends a key for ever; the very next request with it is refused.
    case gatewayKeyRevoke = 0x0206
    /// Changes a key; what is kept is left alone.
    case gatewayKeyUpdate = 0x0207
    /// Requests, tokens and cost over a time.
    case gatewayUsage = 0x0208
    /// The error ledger, newest first, a page at a time.
    case gatewayErrors = 0x0209
    /// How gatewayd is.
    case gatewayStatus = 0x020A
    /// Reads the configuration again; a bad one is refused and the old one stays.
    case gatewayReload = 0x020B
    /// Every request as it ends.
    case gatewayWatch = 0x020C
    /// gatewayd's database as of one moment.
    case gatewayBackup = 0x020D
    /// Starts gatewayd's successor and hands over to it.
    case gatewayHandOver = 0x020E
    /// Who changed tenants and keys, newest first.
    case gatewayAudit = 0x020F
    /// Credentials that gatewayd may use: all there are, then every change.
    case tokenWatch = 0x0301
    /// A provider has refused a credential.
    case tokenRejected = 0x0302
    /// Connects an account with secrets that are at hand, or replaces them.
    case tokenPut = 0x0303
    /// Connected accounts, a page at a time. Never a secret.
    case tokenList = 0x0304
    /// Disconnects an account.
    case tokenRemove = 0x0305
    /// Asks the provider something harmless with the credential.
    case tokenTest = 0x0306
    /// Begins an OAuth connection.
    case tokenConnectBegin = 0x0307
    /// Ends an OAuth connection.
    case tokenConnectFinish = 0x0308
    /// Seals everything anew that an older key has sealed.
    case tokenRotate = 0x0309
    /// How tokend is.
    case tokenStatus = 0x030A
    /// What was done to accounts, newest first, a page at a time.
    case tokenEvents = 0x030B
    /// tokend's database as of one moment.
    case tokenBackup = 0x030C
    /// Refreshes a credential now, whenever it was due.
    case tokenRefresh = 0x030D
    /// Reads the configuration again; a bad one is refused and the old one stays.
    case tokenReload = 0x030E
}

extension MessageNumber: CustomStringConvertible {
    /// The name in the document: owner, point, message.
    public var description: String {
        switch self {
        case .linkPing: "link.ping"
        case .linkMetrics: "link.metrics"
        case .walletCredit: "wallet.credit"
        case .walletDebit: "wallet.debit"
        case .walletRefund: "wallet.refund"
        case .walletHold: "wallet.hold"
        case .walletSettle: "wallet.settle"
        case .walletRelease: "wallet.release"
        case .walletAssertHold: "wallet.assertHold"
        case .walletBalance: "wallet.balance"
        case .walletHistory: "wallet.history"
        case .walletAudit: "wallet.audit"
        case .walletStatus: "wallet.status"
        case .walletBackup: "wallet.backup"
        case .gatewayTenantCreate: "gateway.tenantCreate"
        case .gatewayTenantList: "gateway.tenantList"
        case .gatewayTenantUpdate: "gateway.tenantUpdate"
        case .gatewayKeyCreate: "gateway.keyCreate"
        case .gatewayKeyList: "gateway.keyList"
        case .gatewayKeyRevoke: "gateway.keyRevoke"
        case .gatewayKeyUpdate: "gateway.keyUpdate"
        case .gatewayUsage: "gateway.usage"
        case .gatewayErrors: "gateway.errors"
        case .gatewayStatus: "gateway.status"
        case .gatewayReload: "gateway.reload"
        case .gatewayHandOver: "gateway.handOver"
        case .gatewayAudit: "gateway.audit"
        case .gatewayWatch: "gateway.watch"
        case .gatewayBackup: "gateway.backup"
        case .tokenWatch: "token.watch"
        case .tokenRejected: "token.rejected"
        case .tokenPut: "token.put"
        case .tokenList: "token.list"
        case .tokenRemove: "token.remove"
        case .tokenTest: "token.test"
        case .tokenConnectBegin: "token.connectBegin"
        case .tokenConnectFinish: "token.connectFinish"
        case .tokenRotate: "token.rotate"
        case .tokenStatus: "token.status"
        case .tokenEvents: "token.events"
        case .tokenBackup: "token.backup"
        case .tokenRefresh: "token.refresh"
        case .tokenReload: "token.reload"
        }
    }
}

extension MessageNumber {
    /// The roles that may ask this. A service table repeats the set in its row, and the two must agree.
    public var askedBy: PeerRoles {
        switch self {
        case .linkPing, .linkMetrics:
            .all
        case .walletCredit, .walletRefund, .walletAudit, .gatewayUsage, .gatewayErrors, .gatewayStatus:
            [.cronjobd, .weirctl]
        case .walletDebit, .walletBalance, .walletHistory, .walletStatus:
            [.gatewayd, .cronjobd, .weirctl]
        case .walletHold, .walletSettle, .walletRelease, .walletAssertHold, .tokenWatch, .tokenRejected,
            .tokenConnectBegin, .tokenConnectFinish:
            .gatewayd
        case .gatewayTenantCreate, .gatewayTenantList, .gatewayTenantUpdate, .gatewayKeyCreate, .gatewayKeyList,
            .gatewayKeyRevoke, .gatewayKeyUpdate, .gatewayReload, .gatewayHandOver, .gatewayAudit, .gatewayWatch,
            .walletBackup,
            .gatewayBackup, .tokenRotate, .tokenBackup, .tokenRefresh, .tokenReload:
            .weirctl
        case .tokenPut, .tokenRemove, .tokenTest:
            [.gatewayd, .weirctl]
        case .tokenList, .tokenStatus, .tokenEvents:
            [.gatewayd, .cronjobd, .weirctl]
        }
    }

    /// How long an asker waits who names no deadline; `nil` for a stream without end.
    public var defaultDeadline: TimeAmount? {
        switch self {
        case .linkPing, .linkMetrics, .walletHold, .walletRelease, .walletAssertHold, .walletBalance,
            .walletStatus, .gatewayStatus, .tokenRejected, .tokenStatus:
            .seconds(1)
        case .walletCredit, .walletDebit, .walletRefund, .walletSettle, .walletHistory, .gatewayTenantCreate,
            .gatewayTenantList, .gatewayTenantUpdate, .gatewayKeyCreate, .gatewayKeyList, .gatewayKeyRevoke,
            .gatewayKeyUpdate, .tokenPut, .tokenList, .tokenConnectBegin:
            .seconds(5)
        case .walletAudit:
            .minutes(10)
        case .gatewayUsage, .gatewayReload, .tokenRemove, .tokenReload:
            .seconds(30)
        case .tokenTest, .tokenConnectFinish, .tokenRefresh:
            .seconds(35)
        case .gatewayHandOver:
            .seconds(60)
        case .gatewayErrors, .gatewayAudit, .tokenEvents:
            .seconds(10)
        case .gatewayWatch, .walletBackup, .gatewayBackup, .tokenWatch, .tokenRotate, .tokenBackup:
            nil
        }
    }
}
