// UpCommand: all daemons in one terminal.
//
// For: development, trying things out, a first look. (An installation runs them under systemd.)
// Refuses: a folder in which another `weirctl up` runs; a demo in a folder whose configuration has none.
// Called by: Weirctl.

import ArgumentParser
import DaemonKit
import Glibc

struct UpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Runs all daemons in the foreground, in one folder, without root.",
        discussion: """
            Lines of the daemons carry their names. A daemon that ends is started again, with growing waits. Ctrl-C stops all \
            in order, gatewayd first, and waits for running requests; a second Ctrl-C kills. No daemon outlives this command.

            With --demo, a first start makes the folder, a tenant with credit and a key, and prints ready curl lines; answers \
            come from weir-demo-upstream, which is no language model. Vendors whose key is in ANTHROPIC_API_KEY or \
            OPENAI_API_KEY at that moment are configured too.
            """)
    @OptionGroup var folder: FolderOption
    @Flag(help: "With a demo tenant and an upstream that needs no key; makes the folder at the first start.") var demo =
        false
    @Option(
        help: ArgumentHelp(
            "Where clients connect, when this start makes the configuration; later it is gatewayd.listen in weir.yaml.",
            valueName: "host:port"), transform: Parse.listen)
    var listen: String?

    func run() throws {
        let inbox = try Inbox()
        SignalWatch.begin(posting: inbox)
        let path = try prepareFolder()
        let lock = try FolderLock(path)
        defer { lock.release() }
        let settings = try SiblingSettings.read("\(path)/\(Installation.configName)")
        try check(settings, path)
        let status = try supervise(path, settings, inbox)
        if status != .done { throw Ending(status: status) }
    }

    /// Makes the folder when this is a demo's first start. Returns its real path.
    private func prepareFolder() throws(Complaint) -> String {
        let named = folder.dir ?? Environment.ofProcess.weirDir ?? "."
        if demo && access("\(named)/\(Installation.configName)", F_OK) != 0 {
            let address = listen ?? FolderConfiguration.sampleListen
            if let taken = NetworkAddress(address), ListenPort.isTaken(taken) {
                throw Complaint(
                    "something listens on \(address) already", next: "choose another address: --listen 127.0.0.1:8081")
            }
            var configuration = FolderConfiguration(listen: address)
            configuration.demoPort = ListenPort.loopback(preferring: 4010)
            configuration.providers = ["demo-anthropic", "demo-openai"]
            let setup = FolderSetup(folder: named, configuration: configuration)
            try setup.make(environment: Environment.value).forEach(Self.tell)
        }
        return try Folder.make(named)
    }

    private func check(_ settings: SiblingSettings, _ path: String) throws(Complaint) {
        if demo && settings.demoPort == nil {
            throw Complaint(
                "\(path)/weir.yaml has no demo", next: "choose another folder: weirctl up --demo --dir FOLDER",
                status: .configuration)
        }
        if let listen, settings.listen?.description != listen {
            throw Complaint(
                "\(path)/weir.yaml exists and says listen \(settings.listen?.description ?? "nothing")",
                next: "change gatewayd.listen there, or leave --listen out", status: .configuration)
        }
    }

    private func supervise(
        _ path: String, _ settings: SiblingSettings, _ inbox: Inbox
    ) throws -> CommandStatus {
        let desk = Desk(
            Installation(configPath: "\(path)/\(Installation.configName)", settings))
        let plan = try UpPlan(folder: path, settings: settings, isDemo: demo)
        let loop = SupervisorLoop(
            plan.entries, inbox: inbox, asker: DaemonAsker(plan.asked, desk: desk, inbox: inbox), print: Self.tell,
            whenAllReady: { welcome(path, settings, desk) })
        return loop.run()
    }

    /// In a task of its own, so that signals and crashes are handled while daemons are asked.
    private func welcome(_ path: String, _ settings: SiblingSettings, _ desk: Desk) {
        let listen = settings.listen ?? NetworkAddress(host: "127.0.0.1", port: 0)
        let url = Welcome.baseURL(listen, isSecure: settings.listensWithTLS)
        let welcome = Welcome(weirctl: CommandLine.arguments[0], folder: path, baseURL: url)
        guard demo else {
            Printer.write(welcome.plain, to: STDOUT_FILENO)
            return
        }
        let tenant = DemoTenant(desk: desk, keyPath: "\(path)/demo-key")
        Task {
            do throws(Complaint) {
                Printer.write(welcome.demo(key: try await tenant.prepare()), to: STDOUT_FILENO)
            } catch {
                Printer.write(error.description, to: STDERR_FILENO)
            }
        }
    }

    private static func tell(_ line: String) { Printer.write(line + "\n", to: STDERR_FILENO) }
}
