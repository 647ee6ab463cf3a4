// Sealing and opening the secrets of accounts.
//
// For: everything that writes or needs a secret.
// Refuses: envelopes that do not open: another owner's, another row's, changed ones, ones of a key that is not configured.
// Called by: Store+Accounts, Store+Refreshing, Store+Releasing.

import DaemonKit
import IPC
import Storage
import Tenancy
import Vault

/// Why an account's secret cannot be had.
enum SecretFault: Error, Hashable, Sendable {
    /// Which field, and why it does not open.
    case refused(SealedField, EnvelopeRefusal)

    /// For people.
    var text: String {
        switch self {
        case .refused(let field, .unknownKey(let key)):
            "its \(field.name) is sealed under key \(key), which is not configured"
        case .refused(let field, .damaged):
            "its \(field.name) does not open: it was changed, or belongs to another account"
        case .refused(let field, .unknownVersion): "its \(field.name) was sealed by a newer release"
        case .refused(let field, .notAnEnvelope): "its \(field.name) is no envelope"
        }
    }
}

extension Store {
    /// Seals a secret for an account, in place of what was there. `nil` removes it.
    func write(_ secret: Secret?, as field: SealedField, of id: Int64, _ key: AccountKey) throws(StorageError) {
        guard let secret else {
            let delete = try database.prepare("DELETE FROM sealed WHERE account = ?1 AND field = ?2")
            return try delete.bind(1, id).bind(2, field.rawValue).run()
        }
        let insert = try database.prepare(
            "INSERT OR REPLACE INTO sealed (account, field, key, envelope) VALUES (?1, ?2, ?3, ?4)")
        insert.bind(1, id).bind(2, field.rawValue).bind(3, ring.activeKey.description)
        try insert.bind(4, seal(secret, Self.place(of: field, id, key))).run()
    }

    /// A secret of 1 to `KeyRing.longestSecret` bytes, which is what the boundary lets in.
    func seal(_ secret: Secret, _ place: SealedPlace) -> String {
        secret.withBytes { bytes in
            do {
                return try ring.seal(bytes.bytes, at: place)
            } catch {
                preconditionFailure("a secret's length is checked before it is stored: \(error)")
            }
        }
    }

    /// Opens what is sealed for an account.
    func secrets(
        _ fields: [SealedField], of id: Int64, _ key: AccountKey
    ) throws(StorageError) -> Result<AccountSecrets, SecretFault> {
        var secrets = AccountSecrets()
        for field in fields {
            guard let envelope = try envelope(field, of: id) else { continue }
            do throws(EnvelopeRefusal) {
                secrets[field] = try open(envelope, Self.place(of: field, id, key))
            } catch {
                return .failure(.refused(field, error))
            }
        }
        return .success(secrets)
    }

    func open(_ envelope: String, _ place: SealedPlace) throws(EnvelopeRefusal) -> Secret {
        try ring.withOpened(envelope, at: place, scratch: scratch) { $0.withUnsafeBytes { Secret($0) } }
    }

    private func envelope(_ field: SealedField, of id: Int64) throws(StorageError) -> String? {
        let select = try database.prepare("SELECT envelope FROM sealed WHERE account = ?1 AND field = ?2")
        return try select.bind(1, id).bind(2, field.rawValue).firstRow { $0.text(0) }
    }
}
