// Administration: every change of tenants and keys, by whichever door it came.
//
// For: one order of events: durable first, then known to every event loop, then answered. A revoked key is refused from
//      the moment its revocation is acknowledged, on all loops.
// Refuses: what AdminRefusal lists, in its order.
//      Every change is in the audit with its `source`: weirctl and its user, or the public name of the
//      key that asked.
// Called by: Service (operators), Endpoints/Keys (tenants), on any event loop.

import Hashing
import IPC
import Money
import NIOCore
import Storage
import Tenancy

/// Why a change was not made.
enum AdminFailure: Error, Sendable {
    case refused(AdminRefusal)
    case store(StoreFailure)
}

/// Safe from every thread. Callbacks come on the loop they are asked for, once.
final class Administration: Sendable {
    let store: StoreQueue
    private let publisher: KeyPublisher
    private let clock: @Sendable () -> UnixMillis

    init(store: StoreQueue, publisher: KeyPublisher, clock: @escaping @Sendable () -> UnixMillis) {
        self.store = store
        self.publisher = publisher
        self.clock = clock
    }

    /// What a change came to, on the store's thread.
    enum Decision<Value: Sendable>: Sendable {
        /// Durable; every loop has to know of `change` before the asker is told `value`.
        case changed(Value, KeyChange)
        /// As asked, and nothing had to change.
        case unchanged(Value)
        case refused(AdminRefusal)
    }

    /// Decides and writes, on the store's thread, at a time.
    typealias Choice<Value: Sendable> = @Sendable (Store, UnixMillis) throws(StorageError) -> Decision<Value>

    /// Decides and writes on the store's thread, publishes, and answers on `loop`.
    func change<Value: Sendable>(
        on loop: any EventLoop, _ decide: @escaping Choice<Value>,
        _ done: @escaping @Sendable (Result<Value, AdminFailure>) -> Void
    ) {
        let question: StoreQuestion<Result<Value, AdminFailure>?> = { [publisher, clock] store throws(StorageError) in
            switch try decide(store, clock()) {
            case .refused(let refusal): return .failure(.refused(refusal))
            case .unchanged(let value): return .success(value)
            case .changed(let value, let change):
                // From this thread, so that the loops learn of changes in the order in which they became durable.
                publisher.publish(change) { loop.execute { done(.success(value)) } }
                return nil
            }
        }
        store.perform(on: loop, question) { result in
            switch result {
            case .success(nil): break
            case .success(let answer?): done(answer)
            case .failure(let failure): done(.failure(.store(failure)))
            }
        }
    }
}

// MARK: tenants

/// What an operator says of a new tenant.
struct TenantWish: Sendable {
    let id: TenantID
    let displayName: String
    let policy: SpendPolicy
    let rate: RateOverride?
}

extension Administration {
    func createTenant(
        _ wish: TenantWish, by source: String, on loop: any EventLoop,
        _ done: @escaping @Sendable (Result<Void, AdminFailure>) -> Void
    ) {
        let decide: Choice<Void> = { store, now throws(StorageError) in
            guard store.directory.tenant(wish.id) == nil else { return .refused(.tenantExists) }
            guard wish.displayName.isOneLine else { return .refused(.fieldInvalid) }
            guard store.directory.tenants.count < Store.tenantsMost else { return .refused(.limitReached) }
            let tenant = try store.createTenant(
                wish.id, displayName: wish.displayName, policy: wish.policy, rate: wish.rate, by: source, at: now)
            return .changed((), .tenant(tenant))
        }
        change(on: loop, decide, done)
    }

    func updateTenant(
        _ id: TenantID, _ update: TenantUpdate, by source: String, on loop: any EventLoop,
        _ done: @escaping @Sendable (Result<Void, AdminFailure>) -> Void
    ) {
        let decide: Choice<Void> = { store, now throws(StorageError) in
            guard let tenant = store.directory.tenant(id) else { return .refused(.tenantUnknown) }
            guard update.displayName.value?.isOneLine != false else { return .refused(.fieldInvalid) }
            return .changed((), .tenant(try store.updateTenant(tenant, update, by: source, at: now)))
        }
        change(on: loop, decide, done)
    }
}

// MARK: keys

/// What somebody says of a new key.
struct KeyWish: Sendable {
    let tenant: TenantID
    let name: String
    let scope: Scope
    let cap: Micros?
    let rate: RateOverride?
    let expiresAt: UnixMillis?
}

/// A key that was just made: the only time its secret is seen.
struct MadeKey: Sendable {
    let secret: KeyText
    let key: NewKey
}

extension Administration {
    func createKey(
        _ wish: KeyWish, by source: String, on loop: any EventLoop,
        _ done: @escaping @Sendable (Result<MadeKey, AdminFailure>) -> Void
    ) {
        let decide: Choice<MadeKey> = { store, now throws(StorageError) in
            guard let tenant = store.directory.tenant(wish.tenant) else { return .refused(.tenantUnknown) }
            guard wish.isSensible(at: now) else { return .refused(.fieldInvalid) }
            guard try store.liveKeys(of: tenant) < Store.keysOfTenantMost else { return .refused(.limitReached) }
            let made = MadeKey(wish, at: now)
            return .changed(made, .key(try store.createKey(made.key, of: tenant, by: source)))
        }
        change(on: loop, decide, done)
    }

    /// `tenant` is whose keys the asker may touch; `nil` for an operator, who may touch all.
    func updateKey(
        _ id: KeyID, of tenant: TenantID?, _ update: KeyUpdate, by source: String, on loop: any EventLoop,
        _ done: @escaping @Sendable (Result<Void, AdminFailure>) -> Void
    ) {
        let decide: Choice<Void> = { store, now throws(StorageError) in
            guard let key = try store.key(id), tenant == nil || key.tenant == tenant else {
                return .refused(.keyUnknown)
            }
            guard let live = store.directory.key(id) else { return .refused(.keyRevoked) }
            guard update.isSensible(at: now) else { return .refused(.fieldInvalid) }
            return .changed((), .key(try store.updateKey(live, key, update, by: source, at: now)))
        }
        change(on: loop, decide, done)
    }

    /// Ends the key for good; when it was ended, also if that was before.
    func revokeKey(
        _ id: KeyID, of tenant: TenantID?, by source: String, on loop: any EventLoop,
        _ done: @escaping @Sendable (Result<UnixMillis, AdminFailure>) -> Void
    ) {
        let decide: Choice<UnixMillis> = { store, now throws(StorageError) in
            guard let key = try store.key(id), tenant == nil || key.tenant == tenant else {
                return .refused(.keyUnknown)
            }
            guard let live = store.directory.key(id) else { return .unchanged(key.revokedAt ?? now) }
            try store.revokeKey(live, by: source, at: now)
            return .changed(now, .revoked(live))
        }
        change(on: loop, decide, done)
    }
}

extension KeyWish {
    fileprivate func isSensible(at now: UnixMillis) -> Bool {
        name.isOneLine && !scope.isEmpty && Scope.all.isSuperset(of: scope) && cap?.isNegative != true
            && expiresAt.map { $0 > now } != false
    }
}

extension KeyUpdate {
    fileprivate func isSensible(at now: UnixMillis) -> Bool {
        let cap = cap.value ?? nil
        let expiry = expiresAt.value ?? nil
        return name.value?.isOneLine != false && cap?.isNegative != true && expiry.map { $0 > now } != false
    }
}

extension MadeKey {
    fileprivate init(_ wish: KeyWish, at now: UnixMillis) {
        secret = KeyText(random: SecureRandom.byte)
        guard let fingerprint = SHA256Digest(of: secret.bytes).withBytes({ KeyFingerprint($0) }) else {
            preconditionFailure("a SHA-256 digest has 32 bytes")
        }
        key = NewKey(
            id: KeyID(random: UInt16(truncatingIfNeeded: SecureRandom.word()), SecureRandom.word()),
            tenant: wish.tenant, name: wish.name, fingerprint: fingerprint, display: secret.display, scope: wish.scope,
            cap: wish.cap,
            rate: wish.rate, expiresAt: wish.expiresAt, createdAt: now)
    }
}

extension String {
    /// Free of control characters, so that it cannot disturb a table or a log. Its length is bounded where it is read.
    var isOneLine: Bool {
        unicodeScalars.allSatisfy { scalar in
            let category = scalar.properties.generalCategory
            return category != .control && category != .lineSeparator && category != .paragraphSeparator
        }
    }
}
