// Invocation: the command line of a daemon.
//
// For: five options that every daemon has alike. weirctl, which has many commands, uses ArgumentParser; a daemon
// needs no library.
// Refuses: anything else, naming the option that was probably meant.
// Called by: DaemonMain.

/// What a daemon was asked to do.
public enum Invocation: Hashable, Sendable {
    /// Run with the configuration at this path.
    case run(configuration: String)
    /// Say whether the configuration at this path is good.
    case checkConfiguration(String)
    /// Print the effective configuration of this path.
    case printConfiguration(String)
    /// Print name and version.
    case version
    /// Print the options.
    case help
    /// The command line cannot be understood, for this reason.
    case refused(String)

    /// Where the configuration is when the command line does not say.
    public static let standardConfiguration = "/etc/weir/weir.yaml"

    private static let options = ["--config", "--check-config", "--print-config", "--version", "--help"]

    /// Reads the arguments after the program's name.
    public static func read(_ arguments: [String]) -> Invocation {
        var path = standardConfiguration
        var action: String?
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--config":
                guard let value = rest.popFirst(), !value.isEmpty else { return .refused("--config needs a path") }
                path = value
            case _ where argument.hasPrefix("--config="):
                path = String(argument.dropFirst("--config=".count))
                if path.isEmpty { return .refused("--config needs a path") }
            case "--check-config", "--print-config", "--version", "--help":
                if let action, action != argument { return .refused("\(action) and \(argument) exclude each other") }
                action = argument
            default: return .refused(unknown(argument))
            }
        }
        return chosen(action, path)
    }

    private static func chosen(_ action: String?, _ path: String) -> Invocation {
        switch action {
        case "--check-config": .checkConfiguration(path)
        case "--print-config": .printConfiguration(path)
        case "--version": .version
        case "--help": .help
        default: .run(configuration: path)
        }
    }

    private static func unknown(_ argument: String) -> String {
        let near = options.min { Spelling.distance($0, argument) < Spelling.distance($1, argument) }
        guard let near, Spelling.distance(near, argument) <= Spelling.farthestGuess(argument) else {
            return "\"\(argument)\" is not an option; see --help"
        }
        return "\"\(argument)\" is not an option; did you mean \(near)?"
    }

    /// The text of `--help`.
    static func help(_ name: String) -> String {
        """
        usage: \(name) [--config PATH] [--check-config | --print-config | --version | --help]

          --config PATH    the configuration file (default \(standardConfiguration))
          --check-config   say whether the configuration is good, and exit
          --print-config   print the effective configuration, commented, secrets as references, and exit
          --version        print name and version, and exit
          --help           print this, and exit

        Signals: TERM or INT drains and stops, a second one stops at once; HUP reads the configuration again.
        Exit status: 0 stopped as asked; 64 wrong command line; 73 state directory unusable; 78 wrong configuration;
        70 failed at run time.

        """
    }
}

/// How a daemon's process ends: BSD's sysexits(3), which systemd shows by name.
public enum ExitCode {
    /// Stopped as asked.
    public static let stopped: Int32 = 0
    /// EX_USAGE: the command line cannot be understood.
    public static let usage: Int32 = 64
    /// EX_SOFTWARE: failed at run time.
    public static let failed: Int32 = 70
    /// EX_CANTCREAT: the state directory cannot be made or is in use.
    public static let stateUnusable: Int32 = 73
    /// EX_CONFIG: the configuration has a problem.
    public static let configuration: Int32 = 78
}
