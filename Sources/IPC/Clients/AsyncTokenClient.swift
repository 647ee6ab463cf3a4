// AsyncTokenClient: TokenClient for code that awaits.
//
// For: weirctl and tests; never the request path, where a task costs more than the call.
// Refuses: what TokenClient refuses.
// Called by: weirctl, cronjobd.

public import NIOCore

/// Asks tokend from any task. One method a message, each the twin of TokenClient's.
public struct AsyncTokenClient: Sendable {
    private let link: AsyncLink

    /// A client of the tokend that listens at `path`; it begins to connect at once, and the first question waits for
    /// it for at most the settings' patience.
    public init(
        path: String, eventLoop: any EventLoop, identity: PeerIdentity, settings: LinkSettings,
        observer: @escaping @Sendable (LinkEvent) -> Void = { _ in }
    ) async {
        link = await AsyncLink(
            path: path, eventLoop: eventLoop, identity: identity, expecting: .tokend, settings: settings,
            observer: observer)
    }

    /// Ends the connection; calls that have not ended fail with `stopped`.
    public func stop() async { await link.stop() }
}

extension AsyncTokenClient {
    /// Credentials that gatewayd may use: all there are, then every change.
    public func watch(
        _ request: TokenWatchRequest = TokenWatchRequest(), deadline: TimeAmount? = nil
    ) -> CallStream<TokenWatchRequest> { link.stream(request, deadline) }

    /// Says that a provider has refused a credential.
    @discardableResult
    public func rejected(
        _ request: TokenRejectedRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> EmptyAnswer { try await link.call(request, deadline) }

    /// Connects an account with secrets that are at hand, or replaces them.
    @discardableResult
    public func put(
        _ request: TokenPutRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TokenPutAnswer { try await link.call(request, deadline) }

    /// Connected accounts, a page at a time.
    @discardableResult
    public func list(
        _ request: TokenListRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TokenListAnswer { try await link.call(request, deadline) }

    /// Disconnects an account.
    @discardableResult
    public func remove(
        _ request: TokenRemoveRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TokenRemoveAnswer { try await link.call(request, deadline) }

    /// Asks the provider something harmless with the credential.
    @discardableResult
    public func test(
        _ request: TokenTestRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TokenTestAnswer { try await link.call(request, deadline) }

    /// Begins an OAuth connection.
    @discardableResult
    public func connectBegin(
        _ request: ConnectBeginRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> ConnectBeginAnswer { try await link.call(request, deadline) }

    /// Ends an OAuth connection.
    @discardableResult
    public func connectFinish(
        _ request: ConnectFinishRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> ConnectFinishAnswer { try await link.call(request, deadline) }

    /// Seals everything anew that an older key has sealed.
    public func rotate(
        _ request: TokenRotateRequest = TokenRotateRequest(), deadline: TimeAmount? = nil
    ) -> CallStream<TokenRotateRequest> { link.stream(request, deadline) }

    /// How tokend is.
    @discardableResult
    public func status(
        _ request: TokenStatusRequest = TokenStatusRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TokenStatusAnswer { try await link.call(request, deadline) }

    /// What was done to accounts, newest first.
    @discardableResult
    public func events(
        _ request: TokenEventsRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TokenEventsAnswer { try await link.call(request, deadline) }

    /// tokend's database as of one moment.
    public func backup(
        _ request: TokenBackupRequest = TokenBackupRequest(), deadline: TimeAmount? = nil
    ) -> CallStream<TokenBackupRequest> { link.stream(request, deadline) }

    /// Refreshes a credential now.
    @discardableResult
    public func refresh(
        _ request: TokenRefreshRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TokenRefreshAnswer { try await link.call(request, deadline) }

    /// Reads the configuration again.
    @discardableResult
    public func reload(
        _ request: TokenReloadRequest = TokenReloadRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TokenReloadAnswer { try await link.call(request, deadline) }

    /// What the daemon has counted and measured.
    @discardableResult
    public func metrics(
        _ request: MetricsRequest = MetricsRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> MetricsAnswer { try await link.call(request, deadline) }
}
