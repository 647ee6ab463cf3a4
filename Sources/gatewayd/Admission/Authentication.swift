// Authentication: steps 1 and 2 of a request: whose key, and may it do this.
//
// For: finding the tenant behind a request without I/O.
// Refuses: no key, an unknown or revoked or expired key, a suspended tenant, a missing scope.
// Called by: Gateway.

import HTTP
import Hashing
import Routing
import Tenancy

enum Authentication {
    /// The caller of a request with these fields. A bearer token wins over `x-api-key` (case C-03), which is then ignored.
    static func caller(_ fields: FieldTable, _ keys: KeyTable, now: UnixMillis) throws(Refusal) -> AuthenticatedKey {
        let bearer = fields.withValue(of: "authorization") { lookUp(bearer: $0, keys, now) } ?? nil
        let lookup = bearer ?? fields.withValue(of: "x-api-key") { lookUp($0, keys, now) }
        switch lookup {
        case .accepted(let caller): return caller
        case .expired: throw Refusal(.keyExpired, "This API key has expired.")
        case .suspended:
            throw Refusal(.tenantSuspended, "This account is suspended; please contact the operator.")
        case .unknown: throw Refusal(.keyUnknown, "Unknown or revoked API key.")
        case nil:
            throw Refusal(
                .keyMissing,
                "No API key: send it as \"Authorization: Bearer weir_…\" or in \"x-api-key\".")
        }
    }

    /// Refuses when the key lacks the route's scope.
    static func authorize(_ caller: AuthenticatedKey, for route: Route) throws(Refusal) {
        guard caller.key.scope.isSuperset(of: route.scope) else {
            throw Refusal(.scopeMissing, "This API key lacks the scope \"\(route.scope)\".")
        }
    }

    /// `nil` when the field holds no bearer token.
    private static func lookUp(bearer field: UnsafeRawBufferPointer, _ keys: KeyTable, _ now: UnixMillis) -> KeyLookup?
    {
        bearer(in: field).map { lookUp($0, keys, now) }
    }

    /// What follows the scheme; `nil` when the field holds no bearer token.
    static func bearer(in field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let scheme: StaticString = "bearer "
        guard field.count > scheme.utf8CodeUnitCount else { return nil }
        let isBearer = scheme.withUTF8Buffer { zip($0, field).allSatisfy { $0 == $1 | 0x20 } }
        guard isBearer else { return nil }
        return UnsafeRawBufferPointer(rebasing: field[scheme.utf8CodeUnitCount...])
    }

    private static func lookUp(_ key: UnsafeRawBufferPointer, _ keys: KeyTable, _ now: UnixMillis) -> KeyLookup {
        // Every key has one length: anything else is not worth a digest.
        guard key.count == KeyText.length else { return .unknown }
        guard let fingerprint = SHA256Digest(of: key).withBytes({ KeyFingerprint($0) }) else { return .unknown }
        return keys.find(fingerprint, now: now)
    }
}
