// TokenLink: one event loop's dealings with tokend.
//
// For: keeping the loop's credentials as they are in the vault, and saying which of them a provider did not accept.
// Refuses: to be waited for once it knows something: requests work with that, also while tokend is away.
// Called by: GatewayMaker (makes it), AgentRunner (credentials), the routes for accounts (questions to tokend).

import DaemonKit
import IPC
import Logging
import NIOCore
import Tenancy

/// Loop-bound.
final class TokenLink {
    /// The pause before credentials are watched again on a connection that stands, as after tokend's reload.
    static let watchRetry: TimeAmount = .milliseconds(200)
    /// How long tokend may take to hear of a credential that was not accepted.
    static let rejectedDeadline: TimeAmount = .seconds(5)
    /// How long after its start a link has requests wait for the first picture: as long as paid ones wait for walletd.
    static let patience: TimeAmount = .seconds(1)
    /// More wait for it than any second brings; those beyond are answered at once that nothing is known.
    static let waitingMost = 1024

    /// Asks tokend; a question waits for the link's patience while tokend is away, then fails.
    let client: TokenClient
    /// The credentials of this loop.
    let credentials = CredentialTable()
    private let eventLoop: any EventLoop
    private let lane: MetricLane<GatewayMetric>
    /// Of all loops one tells how many credentials there are.
    private let counts: Bool
    private let log: Logger
    /// Tells watches apart: what an older one still says is not heard.
    private var watch = 0
    /// What tokend was told not to be accepted.
    private var rejections = Rejections()
    private var isStopped = false
    /// Requests that wait for the first picture; `nil` when none waits any more.
    private var waiting: [() -> Void]? = []

    init(
        client: TokenClient, eventLoop: any EventLoop, lane: MetricLane<GatewayMetric>, counts: Bool, log: Logger
    ) {
        (self.client, self.eventLoop, self.lane, self.counts, self.log) = (client, eventLoop, lane, counts, log)
        client.link.onConnected = { [unowned self] in beginWatch() }
    }

    /// Begins to connect, and keeps connecting.
    func start() {
        client.start()
        eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { [weak self] in self?.endWaiting() }
    }

    /// Ends the connection; credentials stay as they are.
    func stop() {
        isStopped = true
        client.stop()
        endWaiting()
    }

    /// Calls `done` when the credentials are known or were waited for long enough: at once but for a link's first
    /// moments, in which a gatewayd that has just started serves clients already.
    func whenKnown(_ done: @escaping () -> Void) {
        guard let count = waiting?.count, count < Self.waitingMost else { return done() }
        waiting?.append(done)
    }

    private func endWaiting() {
        let ended = waiting ?? []
        waiting = nil
        for done in ended { done() }
    }

    var isConnected: Bool { client.link.isConnected }

    /// A provider has refused this credential with 401: told once, again when tokend did not hear it, and again after a
    /// while.
    func reject(_ account: AccountKey, generation: UInt64) {
        guard rejections.isNew(account, generation, at: .now()) else { return }
        let request = TokenRejectedRequest(account: account, generation: generation)
        client.rejected(request, deadline: Self.rejectedDeadline) { [self] result in
            guard case .failure(let failure) = result else { return }
            rejections.forget(account, generation)
            log.warning(
                "tokend was not told of a credential that was refused",
                metadata: ["account": "\(account)", "failure": "\(failure)"])
        }
    }
}

extension TokenLink {
    private func beginWatch() {
        watch += 1
        let number = watch
        credentials.begin()
        client.watch(TokenWatchRequest()) { [weak self] change in
            guard let self, number == watch else { return }
            take(change)
        } _: { [weak self] result in
            guard let self, number == watch else { return }
            ended(result)
        }
    }

    private func take(_ change: CredentialChange) {
        credentials.take(change)
        if let account = change.account { rejections.forget(account) }
        if change.phase == .complete {
            log.info("credentials are known", metadata: ["usable": "\(credentials.usable)"])
            endWaiting()
        }
        if counts, change.phase != .snapshot { lane.set(.credentials, to: credentials.usable) }
    }

    /// tokend ends a watch when it reloads or cannot read the vault. A new connection begins a watch by itself.
    private func ended(_ result: Result<EmptyAnswer, CallFailure>) {
        guard isConnected, !isStopped else { return }
        if case .failure(let failure) = result {
            log.info("credentials are asked for again", metadata: ["reason": "\(failure)"])
        }
        let number = watch
        eventLoop.assumeIsolated().scheduleTask(in: Self.watchRetry) { [weak self] in
            guard let self, number == watch, isConnected, !isStopped else { return }
            beginWatch()
        }
    }
}

/// Credentials that tokend was told not to be accepted, so that a burst of refused calls is one message.
struct Rejections {
    /// How long one is remembered. Longer than tokend refreshes nothing it has just refreshed
    /// (`RefreshPolicy.demandSpacing`): a provider that refuses a credential within that time is heard after it.
    static let memory: TimeAmount = .seconds(45)

    private var told: [AccountKey: (generation: UInt64, until: NIODeadline)] = [:]

    /// Whether tokend is to be told now; then it is remembered.
    mutating func isNew(_ account: AccountKey, _ generation: UInt64, at now: NIODeadline) -> Bool {
        if let known = told[account], known.generation == generation, now < known.until { return false }
        told[account] = (generation, now + Self.memory)
        return true
    }

    /// tokend did not hear it.
    mutating func forget(_ account: AccountKey, _ generation: UInt64) {
        if told[account]?.generation == generation { told[account] = nil }
    }

    /// There is news of the account.
    mutating func forget(_ account: AccountKey) { told[account] = nil }
}
