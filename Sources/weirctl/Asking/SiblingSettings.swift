// SiblingSettings: the few settings of the daemons that weirctl needs.
//
// For: finding sockets; knowing how long a drain may take, where clients connect, and where the demo's upstream is
// (`up`).
// Refuses: a file in which these are wrong. Everything else in the file is the daemons' business: see `weirctl check`.
// Called by: Installation, UpCommand.

import DaemonKit

struct SiblingSettings: DaemonConfiguration {
    let gateway: ProcessSettings
    let wallet: ProcessSettings
    /// `nil` when the configuration has no vault: nothing of it is started or asked then.
    let token: ProcessSettings?
    /// The first address that clients connect to.
    let listen: NetworkAddress?
    let listensWithTLS: Bool
    /// Where weir-demo-upstream is expected; `nil` when the configuration has no demo.
    let demoPort: Int?

    private static let gatewayProcess = ProcessSettings.Declarations(daemon: "gatewayd")
    private static let walletProcess = ProcessSettings.Declarations(daemon: "walletd")
    private static let address = Setting("address", .address, "Host and port.")
    private static let tls = Setting(
        optionalSection: "tls", ConfigSection([], foreign: .all), "Makes it a TLS listener.")
    private static let listeners = Setting(
        list: "listen", of: ConfigSection([address.declaration, tls.declaration], shorthand: "address", foreign: .all),
        count: 0...16, "Where clients connect.")
    private static let gatewaySection = Setting(
        section: "gatewayd",
        ConfigSection(gatewayProcess.all + [listeners.declaration], foreign: .all), "The daemon that clients talk to.")
    private static let walletSection = Setting(
        section: "walletd", ConfigSection(walletProcess.all, foreign: .all), "The daemon that keeps the money.")
    private static let tokenProcess = ProcessSettings.Declarations(daemon: "tokend")
    private static let tokenSection = Setting(
        optionalSection: "tokend", ConfigSection(tokenProcess.all, foreign: .all), "The vault.")
    private static let baseURL = Setting(
        "base_url", .text("URL", most: 1024, example: "http://127.0.0.1"), default: "", "Where it is.")
    private static let providers = Setting(
        map: "providers", keys: .text("provider name", most: 63, example: "provider"),
        of: ConfigSection([baseURL.declaration], foreign: .all), count: 0...100, "The upstreams.")

    static let layout = ConfigSection(
        [gatewaySection, walletSection].map(\.declaration) + [tokenSection.declaration, providers.declaration],
        foreign: .all)

    init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
        let gatewayd = values[Self.gatewaySection]
        gateway = ProcessSettings(gatewayd, Self.gatewayProcess)
        wallet = ProcessSettings(values[Self.walletSection], Self.walletProcess)
        token = values[Self.tokenSection].map { ProcessSettings($0, Self.tokenProcess) }
        let first = gatewayd[Self.listeners].first
        listen = first.map { $0[Self.address] }
        listensWithTLS = first.flatMap { $0[Self.tls] } != nil
        let demo = values[Self.providers].first { $0.name == FolderConfiguration.demoProvider }
        demoPort = demo.flatMap { $0.value[Self.baseURL].split(separator: ":").last }.flatMap { Int($0) }
    }

    /// Reads the file at `path`.
    static func read(_ path: String) throws(Complaint) -> SiblingSettings {
        do throws(ConfigRefusal) {
            return try ConfigFile<SiblingSettings>(path: path, credentials: .referencesOnly).configuration
        } catch {
            throw Complaint(
                "the configuration cannot be used:\n  " + error.problems.map(\.description).joined(separator: "\n  "),
                next: "name the folder or file with --dir, WEIR_DIR or --config, or make one: weirctl init FOLDER",
                status: .configuration)
        }
    }
}
