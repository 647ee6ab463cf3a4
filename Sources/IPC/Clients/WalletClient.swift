// WalletClient: the asking side of walletd, one method a message.
//
// For: everybody who spends, moves or reads money. The twin of walletd's service table.
// Refuses: what ClientLink refuses (no connection, too many calls, fields that are too long).
// Called by: gatewayd, cronjobd, weirctl.

public import NIOCore

/// Asks walletd. Bound to its event loop: make it, start it and use it there. `done` is called once, on that loop,
/// possibly before the method returns.
public final class WalletClient {
    /// The connection underneath: its state, and the hook for what must be sent first on a new one.
    public let link: ClientLink

    /// A client of the walletd that listens at `path`. Call `start` before the first question.
    public init(
        path: String, eventLoop: any EventLoop, identity: PeerIdentity, settings: LinkSettings,
        observer: @escaping (LinkEvent) -> Void = { _ in }
    ) {
        link = ClientLink(
            path: path, eventLoop: eventLoop, identity: identity, expecting: .walletd, settings: settings,
            observer: observer)
    }

    /// Begins to connect, and keeps connecting.
    public func start() { link.start() }

    /// Ends the connection; calls that have not ended fail with `stopped`.
    public func stop() { link.stop() }
}

extension WalletClient {
    /// Adds money to a tenant's wallet; the first credit creates it.
    @discardableResult
    public func credit(
        _ request: CreditRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<PostingAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Takes money from a tenant's wallet if the free balance allows.
    @discardableResult
    public func debit(
        _ request: DebitRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<PostingAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Returns all or part of an earlier debit or settlement.
    @discardableResult
    public func refund(
        _ request: RefundRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<PostingAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Sets money aside for one attempt.
    @discardableResult
    public func hold(
        _ request: HoldRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<HoldAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Posts what an attempt cost, in full even beyond the balance, and ends its hold in the same step.
    @discardableResult
    public func settle(
        _ request: SettleRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<PostingAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Ends a hold without posting.
    @discardableResult
    public func release(
        _ request: ReleaseRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<EmptyAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Says again, on a new connection and before anything else, that a hold granted on an earlier one is still alive.
    @discardableResult
    public func assertHold(
        _ request: AssertHoldRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<HoldAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// What a tenant has.
    @discardableResult
    public func balance(
        _ request: BalanceRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<BalanceAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// A tenant's movements, newest first, a page at a time.
    @discardableResult
    public func history(
        _ request: HistoryRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<HistoryAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Folds every entry again and compares.
    @discardableResult
    public func audit(
        _ request: AuditRequest, deadline: TimeAmount? = nil,
        item: @escaping (AuditItem) -> Void, _ done: @escaping (Result<AuditEnd, CallFailure>) -> Void
    ) -> CallTicket { link.stream(request, deadline: deadline, item: item, done) }

    /// How walletd is.
    @discardableResult
    public func status(
        _ request: WalletStatusRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<WalletStatusAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// What the daemon has counted and measured.
    @discardableResult
    public func metrics(
        _ request: MetricsRequest = MetricsRequest(), deadline: TimeAmount? = nil,
        _ done: @escaping (Result<MetricsAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// walletd's database as of one moment.
    @discardableResult
    public func backup(
        _ request: WalletBackupRequest, deadline: TimeAmount? = nil,
        item: @escaping (FileChunk) -> Void, _ done: @escaping (Result<BackupEnd, CallFailure>) -> Void
    ) -> CallTicket { link.stream(request, deadline: deadline, item: item, done) }
}
