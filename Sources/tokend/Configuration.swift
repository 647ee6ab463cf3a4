// Configuration: what an operator may set about tokend.
//
// For: the `tokend:` section, and the shared `connections:` and `peers:` sections of the configuration file.
// Refuses: what the kinds of the settings refuse; encryption keys that are too short, visibly not random, or named twice;
//      bounds of refreshing that contradict each other; what ConnectionSettings refuses.
// Called by: Main, through DaemonMain.

import Connections
import DaemonKit
import HTTP
import IPC
import ProviderCatalog
import Refresh
import Tenancy
import Vault

struct TokendConfiguration: RunnableConfiguration {
    let process: ProcessSettings
    /// `nil` where secrets are not looked for: a check by hand, a print-out.
    let ring: KeyRing?
    let burst: BurstPolicy
    let retention: EventRetention
    let accountsPerTenant: Int
    let book: ProviderBook
    /// Where token endpoints that tenants name may be.
    let addresses: AddressPolicy
    let policy: PeerPolicy

    static let process = ProcessSettings.Declarations(daemon: "tokend")

    static let encryptionKey = Setting(
        credential: "encryption_key",
        """
        The key under which every secret is sealed: one line of 32 to 4096 characters, such as the output of \
        openssl rand -base64 32. Without it nothing in token.db opens for anybody: keep a copy of it where the backups are not.
        """)

    static let olderKey = Setting(
        credential: "key", "A key that was encryption_key before. It opens and does not seal.")
    static let olderKeys = Setting(
        list: "older_encryption_keys", of: ConfigSection([olderKey.declaration]), count: 0...(KeyRing.mostKeys - 1),
        "Keys that were encryption_key before, until weirctl vault rotate has found nothing under them any more.")

    static let perSecond = Setting(
        "refreshes_per_second", .integer(1...100_000), default: BurstPolicy().perSecond,
        "Token endpoints asked a second, over all hosts: what is due at once is spread by this.")
    static let perHost = Setting(
        "refreshes_per_host", .integer(1...65_536), default: BurstPolicy().perHost,
        "Calls under way at one token endpoint's host.")
    static let inAll = Setting(
        "refreshes_in_all", .integer(1...65_536), default: BurstPolicy().inAll, "Calls under way at all of them.")

    static let accountsPerTenant = Setting(
        "accounts_per_tenant", .integer(1...10_000_000), default: 1000, "Accounts that one tenant may connect.")

    static let eventDays = Setting(
        "event_days", .integer(1...3650), default: EventRetention().days, "Days that events of accounts are kept.")
    static let eventsMost = Setting(
        "events_most", .integer(1000...100_000_000), default: EventRetention().most,
        "Events that are kept, whatever their age; each takes about 200 bytes.")

    static let allowedTargets = Setting(
        list: "allowed_targets", of: TargetSettings.target, count: 0...AllowedTarget.listedMost,
        """
        Where token endpoints that tenants name may be, beside the internet: networks such as 10.1.0.0/16, or places such as \
        sso.lan:8443.
        """)

    static let section = Setting(
        section: "tokend",
        ConfigSection(
            process.all + [
                encryptionKey.declaration, olderKeys.declaration, perSecond.declaration, perHost.declaration,
                inAll.declaration, accountsPerTenant.declaration, eventDays.declaration, eventsMost.declaration,
                allowedTargets.declaration,
            ]), "The vault: connected accounts, and tokens that are refreshed before they end.")

    static let connections = Setting(
        section: "connections",
        ConfigSection([ConnectionSettings.providers.declaration, ConnectionSettings.clients.declaration]),
        "Where accounts can be connected, and as whom.")

    static let peers = PeerUsers.setting(roles: PeerRole.allCases.map(\.description))

    static let layout = ConfigSection(
        [section.declaration, connections.declaration, peers.declaration],
        foreign: .names(["gatewayd", "walletd", "providers", "models", "aliases"]))

    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        let own = values[Self.section]
        process = ProcessSettings(own, Self.process)
        ring = Self.ring(own, credentials, &report)
        burst = Self.burst(own, &report)
        retention = EventRetention(days: own[Self.eventDays], most: own[Self.eventsMost])
        accountsPerTenant = own[Self.accountsPerTenant]
        addresses = AddressPolicy(allowed: own[Self.allowedTargets])
        book = Self.book(values[Self.connections], credentials, &report)
        policy = PeerPolicy(users: PeerUsers(values[Self.peers]))
    }
}

// MARK: reading

extension TokendConfiguration {
    private static func ring(
        _ own: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport
    ) -> KeyRing? {
        guard own[encryptionKey] != .none else {
            report.add(
                own.place(of: encryptionKey), own.path(of: encryptionKey),
                "needs a key, such as {file: /etc/weir/vault.key}; openssl rand -base64 32 makes one")
            return nil
        }
        let active = key(own, encryptionKey, credentials, &report)
        var older: [SealingKey] = []
        for values in own[olderKeys] {
            if let key = key(values, olderKey, credentials, &report) { older.append(key) }
        }
        guard let active else { return nil }
        do throws(RingRefusal) {
            return try KeyRing(active: active, older: older)
        } catch {
            report.add(own.place(of: olderKeys), own.path(of: olderKeys), error.text)
            return nil
        }
    }

    private static func key(
        _ values: ConfigValues, _ setting: Setting<CredentialReference>, _ credentials: CredentialStore,
        _ report: inout ConfigReport
    ) -> SealingKey? {
        guard let secret = credentials.secret(values, setting, &report) else { return nil }
        do {
            return try secret.withBytes { try SealingKey(material: $0.bytes) }
        } catch let refusal as KeyRefusal {
            report.add(values.place(of: setting), values.path(of: setting), refusal.text)
        } catch {
            preconditionFailure("making a key fails in no other way: \(error)")
        }
        return nil
    }

    private static func burst(_ own: ConfigValues, _ report: inout ConfigReport) -> BurstPolicy {
        var burst = BurstPolicy()
        (burst.perSecond, burst.perHost, burst.inAll) = (own[perSecond], own[perHost], own[inAll])
        own.relate(perHost, inAll, &report, "what one host may take is not above refreshes_in_all") { $0 <= $1 }
        return burst
    }

    private static func book(
        _ section: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport
    ) -> ProviderBook {
        let table = ConnectionSettings.table(section, &report)
        return ProviderBook(
            table: table, clients: ConnectionSettings.registrations(section, table, credentials, &report))
    }
}

extension KeyRefusal {
    /// For the operator.
    var text: String {
        switch self {
        case .tooShort(let count):
            "a key has at least \(SealingKey.leastMaterial) bytes, not \(count); openssl rand -base64 32 makes one"
        case .tooLong(let count):
            "a key has at most \(SealingKey.mostMaterial) bytes, not \(count): is it the right file?"
        case .allBytesEqual: "all bytes are the same: that is no key"
        }
    }
}

extension RingRefusal {
    /// For the operator.
    var text: String {
        switch self {
        case .tooManyKeys(let count): "at most \(KeyRing.mostKeys) keys, not \(count)"
        case .sameKeyTwice(let key): "the key \(key) is listed twice"
        }
    }
}

extension PeerPolicy {
    /// Who may say to be whom, from the `peers:` section.
    init(users: PeerUsers) {
        self.init([:])
        for role in PeerRole.allCases {
            for user in users.users(of: role.description) { allow(PeerRoles(role), for: user) }
        }
    }
}
