// Service: everything tokend may be asked, in one table.
//
// For: gatewayd (credentials, connecting), cronjobd and weirctl (lists, upkeep).
// Refuses: by role, here; by the rules of each message, in Service+*.swift; what needs the disk while the disk fails.
// Called by: the Listener, on the event loop. The asking side is `TokenClient`.

import Connections
import DaemonKit
import HTTP
import IPC
import Logging
import NIOCore
import Refresh
import Storage
import Tenancy

/// The vault as its peers see it. Bound to its event loop.
final class Service {
    let loop: any EventLoop
    let store: StoreDoor
    let refreshes: RefreshLoop
    let watchers: Watchers
    let courier: Courier
    let events: EventLog
    let backups: BackupDuty
    let process: ProcessFacts
    let board: MetricBoard<TokenMetric>
    let lane: MetricLane<TokenMetric>
    let resolver: any NameResolver
    /// Replaced by a reload.
    var limits: AccountLimits
    weak var listener: Listener?
    /// Whether a walk over all envelopes is under way.
    var isRotating = false

    /// What a status answer says about the process, and how it is reloaded.
    struct ProcessFacts: Sendable {
        let startedAt: UnixMillis
        let identity: PeerIdentity
        /// Where a copy of the vault is while it is being made.
        let copyPath: String
        /// Whether the kernel keeps all memory of the process out of swap.
        let isLocked: Bool
        /// Reads the configuration again; calls back once, from any thread.
        let reload: @Sendable (_ done: @escaping @Sendable (TokenReloadAnswer) -> Void) -> Void
    }

    /// Bounds on accounts.
    struct AccountLimits: Sendable {
        var perTenant = 1000
    }

    init(_ parts: ServiceParts, on loop: any EventLoop, process: ProcessFacts) {
        self.loop = loop
        (store, refreshes, watchers, courier) = (parts.store, parts.refreshes, parts.watchers, parts.courier)
        (events, board, lane, resolver) = (parts.events, parts.board, parts.lane, parts.resolver)
        limits = parts.limits
        self.process = process
        let log = parts.events.log
        backups = BackupDuty(path: process.copyPath, build: process.identity.build, eventLoop: loop) { asker in
            log.notice("a backup is taken", metadata: ["user": "\(asker.uid)"])
        }
    }

    /// The whole boundary. A peer has no second phase: after its hello it may ask all that its role permits.
    func makeTable() -> ServiceTable {
        let readers: PeerRoles = [.gatewayd, .cronjobd, .weirctl]
        return ServiceTable(
            owner: .tokend,
            [
                .stream(TokenWatchRequest.self, from: .gatewayd, within: nil, watch),
                .call(TokenRejectedRequest.self, from: .gatewayd, within: .seconds(1), rejected),
                .call(TokenPutRequest.self, from: [.gatewayd, .weirctl], within: .seconds(5), put),
                .call(TokenListRequest.self, from: readers, within: .seconds(5), list),
                .call(TokenRemoveRequest.self, from: [.gatewayd, .weirctl], within: .seconds(30), remove),
                .call(TokenTestRequest.self, from: [.gatewayd, .weirctl], within: .seconds(35), test),
                .call(ConnectBeginRequest.self, from: .gatewayd, within: .seconds(5), connectBegin),
                .call(ConnectFinishRequest.self, from: .gatewayd, within: .seconds(35), connectFinish),
                .stream(TokenRotateRequest.self, from: .weirctl, within: nil, rotate),
                .call(TokenStatusRequest.self, from: readers, within: .seconds(1), status),
                .call(TokenEventsRequest.self, from: readers, within: .seconds(10), showEvents),
                .stream(TokenBackupRequest.self, from: .weirctl, within: nil, backup),
                .call(TokenRefreshRequest.self, from: .weirctl, within: .seconds(35), refresh),
                .call(TokenReloadRequest.self, from: .weirctl, within: .seconds(30), reload),
                .call(MetricsRequest.self, from: .all, within: .seconds(1), metrics),
            ])
    }
}

/// What a service is made of.
struct ServiceParts {
    let store: StoreDoor
    let refreshes: RefreshLoop
    let watchers: Watchers
    let courier: Courier
    let events: EventLog
    let board: MetricBoard<TokenMetric>
    let lane: MetricLane<TokenMetric>
    /// Of names in addresses that tenants name.
    let resolver: any NameResolver
    let limits: Service.AccountLimits
}

extension StoreFailure {
    /// What a sibling is told.
    var code: FailureCode {
        switch self {
        case .overloaded: .overloaded
        case .storage: .unavailable
        }
    }
}

extension Service {
    /// The end of a question to the store: `body` answers, a failure is told as one.
    func reply<Value, Response>(
        to answer: Answer<Response>, _ body: @escaping (Value) -> Void
    ) -> (Result<Value, StoreFailure>) -> Void {
        { result in
            switch result {
            case .success(let value): body(value)
            case .failure(let failure): answer.fail(failure.code, failure.text)
            }
        }
    }
}
