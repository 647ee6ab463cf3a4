// The process around a daemon: command line, signals, state directory, service manager.

import Glibc
import Synchronization
import Testing

@testable import DaemonKit

@Suite struct InvocationTests {
    @Test(arguments: [
        ([], Invocation.run(configuration: "/etc/weir/weir.yaml")),
        (["--config", "a"], .run(configuration: "a")),
        (["--config=a"], .run(configuration: "a")),
        (["--check-config"], .checkConfiguration("/etc/weir/weir.yaml")),
        (["--print-config", "--config", "a"], .printConfiguration("a")),
        (["--config", "a", "--check-config"], .checkConfiguration("a")),
        (["--version"], .version),
        (["--help"], .help),
        (["--config"], .refused("--config needs a path")),
        (["--config="], .refused("--config needs a path")),
        (["--chek-config"], .refused("\"--chek-config\" is not an option; did you mean --check-config?")),
        (["run"], .refused("\"run\" is not an option; see --help")),
        (["--version", "--help"], .refused("--version and --help exclude each other")),
    ])
    func arguments_areRead(arguments: [String], expected: Invocation) {
        #expect(Invocation.read(arguments) == expected)
    }

    @Test func help_namesEveryOptionAndExitStatus() {
        for part in ["--config", "--check-config", "--print-config", "--version", "--help", "64", "70", "73", "78"] {
            #expect(Invocation.help("walletd").contains(part))
        }
    }
}

@Suite struct LifecyclePolicyTests {
    @Test(
        arguments: [
            ([.terminate], [.deliver(.drain)]),
            ([.terminate, .terminate], [.deliver(.drain), .deliver(.stopNow)]),
            ([.terminate, .deadline], [.deliver(.drain), .deliver(.stopNow)]),
            ([.terminate, .terminate, .terminate], [.deliver(.drain), .deliver(.stopNow), .exitAtOnce]),
            ([.terminate, .deadline, .deadline], [.deliver(.drain), .deliver(.stopNow), .exitAtOnce]),
            ([.hangUp, .hangUp], [.deliver(.reload), .deliver(.reload)]),
            ([.hangUp, .terminate, .hangUp], [.deliver(.reload), .deliver(.drain), .ignore]),
            ([.deadline], [.ignore]),
            ([.handOver, .handOver], [.deliver(.handOver), .deliver(.handOver)]),
            ([.terminate, .handOver], [.deliver(.drain), .ignore]),
            ([.handedOver, .terminate, .terminate, .hangUp], [.deliver(.drain), .ignore, .ignore, .ignore]),
            ([.handedOver, .deadline, .terminate], [.deliver(.drain), .deliver(.stopNow), .exitAtOnce]),
        ] as [([LifecyclePolicy.Input], [LifecyclePolicy.Verdict])])
    func inputs_inOrder_giveTheseVerdicts(inputs: [LifecyclePolicy.Input], verdicts: [LifecyclePolicy.Verdict]) {
        var policy = LifecyclePolicy()
        #expect(inputs.map { policy.receive($0) } == verdicts)
    }
}

/// Signals go to one thread of the test process, so that no other thread notices.
@Suite struct LifecycleTests {
    /// Runs a lifecycle on a thread of its own and returns the events it delivered and its code.
    private func run(
        drainLimit: Duration, _ lifecycle: Lifecycle, onEvent: @escaping @Sendable (LifecycleEvent) -> Void
    ) -> (events: [LifecycleEvent], code: Int32) {
        let seen = Mutex<([LifecycleEvent], Int32)>(([], -1))
        OneThread.run {
            var set = SignalWait.awaited
            pthread_sigmask(SIG_BLOCK, &set, nil)
            let code = lifecycle.run(drainLimit: { drainLimit }) { event in
                seen.withLock { $0.0.append(event) }
                onEvent(event)
            }
            seen.withLock { $0.1 = code }
        }
        return seen.withLock { $0 }
    }

    @Test func drain_thatFinishes_returnsItsCode() {
        let lifecycle = Lifecycle()
        lifecycle.perform { lifecycle.request(.reload) }
        let result = run(drainLimit: .seconds(60), lifecycle) { event in
            switch event {
            case .reload, .handOver: lifecycle.request(.drain)
            case .drain:
                #expect(lifecycle.isDraining)
                lifecycle.finish(7)
            case .stopNow: Issue.record("nobody asked to stop at once")
            }
        }
        #expect(result.events == [.reload, .drain])
        #expect(result.code == 7)
    }

    @Test func drain_thatOutlivesItsLimit_isStopped() {
        let lifecycle = Lifecycle()
        lifecycle.perform { lifecycle.request(.drain) }
        let result = run(drainLimit: .milliseconds(1), lifecycle) { if $0 == .stopNow { lifecycle.finish(0) } }
        #expect(result.events == [.drain, .stopNow])
    }

    @Test func secondRequestToStop_whileDraining_stopsNow() {
        let lifecycle = Lifecycle()
        lifecycle.perform { lifecycle.request(.drain) }
        let result = run(drainLimit: .seconds(60), lifecycle) { event in
            event == .drain ? lifecycle.request(.drain) : lifecycle.finish(0)
        }
        #expect(result.events == [.drain, .stopNow])
    }

    @Test func work_handedOverFromOtherThreads_runsInOrderBeforeTheEnd() {
        let lifecycle = Lifecycle()
        let order = Mutex<[Int]>([])
        for number in 0..<100 { lifecycle.perform { order.withLock { $0.append(number) } } }
        lifecycle.perform { lifecycle.finish(3) }
        #expect(run(drainLimit: .zero, lifecycle) { _ in }.code == 3)
        #expect(order.withLock { $0 } == Array(0..<100))
    }
}

/// A thread for one closure.
enum OneThread {
    final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func run(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, work)
        pthread_join(thread, nil)
    }
}

@Suite struct StateDirectoryTests {
    private let folder = TemporaryFolder()

    private func fault(_ path: String) -> String? {
        do throws(FileFault) {
            _ = try StateDirectory(path: path)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func missingFolder_isMadePrivateWithItsParents() throws {
        let directory = try StateDirectory(path: "\(folder.path)/a/b/c")
        var facts = stat()
        #expect(stat(directory.path, &facts) == 0 && facts.st_mode & 0o7777 == 0o700)
        #expect(directory.file("x.db") == "\(folder.path)/a/b/c/x.db")
    }

    @Test func aFolderInWhichARestoreWasNotFinishedIsRefusedUntilItIs() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/state"
        _ = try StateDirectory(path: path)
        let mark = path + "/" + StateDirectory.restoreMark
        close(open(mark, O_WRONLY | O_CREAT, 0o600))
        let fault = #expect(throws: FileFault.self) { try StateDirectory(path: path) }
        #expect(fault?.reason == "a restore was not finished; run weirctl restore again")
        _ = try StateDirectory(restoring: path, owner: .ofProcess)
        unlink(mark)
        _ = try StateDirectory(path: path)
    }

    @Test func whoRestoresHoldsTheFolderAgainstDaemonsAndTheOtherWayRound() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/a/state"
        var holder: StateDirectory? = try StateDirectory(restoring: path, owner: .ofProcess)
        #expect(throws: FileFault.self) { try StateDirectory(path: path) }
        withExtendedLifetime(holder) {}
        holder = nil
        holder = try StateDirectory(path: path)
        #expect(throws: FileFault.self) { try StateDirectory(restoring: path, owner: .ofProcess) }
        withExtendedLifetime(holder) {}
        chmod(path, 0o755)
        #expect(throws: FileFault.self) { try StateDirectory(restoring: path, owner: .ofProcess) }
    }

    @Test func heldFolder_isRefusedWithItsHolder_untilItIsLetGo() throws {
        let path = "\(folder.path)/state"
        var first: StateDirectory? = try StateDirectory(path: path)
        #expect(fault(path) == "cannot lock \(path)/lock: held by a running daemon (process \(getpid()))")
        withExtendedLifetime(first) {}
        first = nil
        #expect(fault(path) == nil)
    }

    @Test func openFolder_isRefused() {
        let path = "\(folder.path)/open"
        mkdir(path, 0o755)
        #expect(fault(path) == "cannot use \(path): open to other users; run: chmod 700 \(path)")
    }

    @Test func file_inItsPlace_isRefused() {
        let path = folder.write("file", [])
        #expect(fault(path) == "cannot use \(path): not a folder")
        #expect(fault("\(path)/below")?.hasPrefix("cannot create \(path)/below: ") == true)
    }

    @Test func lockThatIsALink_isRefused() {
        let path = "\(folder.path)/linked"
        mkdir(path, 0o700)
        symlink("/etc/passwd", "\(path)/lock")
        #expect(fault(path)?.hasPrefix("cannot open \(path)/lock: ") == true)
    }
}

@Suite struct ServiceNotifierTests {
    private let folder = TemporaryFolder()

    /// Binds a datagram socket at `name`, lets `send` send to it, and returns what came.
    private func received(_ name: String, _ send: (ServiceNotifier) -> Void) -> [String] {
        let socket = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(2 + bytes.count + (bytes[0] == 0 ? 0 : 1))
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, length) }
        }
        #expect(bound == 0)
        send(ServiceNotifier(socketPath: name))
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return messages }
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }

    @Test func states_sentToASocketFile_areTheProtocolsWords() {
        let messages = received("\(folder.path)/notify") { notifier in
            notifier.ready(status: "ready")
            notifier.reloading()
            notifier.status("2 of\n3")
            notifier.stopping(status: "draining 4", within: .milliseconds(1500))
            notifier.alive(status: "well")
        }
        #expect(messages.count == 5)
        #expect(messages[0] == "READY=1\nSTATUS=ready")
        #expect(messages[1].hasPrefix("RELOADING=1\nMONOTONIC_USEC=") && Int(messages[1].dropFirst(27)) ?? 0 > 0)
        #expect(messages[2] == "STATUS=2 of 3")
        #expect(messages[3] == "STOPPING=1\nSTATUS=draining 4\nEXTEND_TIMEOUT_USEC=1500000")
        #expect(messages[4] == "WATCHDOG=1\nSTATUS=well")
    }

    @Test func state_sentToAnAbstractSocket_arrives() {
        #expect(received("@weir-notify-test-\(getpid())") { $0.status("x") } == ["STATUS=x"])
    }

    @Test func withoutManager_nothingHappens() {
        ServiceNotifier(socketPath: nil).ready(status: "x")
        ServiceNotifier(socketPath: "/nowhere/notify").ready(status: "x")
        ServiceNotifier(socketPath: "").ready(status: "x")
        ServiceNotifier(socketPath: String(repeating: "a", count: 200)).ready(status: "x")
    }
}

@Suite struct PeerUsersTests {
    struct Peers: DaemonConfiguration {
        static let peers = PeerUsers.setting(roles: ["gatewayd", "weirctl"])
        static let layout = ConfigSection([peers.declaration])
        let users: PeerUsers
        init(_ values: ConfigValues, _ credentials: CredentialStore, _ report: inout ConfigReport) {
            users = PeerUsers(values[Self.peers])
        }
    }

    @Test func roles_writtenAndLeftOut_haveTheirUsers() throws {
        let users = try ConfigFile<Peers>(text: "peers: {weirctl: [root, 4711]}").configuration.users
        #expect(users.users(of: "weirctl") == [0, 4711])
        #expect(users.users(of: "gatewayd") == [geteuid()])
    }

    @Test func unknownRole_isRefused() {
        #expect(throws: ConfigRefusal.self) { try ConfigFile<Peers>(text: "peers: {postman: root}") }
        #expect(throws: ConfigRefusal.self) { try ConfigFile<Peers>(text: "peers: {weirctl: no-such-user-here}") }
    }
}
