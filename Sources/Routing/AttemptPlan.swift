// AttemptPlan: which hosts a request will try, in which order, at which prices.
//
// For: deciding everything about failover before the first attempt starts. Prices are captured here: a reload while
// the request runs changes neither its hold nor its settlement (case B-33).
// Refuses: models all of whose hosts asked for a pause. Which language a host speaks does not matter: a request is
// translated where it differs from the client's.
// Called by: gatewayd (RequestPipeline).

public import Money

/// One attempt of a plan.
public struct PlannedAttempt: Hashable, Sendable {
    /// Where it goes.
    public let host: CatalogHost

    /// The provider's position in `Catalog.providers`.
    public var provider: Int { host.provider.index }
    /// The provider's name.
    public var providerName: String { host.provider.name }
    /// The language the upstream speaks.
    public var dialect: UpstreamDialect { host.provider.dialect }
    /// The provider's name for the model.
    public var upstreamModel: String { host.upstreamModel }
    /// The prices this attempt is settled at.
    public var prices: PriceList { host.prices }
}

/// Why there is no plan.
public enum PlanRefusal: Error, Hashable, Sendable {
    /// No host of the model speaks the one dialect that has what is asked for.
    case notOffered
    /// Every host asked for a pause; the earliest ends after this time.
    case allPaused(retryAfterNanos: UInt64)
}

/// The attempts of one request, in order.
public struct AttemptPlan: Sendable {
    /// The model they are for.
    public let model: CatalogModel
    /// At least one, at most `attemptsMost`.
    public let attempts: [PlannedAttempt]

    /// Three upstreams: a client's patience is spent after that, and each further one adds its own wait.
    public static let attemptsMost = 3

    /// Hosts of `model` for a client of `dialect`: those that speak it first, unless the model prefers them as they are
    /// listed; with `nativeOnly` no others at all. Most preferred first, without those that are benched at `now` (nanoseconds of a monotonic
    /// clock). A host whose pause has just ended is tried by this request alone for a moment. If all are benched, the one
    /// that comes back first is tried anyway, unless its vendor stated the pause: refusing everything ourselves would turn
    /// a stumble into an outage.
    public init(
        _ model: CatalogModel, _ dialect: UpstreamDialect, nativeOnly: Bool = false,
        _ cooldowns: inout CooldownTable, now: UInt64
    ) throws(PlanRefusal) {
        var attempts: [PlannedAttempt] = []
        var soonest: (host: CatalogHost, nanos: UInt64)?
        var soonestStated = UInt64.max
        for host in model.hosts(for: dialect, nativeOnly: nativeOnly) {
            let pause = cooldowns.pause(of: host, now: now)
            if pause.nanos == 0 {
                if attempts.count < Self.attemptsMost { attempts.append(PlannedAttempt(host: host)) }
            } else if pause.isStated {
                soonestStated = min(soonestStated, pause.nanos)
            } else if pause.nanos < soonest?.nanos ?? .max {
                soonest = (host, pause.nanos)
            }
        }
        if attempts.isEmpty {
            guard let soonest else {
                throw soonestStated == .max ? .notOffered : .allPaused(retryAfterNanos: soonestStated)
            }
            attempts = [PlannedAttempt(host: soonest.host)]
        }
        if let first = attempts.first, cooldowns.isUntried(first.host) {
            cooldowns.beginTrial(of: first.host, now: now)
        }
        self.model = model
        self.attempts = attempts
    }
}
