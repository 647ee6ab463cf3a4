// Service: everything gatewayd may be asked by its siblings and its operator.
//
// For: one table to review: number, who may ask, within what time, by which handler.
// Refuses: whatever the rows do not say; IPC turns away other roles, unreadable requests and late answers.
// Called by: Main (one table for the listener, on the listener's event loop).

import IPC
import Metrics
import NIOCore
import Storage
import Tenancy

/// What handlers work with. Bound to the listener's event loop.
struct ServiceContext {
    let store: StoreQueue
    let administration: Administration
    /// How the daemon stands now; cheap.
    let vitals: @Sendable () -> GatewayVitals
    /// Everything that is counted; calls back once, on the loop it is given.
    let metrics: @Sendable (any EventLoop, _ done: @escaping @Sendable ([MetricReading]) -> Void) -> Void
    /// Reads the configuration again; calls back once, from any thread.
    let reload: @Sendable (_ done: @escaping @Sendable (ReloadAnswer) -> Void) -> Void
    /// Hands over to a successor; calls back once, from any thread.
    let handOver: @Sendable (_ done: @escaping @Sendable (HandOverAnswer) -> Void) -> Void
    let clock: @Sendable () -> UnixMillis
    let eventLoop: any EventLoop
    let backups: BackupDuty
    let watchers = WatcherCount()
}

/// What the status answer says that the store does not know.
struct GatewayVitals: Sendable {
    var startedAt: UnixMillis
    var isDraining: Bool
    var isWalletConnected: Bool
    var requests: UInt64
    var errors: UInt64
    var inFlight: UInt32
    var connections: UInt32
    var configGeneration: UInt64
    var configLoadedAt: UnixMillis
    var instance: UInt64
    var build: String
}

enum Service {
    /// Who may see how the daemon is and what was used.
    private static let reporters: PeerRoles = [.cronjobd, .weirctl]

    static func table(_ context: ServiceContext) -> ServiceTable {
        ServiceTable(
            owner: .gatewayd,
            [
                .call(TenantCreateRequest.self, from: .weirctl, within: .seconds(5)) { context.createTenant($0, $1) },
                .call(TenantListRequest.self, from: .weirctl, within: .seconds(5)) { context.listTenants($0, $1) },
                .call(TenantUpdateRequest.self, from: .weirctl, within: .seconds(5)) { context.updateTenant($0, $1) },
                .call(KeyCreateRequest.self, from: .weirctl, within: .seconds(5)) { context.createKey($0, $1) },
                .call(KeyListRequest.self, from: .weirctl, within: .seconds(5)) { context.listKeys($0, $1) },
                .call(KeyRevokeRequest.self, from: .weirctl, within: .seconds(5)) { context.revokeKey($0, $1) },
                .call(KeyUpdateRequest.self, from: .weirctl, within: .seconds(5)) { context.updateKey($0, $1) },
                .call(UsageReportRequest.self, from: reporters, within: .seconds(30)) { context.usage($0, $1) },
                .call(ErrorReportRequest.self, from: reporters, within: .seconds(10)) { context.errors($0, $1) },
                .call(GatewayAuditRequest.self, from: .weirctl, within: .seconds(10)) { context.audit($0, $1) },
                .call(GatewayStatusRequest.self, from: reporters, within: .seconds(1)) { context.status($1) },
                .call(ReloadRequest.self, from: .weirctl, within: .seconds(30)) { context.reload($1) },
                .call(HandOverRequest.self, from: .weirctl, within: .seconds(60)) { context.handOver($1) },
                .stream(WatchRequest.self, from: .weirctl, within: nil) { context.watch($0, $1) },
                .stream(GatewayBackupRequest.self, from: .weirctl, within: nil) { context.backup($0, $1) },
                .call(MetricsRequest.self, from: .all, within: .seconds(1)) { context.metrics($1) },
            ])
    }
}

extension ServiceContext {
    /// The end of a question to the store: `body` makes the answer, a failure is told as one.
    func reply<Value: Sendable, Response>(
        to answer: IPC.Answer<Response>, _ body: @escaping (Value) -> Response
    ) -> @Sendable (Result<Value, StoreFailure>) -> Void {
        let bound = NIOLoopBound((answer, body), eventLoop: eventLoop)
        return { result in
            let (answer, body) = bound.value
            switch result {
            case .success(let value): answer.send(body(value))
            case .failure(let failure): answer.fail(failure.code, failure.text)
            }
        }
    }

    /// The end of a change: `done` and `refused` make the answer, a failure of the store is told as one.
    func reply<Value: Sendable, Response>(
        to answer: IPC.Answer<Response>, _ done: @escaping (Value) -> Response,
        refused: @escaping (AdminRefusal) -> Response
    ) -> @Sendable (Result<Value, AdminFailure>) -> Void {
        let bound = NIOLoopBound((answer, done, refused), eventLoop: eventLoop)
        return { result in
            let (answer, done, refused) = bound.value
            switch result {
            case .success(let value): answer.send(done(value))
            case .failure(.refused(let refusal)): answer.send(refused(refusal))
            case .failure(.store(let failure)): answer.fail(failure.code, failure.text)
            }
        }
    }
}

extension StoreFailure {
    /// What a sibling is told.
    var code: FailureCode {
        switch self {
        case .overloaded: .overloaded
        case .storage: .unavailable
        }
    }

    /// One line for an operator.
    var text: String {
        switch self {
        case .overloaded: "too many questions wait for the store"
        case .storage(let error): error.description
        }
    }
}
