// ProcessSettings: the settings every daemon has.
//
// For: declaring them once. A daemon lists them at the head of its own section and hands their values to DaemonMain.
// Refuses: nothing beyond what the kinds refuse.
// Called by: each daemon's Configuration.swift; weirctl and siblings for the socket alone.

public import Logging

/// Where a daemon keeps its state, how it is reached by siblings, and how it logs and stops.
public struct ProcessSettings: Sendable {
    /// The Unix socket for siblings and weirctl.
    public let socket: String
    /// The folder this daemon alone owns.
    public let stateDirectory: String
    /// The least severe messages that are logged.
    public let logLevel: Logger.Level
    /// How long a drain may take.
    public let drainLimit: Duration

    /// The declarations, for one daemon.
    public struct Declarations: Sendable {
        public let socket: Setting<String>
        public let stateDirectory: Setting<String>
        public let logLevel: Setting<Logger.Level>
        public let drainLimit: Setting<Duration>

        /// Those for the section of the daemon called `daemon`.
        public init(daemon: String) {
            socket = ProcessSettings.socket(of: daemon)
            stateDirectory = Setting(
                "state_directory", .path, default: "/var/lib/weir/\(daemon)",
                "The folder that holds what \(daemon) must not lose. Created with mode 0700; one running daemon per folder."
            )
            logLevel = Setting(
                "log_level", .word(Logger.Level.allCases.map { ($0.rawValue, $0) }), default: .info,
                "The least severe messages to log.")
            drainLimit = Setting(
                "drain_limit", .duration(.zero ... .seconds(3600)), default: .seconds(30),
                "How long work that is under way may go on after TERM or INT before it is broken off.")
        }

        /// In the order they are printed.
        public var all: [SettingDeclaration] {
            [socket.declaration, stateDirectory.declaration, logLevel.declaration, drainLimit.declaration]
        }
    }

    /// Takes the values of `declarations` out of a daemon's own section.
    public init(_ values: ConfigValues, _ declarations: Declarations) {
        socket = values[declarations.socket]
        stateDirectory = values[declarations.stateDirectory]
        logLevel = values[declarations.logLevel]
        drainLimit = values[declarations.drainLimit]
    }

    /// Where the daemon called `daemon` listens for siblings. Whoever calls it reads this one setting of its section.
    public static func socket(of daemon: String) -> Setting<String> {
        Setting(
            "socket", .socketPath, default: "/run/weir/\(daemon).sock",
            "The Unix socket on which \(daemon) answers its siblings and weirctl.")
    }
}
