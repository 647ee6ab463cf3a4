// Store: token.db, on the one thread that opened it.
//
// For: all SQL of this daemon, by subject in Store+*.swift. What is secret is sealed here before it is written and opened here
//      after it was read: no envelope leaves this thread and no secret enters the file.
// Refuses: files that are not tokend's or are newer than this release (Storage says so); a ring that does not open the
//      file's own envelope (`WrongVaultKey`): what would be sealed under it could not be told from what was sealed
//      before; in a reload, also one without a key that something is sealed under and that is known now.
// Called by: StoreThread and the jobs it is given.

import DaemonKit
import Hashing
import Storage
import Tenancy
import Vault

/// The encryption key is not the one this file was sealed with, nor one of the older ones that are configured.
struct WrongVaultKey: Error, CustomStringConvertible {
    let refusal: EnvelopeRefusal

    var description: String {
        "\(reason); put the right key back, or list it under tokend.older_encryption_keys"
    }

    private var reason: String {
        switch refusal {
        case .unknownKey(let key): "token.db is sealed under key \(key), which is not configured"
        case .damaged: "none of the configured encryption keys opens token.db"
        case .unknownVersion: "token.db was sealed by a newer release"
        case .notAnEnvelope: "token.db has no envelope of its own where one belongs"
        }
    }
}

/// The open vault. Not Sendable: its thread is the one that made it.
final class Store {
    let database: Database
    /// Where secrets lie while they are sealed and opened.
    let scratch = SecretArena()
    /// Replaced by a reload.
    private(set) var ring: KeyRing
    /// What marks of secrets in events are keyed with, so that nobody who reads events can try passwords.
    private let marker: LockedBytes

    /// The id of the file's own envelope in `sealed`; accounts begin at 1.
    static let ownRow: Int64 = 0

    /// Opens the file, brings it to this release's shape, and tries the ring at it.
    init(path: String, fileLayer: String? = nil, ring: KeyRing) throws {
        var options = DatabaseOptions()
        options.checkpointPages = 4096
        options.fileLayer = fileLayer
        database = try Database(path: path, options: options)
        do {
            try Migrations.migrator.bringUpToDate(database)
            self.ring = ring
            marker = try Self.openMarker(database, ring, scratch)
        } catch {
            database.close()
            throw error
        }
    }

    func close() { database.close() }

    /// Seals and opens with other keys from now on. Throws `WrongVaultKey`, and keeps the ones it has, where something
    /// would not open any more; what does not open now is no obstacle.
    func adopt(_ ring: KeyRing) throws {
        _ = try Self.openMarker(database, ring, scratch)
        let kept = Set([ring.activeKey] + ring.olderKeys)
        let select = try database.prepare("SELECT 1 FROM sealed WHERE key = ?1 LIMIT 1")
        for key in [self.ring.activeKey] + self.ring.olderKeys where !kept.contains(key) {
            let isNeeded = try select.bind(1, key.description).firstRow { _ in true } ?? false
            if isNeeded { throw WrongVaultKey(refusal: .unknownKey(key)) }
        }
        self.ring = ring
    }

    // MARK: the file's own envelope

    static let ownPlace = place(owner: "weir", provider: "tokend", row: "vault", field: "marker")

    private static func openMarker(
        _ database: Database, _ ring: KeyRing, _ scratch: SecretArena
    ) throws -> LockedBytes {
        let select = try database.prepare("SELECT envelope FROM sealed WHERE account = 0 AND field = 0")
        guard let envelope = try select.firstRow({ $0.text(0) }) else { return try makeMarker(database, ring) }
        do throws(EnvelopeRefusal) {
            return try ring.withOpened(envelope, at: ownPlace, scratch: scratch) { span in
                LockedBytes(count: span.byteCount) { room in span.withUnsafeBytes(room.copyMemory(from:)) }
            }
        } catch {
            throw WrongVaultKey(refusal: error)
        }
    }

    private static func makeMarker(_ database: Database, _ ring: KeyRing) throws -> LockedBytes {
        var bytes = SecureRandom.bytes(32)
        let marker = LockedBytes(taking: &bytes)
        let envelope = try marker.withBytes { try ring.seal($0, at: ownPlace) }
        try database.transaction { () throws(StorageError) in
            let insert = try database.prepare(
                "INSERT INTO sealed (account, field, key, envelope) VALUES (0, 0, ?1, ?2)")
            try insert.bind(1, ring.activeKey.description).bind(2, envelope).run()
        }
        return marker
    }

    /// The first 64 bits of a keyed SHA-256: says whether two secrets are the same, and nothing else.
    func mark(of secret: Secret?) -> String {
        guard let secret else { return "" }
        var digest = SHA256Stream()
        marker.withBytes { $0.withUnsafeBytes { digest.feed($0) } }
        secret.withBytes { digest.feed($0) }
        return digest.digest.description.prefix(16).description
    }
}

// MARK: places

extension Store {
    static func place(owner: String, provider: String, row: String, field: String) -> SealedPlace {
        guard let place = SealedPlace(owner: owner, provider: provider, row: row, field: field) else {
            preconditionFailure("names of accounts and fields fit a place")
        }
        return place
    }

    static func place(of field: SealedField, _ id: Int64, _ key: AccountKey) -> SealedPlace {
        place(owner: key.tenant.text, provider: key.provider.text, row: "\(id)", field: field.name)
    }
}
