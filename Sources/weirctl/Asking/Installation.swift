// Installation: which Weir a command is about.
//
// For: the path of the configuration file, and the sockets it names.
// Refuses: a configuration that cannot be read; a folder without one.
// Called by: GlobalOptions, the commands that start or check daemons.

import DaemonKit
import Glibc

/// The environment variables that matter.
struct Environment {
    let weirDir: String?

    static var ofProcess: Environment { Environment(weirDir: Self.value("WEIR_DIR")) }

    /// The value of a variable; `nil` when unset or empty.
    static func value(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

struct Installation: Sendable {
    /// The configuration file.
    let configPath: String
    let gatewaySocket: String
    let walletSocket: String
    /// `nil` for an installation without a vault.
    let tokenSocket: String?

    /// Where packages put it; what the daemons read when they are told nothing.
    static let systemConfigPath = "/etc/weir/weir.yaml"
    static let configName = "weir.yaml"

    init(_ options: GlobalOptions, environment: Environment) throws(Complaint) {
        configPath = Self.configPath(options, environment)
        if let folder = options.socketDir {
            gatewaySocket = "\(folder)/gatewayd.sock"
            walletSocket = "\(folder)/walletd.sock"
            let vault = "\(folder)/tokend.sock"
            tokenSocket = access(vault, F_OK) == 0 ? vault : nil
        } else {
            let siblings = try SiblingSettings.read(configPath)
            gatewaySocket = siblings.gateway.socket
            walletSocket = siblings.wallet.socket
            tokenSocket = siblings.token?.socket
        }
    }

    /// The installation whose configuration was read already.
    init(configPath: String, _ siblings: SiblingSettings) {
        self.configPath = configPath
        gatewaySocket = siblings.gateway.socket
        walletSocket = siblings.wallet.socket
        tokenSocket = siblings.token?.socket
    }

    /// Whether the vault is part of it.
    var hasVault: Bool { tokenSocket != nil }

    /// --config, else weir.yaml in --dir or WEIR_DIR, else the system's.
    static func configPath(_ options: GlobalOptions, _ environment: Environment) -> String {
        if let config = options.config { return config }
        return (options.folder.dir ?? environment.weirDir).map { "\($0)/\(configName)" } ?? systemConfigPath
    }
}
