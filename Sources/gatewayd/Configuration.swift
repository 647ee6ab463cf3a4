// Configuration: weir.yaml as gatewayd reads it.
//
// For: declaring every setting of gatewayd once (name, range, default, meaning) and turning a good file into plain
// values. docs/CONFIGURATION.md is tested against these declarations.
// Refuses: whatever the declarations refuse, and the relations below; the whole file, before any socket opens.
// Called by: Main through DaemonMain, at start, check, print and reload.

import Connections
import DaemonKit
import HTTP
import IPC
import ProviderCatalog
import Routing
import Translation

/// Everything an operator can decide about gatewayd.
struct GatewaydConfiguration: RunnableConfiguration {
    let process: ProcessSettings
    let listeners: [ListenerConfiguration]
    /// Event loops; 0 for one per processor.
    let threads: Int
    let limits: LimitConfiguration
    let timeouts: TimeoutConfiguration
    let rates: RateConfiguration
    let abandoned: AbandonedConfiguration
    let estimate: EstimateConfiguration
    /// Days that usage events and errors are kept.
    let retentionDays: Int
    /// Where metrics are served; `nil` for nowhere.
    let metricsListener: NetworkAddress?
    /// Whether each attempt is a line of the log.
    let logsRequests: Bool
    /// Where walletd answers.
    let walletSocket: String
    /// Where tokend answers; `nil` where no accounts can be connected.
    let tokenSocket: String?
    /// Where addresses that tenants name may be, beside the internet.
    let allowedTargets: AddressPolicy
    /// Where accounts can be connected.
    let connections: ProviderTable
    /// How browsers reach this gateway, and who administers over HTTP.
    let browser: BrowserConfiguration
    let peers: PeerUsers
    /// In the order of `catalog.providers`.
    let providers: [ProviderConfiguration]
    let catalog: Catalog
    /// Of each host of the catalog, by its index.
    let traits: [UpstreamTraits]

    static let process = ProcessSettings.Declarations(daemon: "gatewayd")
    static let listen = Setting(
        list: "listen", of: ListenerConfiguration.section, count: 1...16,
        "Where clients connect: host:port, or a mapping with address and tls. IPv6 addresses stand in brackets and quotes."
    )
    static let threads = Setting(
        "threads", .integer(0...64), default: 0, "Event loops that serve clients; 0 makes one per processor.")
    static let limits = Setting(
        section: "limits", LimitConfiguration.section, "What one client, and all together, may take up.")
    static let timeouts = Setting(
        section: "timeouts", TimeoutConfiguration.section, "How long gatewayd waits for clients.")
    static let rateLimits = Setting(
        section: "rate_limits", RateConfiguration.section,
        "Requests per minute. A limit that is left out does not exist; a key or tenant with limits of its own has those instead."
    )
    static let abandoned = Setting(
        section: "abandoned", AbandonedConfiguration.section,
        "Answers whose client went away, at providers with on_client_gone: drain.")
    static let estimate = Setting(
        section: "estimate", EstimateConfiguration.section,
        "How the upper bound of a request's cost is found, which is held in the wallet while the request runs.")
    static let retention = Setting(
        "retention_days", .integer(1...3650), default: 90,
        "Days that usage events, errors and the audit are kept; totals are kept for ever.")

    static let metricsListen = Setting(
        optional: "metrics_listen", .address,
        """
        Where GET /metrics is answered, for Prometheus: the numbers of all daemons, without a key or TLS. Bind it to \
        loopback or a network of your own. Left out, nothing listens.
        """)
    static let logRequests = Setting(
        "log_requests", .flag, default: false,
        """
        Whether each attempt and each refusal for money is a line of the log. It costs more than a tenth of a request's \
        processor time.
        """)

    static let tokenSocket = Setting(
        optional: "tokend_socket", .socketPath,
        """
        Where tokend answers: its `tokend.socket`. Left out, no accounts can be connected and the agent API answers \
        CONFIG_MISSING.
        """)
    static let allowedTargets = Setting(
        list: "allowed_targets", of: TargetSettings.target, count: 0...AllowedTarget.listedMost,
        """
        Where APIs that tenants name may be, beside the internet: networks such as 10.1.0.0/16, or places such as \
        crm.lan:8443. tokend.allowed_targets says the same of token endpoints.
        """)

    private static let walletd = ProcessSettings.Declarations(daemon: "walletd")
    private static let walletSection = Setting(
        section: "walletd",
        ConfigSection([walletd.socket.declaration, walletd.stateDirectory.declaration], foreign: .all),
        "The sibling that keeps the money; of its settings gatewayd reads those that say where it is.")
    private static let ownSection = Setting(
        section: "gatewayd",
        ConfigSection(
            [listen.declaration, threads.declaration] + process.all + [
                limits.declaration, timeouts.declaration, rateLimits.declaration, abandoned.declaration,
                estimate.declaration, retention.declaration, metricsListen.declaration, logRequests.declaration,
                tokenSocket.declaration, allowedTargets.declaration,
            ] + BrowserConfiguration.declarations), "The daemon that clients talk to.")
    private static let connections = Setting(
        section: "connections", ConfigSection([ConnectionSettings.providers.declaration], foreign: .names(["clients"])),
        "Where accounts can be connected. The registrations there, with their secrets, are tokend's alone.")
    private static let peers = PeerUsers.setting(roles: PeerRole.allCases.map(\.description))

    static let layout = ConfigSection(
        [
            ownSection.declaration, walletSection.declaration, peers.declaration, ProviderConfiguration.all.declaration,
            CatalogReader.models.declaration, CatalogReader.aliases.declaration, connections.declaration,
        ], foreign: .names(["tokend"]))

    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        let own = values[Self.ownSection]
        let wallet = values[Self.walletSection]
        process = ProcessSettings(own, Self.process)
        listeners = own[Self.listen].map(ListenerConfiguration.init)
        threads = own[Self.threads]
        limits = LimitConfiguration(own[Self.limits])
        timeouts = TimeoutConfiguration(own[Self.timeouts], &report)
        rates = RateConfiguration(own[Self.rateLimits], &report)
        abandoned = AbandonedConfiguration(own[Self.abandoned])
        estimate = EstimateConfiguration(own[Self.estimate])
        retentionDays = own[Self.retention]
        metricsListener = own[Self.metricsListen]
        logsRequests = own[Self.logRequests]
        walletSocket = wallet[Self.walletd.socket]
        tokenSocket = own[Self.tokenSocket]
        allowedTargets = AddressPolicy(allowed: own[Self.allowedTargets])
        connections = ConnectionSettings.table(values[Self.connections], &report)
        browser = BrowserConfiguration(own, credentials, &report)
        peers = PeerUsers(values[Self.peers])
        providers = values[ProviderConfiguration.all].map { ProviderConfiguration($0, credentials, &report) }
        catalog = CatalogReader.catalog(values, providers, &report)
        traits = CatalogReader.traits(values)
        Self.checkOverlaps(own, wallet, &report)
    }

    /// Two daemons on one socket or folder, two listeners on one address: each would break the other at run time.
    private static func checkOverlaps(_ own: ConfigValues, _ wallet: ConfigValues, _ report: inout ConfigReport) {
        if own[process.socket] == wallet[walletd.socket] {
            report.add(own.place(of: process.socket), own.path(of: process.socket), "the same socket as walletd's")
        }
        if own[process.stateDirectory] == wallet[walletd.stateDirectory] {
            let reason = "the same folder as walletd's; each daemon has its own"
            report.add(own.place(of: process.stateDirectory), own.path(of: process.stateDirectory), reason)
        }
        var seen: Set<NetworkAddress> = []
        for listener in own[listen] where !listener.isStandIn(ListenerConfiguration.address) {
            let address = listener[ListenerConfiguration.address]
            if address.port == 0 || seen.insert(address).inserted { continue }
            report.add(
                listener.place(of: ListenerConfiguration.address), listener.path(of: ListenerConfiguration.address),
                "\(address) is listed twice")
        }
        guard let metrics = own[metricsListen], metrics.port != 0, seen.contains(metrics) else { return }
        report.add(
            own.place(of: metricsListen), own.path(of: metricsListen),
            "\(metrics) is for clients; metrics have an address of their own")
    }
}

/// One address that clients connect to.
struct ListenerConfiguration: Sendable, Equatable {
    /// Files of a TLS listener.
    struct TLS: Sendable, Equatable {
        let certificate: String
        let privateKey: String
    }

    let address: NetworkAddress
    let tls: TLS?

    static let address = Setting("address", .address, "Host and port; port 0 lets the kernel choose.")
    static let tls = Setting(
        optionalSection: "tls", ConfigSection([certificate.declaration, privateKey.declaration]),
        "Makes this a TLS listener.")
    static let certificate = Setting("certificate", .path, "PEM file with the certificate and its chain.")
    static let privateKey = Setting("private_key", .path, "PEM file with the private key.")
    static let section = ConfigSection([address.declaration, tls.declaration], shorthand: "address")

    init(_ values: ConfigValues) {
        address = values[Self.address]
        tls = values[Self.tls].map { TLS(certificate: $0[Self.certificate], privateKey: $0[Self.privateKey]) }
    }
}

extension GatewaydConfiguration {
    /// What a restart is needed for: settings that a reload reads and does not apply, by key path.
    func needingRestart(comparedWith old: GatewaydConfiguration) -> [String] {
        let changes: [(String, Bool)] = [
            ("gatewayd.listen", listeners != old.listeners), ("gatewayd.threads", threads != old.threads),
            ("gatewayd.socket", process.socket != old.process.socket),
            ("gatewayd.state_directory", process.stateDirectory != old.process.stateDirectory),
            ("gatewayd.drain_limit", process.drainLimit != old.process.drainLimit),
            ("gatewayd.limits.connections", limits.connectionsMost != old.limits.connectionsMost),
            ("gatewayd.limits.head", limits.headBytesMost != old.limits.headBytesMost),
            ("gatewayd.timeouts", !timeouts.waitsAlike(old.timeouts)),
            ("gatewayd.retention_days", retentionDays != old.retentionDays),
            ("gatewayd.metrics_listen", metricsListener != old.metricsListener),
            ("gatewayd.tokend_socket", tokenSocket != old.tokenSocket),
            ("walletd.socket", walletSocket != old.walletSocket), ("peers", peers.users != old.peers.users),
        ]
        return changes.filter(\.1).map(\.0)
    }
}
