// KeyTable: from the digest of a key to what it may do, without a lock.
//
// For: steps 1 to 3 of every request. Each event loop has a table of its own; the records in them are shared.
// Refuses: unknown and revoked keys (not in the table), expired keys, keys of suspended tenants.
// Called by: RequestPipeline (find), KeyPublisher (apply), on the table's event loop only.

import Money
import Routing
import Synchronization
import Tenancy

/// A rate limit of a tenant's or key's own, in place of the configured default, as it is stored and told.
struct RateOverride: Hashable, Sendable {
    /// Sustained requests per minute; 0 is no limit, whatever the default says.
    let perMinute: UInt32
    /// Requests that may come at once; 0 is as many as a minute's.
    let burst: UInt32
    /// The same as the limit to ask; no limit is the highest one, which no machine reaches.
    let inForce: RateLimit

    /// `nil` when either is above what a limit may be.
    init?(perMinute: UInt32, burst: UInt32) {
        let rate = perMinute == 0 ? RateLimit.largestRate : Int(perMinute)
        let atOnce = perMinute == 0 ? RateLimit.largestBurst : burst == 0 ? rate : Int(burst)
        guard let limit = RateLimit(requestsPerMinute: rate, burst: atOnce) else { return nil }
        self.perMinute = perMinute
        self.burst = burst
        inForce = limit
    }
}

/// The state of one rate bucket and the last use of its owner: shared by all loops and by successive versions of a record,
/// so that a changed cap does not refill a bucket.
final class RateCell: Sendable {
    /// The bucket's word (Routing's rate bucket says what it means); 0 is a full bucket.
    let bucket = Atomic<UInt64>(0)
    /// Unix milliseconds of the latest authenticated request; 0 is never.
    let lastUsed = Atomic<Int64>(0)
}

/// One tenant as the request path sees it. Immutable: a change publishes a new one.
final class TenantRecord: Sendable {
    /// The tenant's place in every table: dense from 0, never reused.
    let number: Int
    let id: TenantID
    let policy: SpendPolicy
    let isSuspended: Bool
    let rate: RateOverride?
    let cell: RateCell

    init(number: Int, id: TenantID, policy: SpendPolicy, isSuspended: Bool, rate: RateOverride?, cell: RateCell) {
        self.number = number
        self.id = id
        self.policy = policy
        self.isSuspended = isSuspended
        self.rate = rate
        self.cell = cell
    }
}

/// One live key as the request path sees it. Immutable: a change publishes a new one, a revocation removes it.
final class KeyRecord: Sendable {
    let id: KeyID
    let fingerprint: KeyFingerprint
    /// The `number` of its tenant.
    let tenantNumber: Int
    let scope: Scope
    /// The first instant at which the key is no longer accepted; `UnixMillis(.max)` for never.
    let expiresAt: UnixMillis
    /// What the key may spend in its life; `nil` for no cap. The wallet enforces it on every hold.
    let cap: Micros?
    let rate: RateOverride?
    let cell: RateCell

    init(
        id: KeyID, fingerprint: KeyFingerprint, tenantNumber: Int, scope: Scope, expiresAt: UnixMillis, cap: Micros?,
        rate: RateOverride?, cell: RateCell
    ) {
        self.id = id
        self.fingerprint = fingerprint
        self.tenantNumber = tenantNumber
        self.scope = scope
        self.expiresAt = expiresAt
        self.cap = cap
        self.rate = rate
        self.cell = cell
    }
}

/// Who a request comes from, once its key is accepted.
struct AuthenticatedKey: Sendable {
    let key: KeyRecord
    let tenant: TenantRecord
}

/// The answer to a presented key.
enum KeyLookup: Sendable {
    case accepted(AuthenticatedKey)
    /// No such key, or it was revoked: the two are told apart for nobody.
    case unknown
    case expired
    case suspended
}

/// A change of the table, already durable.
enum KeyChange: Sendable {
    /// A new tenant or a new version of one.
    case tenant(TenantRecord)
    /// A new key or a new version of one.
    case key(KeyRecord)
    /// The key is gone for good.
    case revoked(KeyRecord)
}

/// All live keys. Bound to one event loop; not Sendable.
final class KeyTable {
    private var keys = FingerprintMap()
    private var tenants: [TenantRecord]

    /// Whether there is such a tenant. Looks through all of them: for what an operator asks, not for the request path.
    func knows(_ tenant: TenantID) -> Bool { tenants.contains { $0.id == tenant } }

    /// A table of `tenants` (in the order of their numbers, dense from 0) and `keys`.
    init(tenants: [TenantRecord], keys: [KeyRecord]) {
        precondition(
            tenants.enumerated().allSatisfy { $0.offset == $0.element.number }, "tenant numbers are dense from 0")
        self.tenants = tenants
        for key in keys { self.keys.insert(key) }
    }

    /// How many keys are live.
    var count: Int { keys.count }

    /// Who presents the key with this digest at `now`.
    func find(_ fingerprint: KeyFingerprint, now: UnixMillis) -> KeyLookup {
        guard let key = keys[fingerprint] else { return .unknown }
        if now >= key.expiresAt { return .expired }
        let tenant = tenants[key.tenantNumber]
        if tenant.isSuspended { return .suspended }
        key.cell.lastUsed.store(now.value, ordering: .relaxed)
        return .accepted(AuthenticatedKey(key: key, tenant: tenant))
    }

    /// Takes over one change. Changes of one record arrive in the order they became durable.
    func apply(_ change: KeyChange) {
        switch change {
        case .tenant(let tenant) where tenant.number == tenants.count: tenants.append(tenant)
        case .tenant(let tenant): tenants[tenant.number] = tenant
        case .key(let key): keys.insert(key)
        case .revoked(let key): keys.remove(key.fingerprint)
        }
    }
}
