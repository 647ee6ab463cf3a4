// AsyncWalletClient: WalletClient for code that awaits.
//
// For: weirctl and tests; never the request path, where a task costs more than the call.
// Refuses: what WalletClient refuses.
// Called by: weirctl, cronjobd.

public import NIOCore

/// Asks walletd from any task. One method a message, each the twin of WalletClient's.
public struct AsyncWalletClient: Sendable {
    private let link: AsyncLink

    /// A client of the walletd that listens at `path`; it begins to connect at once, and the first question waits for
    /// it for at most the settings' patience.
    public init(
        path: String, eventLoop: any EventLoop, identity: PeerIdentity, settings: LinkSettings,
        observer: @escaping @Sendable (LinkEvent) -> Void = { _ in }
    ) async {
        link = await AsyncLink(
            path: path, eventLoop: eventLoop, identity: identity, expecting: .walletd, settings: settings,
            observer: observer)
    }

    /// Ends the connection; calls that have not ended fail with `stopped`.
    public func stop() async { await link.stop() }
}

extension AsyncWalletClient {
    /// Adds money to a tenant's wallet; the first credit creates it.
    @discardableResult
    public func credit(
        _ request: CreditRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> PostingAnswer { try await link.call(request, deadline) }

    /// Takes money from a tenant's wallet if the free balance allows.
    @discardableResult
    public func debit(
        _ request: DebitRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> PostingAnswer { try await link.call(request, deadline) }

    /// Returns all or part of an earlier debit or settlement.
    @discardableResult
    public func refund(
        _ request: RefundRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> PostingAnswer { try await link.call(request, deadline) }

    /// Sets money aside for one attempt.
    @discardableResult
    public func hold(
        _ request: HoldRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> HoldAnswer { try await link.call(request, deadline) }

    /// Posts what an attempt cost, in full even beyond the balance, and ends its hold in the same step.
    @discardableResult
    public func settle(
        _ request: SettleRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> PostingAnswer { try await link.call(request, deadline) }

    /// Ends a hold without posting.
    @discardableResult
    public func release(
        _ request: ReleaseRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> EmptyAnswer { try await link.call(request, deadline) }

    /// Says again, on a new connection and before anything else, that a hold granted on an earlier one is still alive.
    @discardableResult
    public func assertHold(
        _ request: AssertHoldRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> HoldAnswer { try await link.call(request, deadline) }

    /// What a tenant has.
    @discardableResult
    public func balance(
        _ request: BalanceRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> BalanceAnswer { try await link.call(request, deadline) }

    /// A tenant's movements, newest first, a page at a time.
    @discardableResult
    public func history(
        _ request: HistoryRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> HistoryAnswer { try await link.call(request, deadline) }

    /// Folds every entry again and compares.
    public func audit(
        _ request: AuditRequest = AuditRequest(), deadline: TimeAmount? = nil
    ) -> CallStream<AuditRequest> { link.stream(request, deadline) }

    /// How walletd is.
    @discardableResult
    public func status(
        _ request: WalletStatusRequest = WalletStatusRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> WalletStatusAnswer { try await link.call(request, deadline) }

    /// What the daemon has counted and measured.
    @discardableResult
    public func metrics(
        _ request: MetricsRequest = MetricsRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> MetricsAnswer { try await link.call(request, deadline) }

    /// walletd's database as of one moment.
    public func backup(
        _ request: WalletBackupRequest = WalletBackupRequest(), deadline: TimeAmount? = nil
    ) -> CallStream<WalletBackupRequest> { link.stream(request, deadline) }
}
