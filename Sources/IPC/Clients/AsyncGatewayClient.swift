// AsyncGatewayClient: GatewayClient for code that awaits.
//
// For: weirctl and tests; never the request path, where a task costs more than the call.
// Refuses: what GatewayClient refuses.
// Called by: weirctl, cronjobd.

public import NIOCore

/// Asks gatewayd from any task. One method a message, each the twin of GatewayClient's.
public struct AsyncGatewayClient: Sendable {
    private let link: AsyncLink

    /// A client of the gatewayd that listens at `path`; it begins to connect at once, and the first question waits
    /// for it for at most the settings' patience.
    public init(
        path: String, eventLoop: any EventLoop, identity: PeerIdentity, settings: LinkSettings,
        observer: @escaping @Sendable (LinkEvent) -> Void = { _ in }
    ) async {
        link = await AsyncLink(
            path: path, eventLoop: eventLoop, identity: identity, expecting: .gatewayd, settings: settings,
            observer: observer)
    }

    /// Ends the connection; calls that have not ended fail with `stopped`.
    public func stop() async { await link.stop() }
}

extension AsyncGatewayClient {
    /// Makes a tenant.
    @discardableResult
    public func tenantCreate(
        _ request: TenantCreateRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> AdminAnswer { try await link.call(request, deadline) }

    /// Tenants by name, a page at a time.
    @discardableResult
    public func tenantList(
        _ request: TenantListRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> TenantListAnswer { try await link.call(request, deadline) }

    /// Changes a tenant; what is kept is left alone.
    @discardableResult
    public func tenantUpdate(
        _ request: TenantUpdateRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> AdminAnswer { try await link.call(request, deadline) }

    /// Makes an API key.
    @discardableResult
    public func keyCreate(
        _ request: KeyCreateRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> KeyCreateAnswer { try await link.call(request, deadline) }

    /// Keys by their public name, a page at a time, revoked and expired ones too.
    @discardableResult
    public func keyList(
        _ request: KeyListRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> KeyListAnswer { try await link.call(request, deadline) }

    /// Ends a key for ever; the very next request with it is refused.
    @discardableResult
    public func keyRevoke(
        _ request: KeyRevokeRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> KeyRevokeAnswer { try await link.call(request, deadline) }

    /// Changes a key; what is kept is left alone.
    @discardableResult
    public func keyUpdate(
        _ request: KeyUpdateRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> AdminAnswer { try await link.call(request, deadline) }

    /// Requests, tokens and cost over a time.
    @discardableResult
    public func usage(
        _ request: UsageReportRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> UsageReportAnswer { try await link.call(request, deadline) }

    /// The error ledger, newest first, a page at a time.
    @discardableResult
    public func errors(
        _ request: ErrorReportRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> ErrorReportAnswer { try await link.call(request, deadline) }

    /// Who changed tenants and keys, newest first, a page at a time.
    public func audit(
        _ request: GatewayAuditRequest, deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> GatewayAuditAnswer { try await link.call(request, deadline) }

    /// How gatewayd is.
    @discardableResult
    public func status(
        _ request: GatewayStatusRequest = GatewayStatusRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> GatewayStatusAnswer { try await link.call(request, deadline) }

    /// Reads the configuration again; a bad one is refused and the old one stays.
    @discardableResult
    public func reload(
        _ request: ReloadRequest = ReloadRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> ReloadAnswer { try await link.call(request, deadline) }

    /// Starts gatewayd's successor and hands over to it.
    @discardableResult
    public func handOver(
        _ request: HandOverRequest = HandOverRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> HandOverAnswer { try await link.call(request, deadline) }

    /// Every request as it ends.
    public func watch(
        _ request: WatchRequest, deadline: TimeAmount? = nil
    ) -> CallStream<WatchRequest> { link.stream(request, deadline) }

    /// What the daemon has counted and measured.
    @discardableResult
    public func metrics(
        _ request: MetricsRequest = MetricsRequest(), deadline: TimeAmount? = nil
    ) async throws(CallFailure) -> MetricsAnswer { try await link.call(request, deadline) }

    /// gatewayd's database as of one moment.
    public func backup(
        _ request: GatewayBackupRequest = GatewayBackupRequest(), deadline: TimeAmount? = nil
    ) -> CallStream<GatewayBackupRequest> { link.stream(request, deadline) }
}
