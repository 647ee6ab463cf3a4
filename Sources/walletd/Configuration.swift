// Configuration: what an operator may set about walletd.
//
// For: the `walletd:` section and the shared `peers:` section of the configuration file. Each name is written once, here.
// Refuses: what the kinds of the settings refuse; bounds of holds that contradict each other.
// Called by: Main, through DaemonMain.

import DaemonKit
import IPC
import Ledger

struct WalletdConfiguration: RunnableConfiguration {
    let process: ProcessSettings
    /// Most movements in one commit.
    let batchMax: Int
    let check: StartCheck
    let limits: LedgerLimits
    let policy: PeerPolicy

    static let process = ProcessSettings.Declarations(daemon: "walletd")

    static let batchMax = Setting(
        "batch_max", .integer(1...256), default: 256,
        "Most movements in one commit. A commit takes what waits; more at once is more per sync and a longer wait for each."
    )

    static let check = Setting(
        "check_at_start", .word([("ends", StartCheck.ends), ("whole", StartCheck.whole)]), default: StartCheck.ends,
        """
        What is verified before the ledger is served: the ends of every wallet's history, or the whole file and every movement \
        (seconds per million movements; use it after trouble with the disk).
        """)

    static let holdsPerTenant = Setting(
        "holds_per_tenant", .integer(1...65_536), default: LedgerLimits().holdsPerTenant,
        "Requests one tenant may have under way at once, counted in holds.")

    static let holdsPerConnection = Setting(
        "holds_per_connection", .integer(1...1_048_576), default: LedgerLimits().holdsPerConnection,
        "Requests one gateway connection may have under way at once, counted in holds of about 100 bytes each.")

    static let section = Setting(
        section: "walletd",
        ConfigSection(
            process.all + [
                batchMax.declaration, check.declaration, holdsPerTenant.declaration, holdsPerConnection.declaration,
            ]), "The wallet: balances, holds and the ledger.")

    static let peers = PeerUsers.setting(roles: PeerRole.allCases.map(\.description))

    static let layout = ConfigSection(
        [section.declaration, peers.declaration],
        foreign: .names(["gatewayd", "tokend", "connections", "providers", "models", "aliases"]))

    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        let own = values[Self.section]
        process = ProcessSettings(own, Self.process)
        batchMax = own[Self.batchMax]
        check = own[Self.check]
        var limits = LedgerLimits()
        limits.holdsPerTenant = own[Self.holdsPerTenant]
        limits.holdsPerConnection = own[Self.holdsPerConnection]
        self.limits = limits
        own.relate(
            Self.holdsPerTenant, Self.holdsPerConnection, &report,
            "one tenant may not have more holds than a connection may"
        ) { $0 <= $1 }
        policy = PeerPolicy(users: PeerUsers(values[Self.peers]))
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
