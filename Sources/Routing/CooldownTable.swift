// CooldownTable: the cooldowns of every provider and host of a catalog.
//
// For: planning attempts around what is known to be down. Each event loop keeps its own table: what one loop learns
// the next finds out within one request, and nothing is shared.
// Refuses: nothing; it answers what may be tried.
// Called by: AttemptPlan (asks), gatewayd (reports how attempts ended, and carries the table over a reload).

/// Cooldowns by provider (connection and credential) and by host (one model there).
public struct CooldownTable: Sendable {
    private var providers: [Cooldown]
    private var hosts: [Cooldown]

    /// A table for `catalog` in which nothing has failed.
    public init(_ catalog: Catalog) {
        providers = Array(repeating: Cooldown(), count: catalog.providers.count)
        hosts = Array(repeating: Cooldown(), count: catalog.hostCount)
    }

    /// The table for `catalog` with what was known of `old`, by names: a reload forgets nothing and inherits nothing
    /// by position.
    public init(_ catalog: Catalog, inheriting table: CooldownTable, of old: Catalog) {
        self.init(catalog)
        let known = Dictionary(uniqueKeysWithValues: old.providers.map { ($0.name, table.providers[$0.index]) })
        for provider in catalog.providers { providers[provider.index] = known[provider.name] ?? Cooldown() }
        let pairs = old.models.flatMap { model in model.hosts.map { (Self.key(model, $0), table.hosts[$0.index]) } }
        let knownHosts = Dictionary(uniqueKeysWithValues: pairs)
        for model in catalog.models {
            for host in model.hosts { hosts[host.index] = knownHosts[Self.key(model, host)] ?? Cooldown() }
        }
    }

    /// Notes that an attempt at `attempt` failed at `now`. Trouble with the connection, the credential or a stated
    /// limit benches the whole provider; trouble with an answer benches this model there. Returns whether it is news: the
    /// attempt before was answered.
    @discardableResult
    public mutating func failed(
        _ attempt: PlannedAttempt, _ trouble: UpstreamTrouble, now: UInt64, jitter: UInt64
    ) -> Bool {
        let isNews = !isUntried(attempt.host)
        switch trouble {
        case .connect, .credentialRefused, .rateLimited(.some):
            let provider = attempt.host.provider.index
            providers[provider] = providers[provider].failed(trouble, now: now, jitter: jitter)
        case .timeout, .serverError, .rateLimited(nil):
            let host = attempt.host.index
            hosts[host] = hosts[host].failed(trouble, now: now, jitter: jitter)
        }
        return isNews
    }

    /// Notes that an attempt was answered. Returns whether it is news: the attempt before had failed.
    @discardableResult
    public mutating func succeeded(_ attempt: PlannedAttempt) -> Bool {
        let isNews = isUntried(attempt.host)
        providers[attempt.host.provider.index] = Cooldown()
        hosts[attempt.host.index] = Cooldown()
        return isNews
    }

    /// The rest of a host's pause in nanoseconds, and whether the vendor stated it.
    func pause(of host: CatalogHost, now: UInt64) -> (nanos: UInt64, isStated: Bool) {
        let (provider, own) = (providers[host.provider.index], hosts[host.index])
        let (providerPause, ownPause) = (provider.remainingNanos(now: now), own.remainingNanos(now: now))
        return (max(providerPause, ownPause), provider.isStated && providerPause > 0 || own.isStated && ownPause > 0)
    }

    /// Whether a host failed last: once its pause is over, the next request is a trial.
    func isUntried(_ host: CatalogHost) -> Bool {
        providers[host.provider.index].failures > 0 || hosts[host.index].failures > 0
    }

    /// Marks a trial of `host` as under way.
    mutating func beginTrial(of host: CatalogHost, now: UInt64) {
        let provider = host.provider.index
        if providers[provider].failures > 0 { providers[provider] = providers[provider].onTrial(now: now) }
        if hosts[host.index].failures > 0 { hosts[host.index] = hosts[host.index].onTrial(now: now) }
    }

    private static func key(_ model: CatalogModel, _ host: CatalogHost) -> [String] {
        [model.id, host.provider.name, host.upstreamModel]
    }
}
