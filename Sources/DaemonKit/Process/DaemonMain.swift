// DaemonMain: from the command line to a running daemon.
//
// For: everything that happens before a daemon's own code and is the same for all of them, in the one right order:
// signals blocked, command line, configuration whole, log, state directory locked. Only then the daemon starts; no
// socket is open before.
// Refuses: to start with a configuration that has any problem, or on a state directory that is in use.
// Called by: each daemon's Main.swift.

import Glibc
public import Logging

/// The configuration of a daemon that runs: it has the settings every daemon has.
public protocol RunnableConfiguration: DaemonConfiguration {
    /// The settings every daemon has.
    var process: ProcessSettings { get }
}

/// The life of a daemon's process.
public enum DaemonMain {
    /// Does what the command line asks and ends the process. When that is to run, `body` is called on the main thread
    /// with everything prepared; it usually ends in `context.lifecycle.run`, and what it returns is the exit status.
    public static func run<Configuration: RunnableConfiguration>(
        _ name: String, _ type: Configuration.Type, _ body: (DaemonContext<Configuration>) -> Int32
    ) -> Never {
        _ = Executable.path
        Predecessor.launchIfAsked()
        Lifecycle.blockSignals()
        switch Invocation.read(Array(CommandLine.arguments.dropFirst())) {
        case .help: leave(Invocation.help(name), ExitCode.stopped)
        case .version: leave("\(name) \(WeirVersion.text)\n", ExitCode.stopped)
        case .refused(let reason): leave("\(name): \(reason)\n", ExitCode.usage)
        case .checkConfiguration(let path):
            _ = load(type, path, .forCheck)
            leave("\(path): good\n", ExitCode.stopped)
        case .printConfiguration(let path): leave(load(type, path, .referencesOnly).printed, ExitCode.stopped)
        case .run(let path):
            let context = prepare(name, path, load(type, path, .ofProcess).configuration)
            let code = body(context)
            context.log.info("stopped", metadata: ["status": "\(code)"])
            DaemonLog.flush()
            exit(code)
        }
    }

    private static func load<Configuration: DaemonConfiguration>(
        _ type: Configuration.Type, _ path: String, _ credentials: CredentialStore
    ) -> ConfigFile<Configuration> {
        do throws(ConfigRefusal) {
            return try ConfigFile(path: path, credentials: credentials)
        } catch {
            leave("\(error)\n", ExitCode.configuration)
        }
    }

    private static func prepare<Configuration: RunnableConfiguration>(
        _ name: String, _ path: String, _ configuration: Configuration
    ) -> DaemonContext<Configuration> {
        let log = DaemonLog.start(name, configuration.process.logLevel)
        let predecessor = Predecessor.take()
        do throws(HandoverFault) {
            try predecessor?.waitForState()
        } catch {
            log.critical("not taken over", metadata: ["reason": "\(error)"])
            exit(ExitCode.failed)
        }
        do throws(FileFault) {
            let state = try StateDirectory(path: configuration.process.stateDirectory)
            return DaemonContext(
                name: name, configuration: configuration, configurationPath: path, log: log, stateDirectory: state,
                lifecycle: Lifecycle(), notifier: .ofProcess, sockets: .take(anyProcess: predecessor != nil),
                predecessor: predecessor)
        } catch {
            log.critical("state directory unusable", metadata: ["reason": "\(error)"])
            DaemonLog.flush()
            exit(ExitCode.stateUnusable)
        }
    }

    /// Answers go to standard output, complaints to standard error.
    private static func leave(_ text: String, _ code: Int32) -> Never {
        DescriptorText.write(text, to: code == ExitCode.stopped ? STDOUT_FILENO : STDERR_FILENO)
        exit(code)
    }
}

/// What a daemon's own code starts from.
public struct DaemonContext<Configuration: RunnableConfiguration>: Sendable {
    /// The daemon's name, as in units, sockets and logs.
    public let name: String
    /// The configuration the process started with.
    public let configuration: Configuration
    /// The file it came from.
    public let configurationPath: String
    /// The daemon's log.
    public let log: Logger
    /// The state directory, locked.
    public let stateDirectory: StateDirectory
    /// Signals, and the end of the process.
    public let lifecycle: Lifecycle
    /// The service manager.
    public let notifier: ServiceNotifier
    /// The sockets it opened for this daemon.
    public let sockets: InheritedSockets
    /// The process that hands over to this one.
    let predecessor: Predecessor?

    /// Announces that the daemon answers from now on: a log line whatever the log level, and READY=1 to the service
    /// manager.
    /// `detail` says where, for a person: `listen=127.0.0.1:8080`.
    public func announceReady(_ detail: Logger.Metadata) {
        var facts = detail
        facts["pid"] = "\(getpid())"
        facts["version"] = "\(WeirVersion.text)"
        do throws(HandoverFault) {
            try predecessor?.becomeMain()
        } catch {
            log.critical("not taken over", metadata: ["reason": "\(error)"])
            DaemonLog.flush()
            exit(ExitCode.failed)
        }
        DaemonLog.announce("ready", facts)
        notifier.ready(status: "ready")
    }

    private static func refused(_ refusal: ConfigRefusal) -> String {
        let first = refusal.problems.first.map { "\($0)" } ?? "unreadable"
        return "the new configuration was refused and the old one stays: \(first)"
    }

    /// Reads the configuration file again and hands it to `apply` if it is good, which may find what only it can see; a bad
    /// file changes nothing. Returns what happened, for whoever asked. Call it on the main thread, from `LifecycleEvent.reload` or
    /// `Lifecycle.perform`.
    public func reload(
        _ apply: (Configuration) throws(ConfigRefusal) -> Void
    ) -> Result<Void, ConfigRefusal> {
        notifier.reloading()
        do throws(ConfigRefusal) {
            let file = try ConfigFile<Configuration>(path: configurationPath, credentials: .ofProcess)
            try apply(file.configuration)
            DaemonLog.setLevel(file.configuration.process.logLevel)
            log.notice("configuration reloaded")
            notifier.ready(status: "configuration reloaded")
            return .success(())
        } catch {
            for problem in error.problems {
                log.error("configuration not reloaded", metadata: ["problem": "\(problem)"])
            }
            notifier.ready(status: Self.refused(error))
            return .failure(error)
        }
    }
}
