// TokenClient: the asking side of tokend, one method a message.
//
// For: everybody who needs a credential or connects an account. The twin of tokend's service table.
// Refuses: what ClientLink refuses (no connection, too many calls, fields that are too long).
// Called by: gatewayd, cronjobd, weirctl.

public import NIOCore

/// Asks tokend. Bound to its event loop: make it, start it and use it there. `done` is called once, on that loop,
/// possibly before the method returns.
public final class TokenClient {
    /// The connection underneath: its state, and the hook for what must be sent first on a new one.
    public let link: ClientLink

    /// A client of the tokend that listens at `path`. Call `start` before the first question.
    public init(
        path: String, eventLoop: any EventLoop, identity: PeerIdentity, settings: LinkSettings,
        observer: @escaping (LinkEvent) -> Void = { _ in }
    ) {
        link = ClientLink(
            path: path, eventLoop: eventLoop, identity: identity, expecting: .tokend, settings: settings,
            observer: observer)
    }

    /// Begins to connect, and keeps connecting.
    public func start() { link.start() }

    /// Ends the connection; calls that have not ended fail with `stopped`.
    public func stop() { link.stop() }
}

extension TokenClient {
    /// Credentials that gatewayd may use: all there are, then every change.
    @discardableResult
    public func watch(
        _ request: TokenWatchRequest, deadline: TimeAmount? = nil,
        item: @escaping (CredentialChange) -> Void, _ done: @escaping (Result<EmptyAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.stream(request, deadline: deadline, item: item, done) }

    /// Says that a provider has refused a credential.
    @discardableResult
    public func rejected(
        _ request: TokenRejectedRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<EmptyAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Connects an account with secrets that are at hand, or replaces them.
    @discardableResult
    public func put(
        _ request: TokenPutRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TokenPutAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Connected accounts, a page at a time.
    @discardableResult
    public func list(
        _ request: TokenListRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TokenListAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Disconnects an account.
    @discardableResult
    public func remove(
        _ request: TokenRemoveRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TokenRemoveAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Asks the provider something harmless with the credential.
    @discardableResult
    public func test(
        _ request: TokenTestRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TokenTestAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Begins an OAuth connection.
    @discardableResult
    public func connectBegin(
        _ request: ConnectBeginRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<ConnectBeginAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Ends an OAuth connection.
    @discardableResult
    public func connectFinish(
        _ request: ConnectFinishRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<ConnectFinishAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Seals everything anew that an older key has sealed.
    @discardableResult
    public func rotate(
        _ request: TokenRotateRequest, deadline: TimeAmount? = nil,
        item: @escaping (RotationProgress) -> Void, _ done: @escaping (Result<RotationEnd, CallFailure>) -> Void
    ) -> CallTicket { link.stream(request, deadline: deadline, item: item, done) }

    /// How tokend is.
    @discardableResult
    public func status(
        _ request: TokenStatusRequest = TokenStatusRequest(), deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TokenStatusAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// What was done to accounts, newest first.
    @discardableResult
    public func events(
        _ request: TokenEventsRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TokenEventsAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// tokend's database as of one moment.
    @discardableResult
    public func backup(
        _ request: TokenBackupRequest, deadline: TimeAmount? = nil,
        item: @escaping (FileChunk) -> Void, _ done: @escaping (Result<BackupEnd, CallFailure>) -> Void
    ) -> CallTicket { link.stream(request, deadline: deadline, item: item, done) }

    /// Refreshes a credential now.
    @discardableResult
    public func refresh(
        _ request: TokenRefreshRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TokenRefreshAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Reads the configuration again.
    @discardableResult
    public func reload(
        _ request: TokenReloadRequest = TokenReloadRequest(), deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TokenReloadAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// What the daemon has counted and measured.
    @discardableResult
    public func metrics(
        _ request: MetricsRequest = MetricsRequest(), deadline: TimeAmount? = nil,
        _ done: @escaping (Result<MetricsAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }
}
