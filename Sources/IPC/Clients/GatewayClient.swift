// GatewayClient: the asking side of gatewayd, one method a message.
//
// For: the operator's command, and schedules that report. The twin of gatewayd's service table.
// Refuses: what ClientLink refuses (no connection, too many calls, fields that are too long).
// Called by: weirctl, cronjobd.

public import NIOCore

/// Asks gatewayd. Bound to its event loop: make it, start it and use it there. `done` is called once, on that loop,
/// possibly before the method returns.
public final class GatewayClient {
    /// The connection underneath: its state, and the hook for what must be sent first on a new one.
    public let link: ClientLink

    /// A client of the gatewayd that listens at `path`. Call `start` before the first question.
    public init(
        path: String, eventLoop: any EventLoop, identity: PeerIdentity, settings: LinkSettings,
        observer: @escaping (LinkEvent) -> Void = { _ in }
    ) {
        link = ClientLink(
            path: path, eventLoop: eventLoop, identity: identity, expecting: .gatewayd, settings: settings,
            observer: observer)
    }

    /// Begins to connect, and keeps connecting.
    public func start() { link.start() }

    /// Ends the connection; calls that have not ended fail with `stopped`.
    public func stop() { link.stop() }
}

extension GatewayClient {
    /// Makes a tenant.
    @discardableResult
    public func tenantCreate(
        _ request: TenantCreateRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<AdminAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Tenants by name, a page at a time.
    @discardableResult
    public func tenantList(
        _ request: TenantListRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<TenantListAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Changes a tenant; what is kept is left alone.
    @discardableResult
    public func tenantUpdate(
        _ request: TenantUpdateRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<AdminAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Makes an API key.
    @discardableResult
    public func keyCreate(
        _ request: KeyCreateRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<KeyCreateAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Keys by their public name, a page at a time, revoked and expired ones too.
    @discardableResult
    public func keyList(
        _ request: KeyListRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<KeyListAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Ends a key for ever; the very next request with it is refused.
    @discardableResult
    public func keyRevoke(
        _ request: KeyRevokeRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<KeyRevokeAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Changes a key; what is kept is left alone.
    @discardableResult
    public func keyUpdate(
        _ request: KeyUpdateRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<AdminAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Requests, tokens and cost over a time.
    @discardableResult
    public func usage(
        _ request: UsageReportRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<UsageReportAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// The error ledger, newest first, a page at a time.
    @discardableResult
    public func errors(
        _ request: ErrorReportRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<ErrorReportAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Who changed tenants and keys, newest first, a page at a time.
    @discardableResult
    public func audit(
        _ request: GatewayAuditRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<GatewayAuditAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// How gatewayd is.
    @discardableResult
    public func status(
        _ request: GatewayStatusRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<GatewayStatusAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Reads the configuration again; a bad one is refused and the old one stays.
    @discardableResult
    public func reload(
        _ request: ReloadRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<ReloadAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Starts gatewayd's successor and hands over to it.
    @discardableResult
    public func handOver(
        _ request: HandOverRequest, deadline: TimeAmount? = nil,
        _ done: @escaping (Result<HandOverAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// Every request as it ends.
    @discardableResult
    public func watch(
        _ request: WatchRequest, deadline: TimeAmount? = nil,
        item: @escaping (RequestRecord) -> Void, _ done: @escaping (Result<EmptyAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.stream(request, deadline: deadline, item: item, done) }

    /// What the daemon has counted and measured.
    @discardableResult
    public func metrics(
        _ request: MetricsRequest = MetricsRequest(), deadline: TimeAmount? = nil,
        _ done: @escaping (Result<MetricsAnswer, CallFailure>) -> Void
    ) -> CallTicket { link.call(request, deadline: deadline, done) }

    /// gatewayd's database as of one moment.
    @discardableResult
    public func backup(
        _ request: GatewayBackupRequest, deadline: TimeAmount? = nil,
        item: @escaping (FileChunk) -> Void, _ done: @escaping (Result<BackupEnd, CallFailure>) -> Void
    ) -> CallTicket { link.stream(request, deadline: deadline, item: item, done) }
}
