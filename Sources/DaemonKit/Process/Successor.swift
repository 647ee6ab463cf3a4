// Successor: the next process of this daemon, seen from the one that hands over.
//
// For: GatewayDaemon. See Handover for the order of words.
// Refuses: a successor that does not come up; it is killed, and this process goes on.
// Called by: GatewayDaemon, on the main thread.

import Glibc

/// A started successor that has read its configuration and waits for the state.
public struct Successor: ~Copyable {
    /// Its process number.
    public let process: Int32
    private let line: HandoverLine

    /// Starts this daemon's program as it is on disk now, with this process's arguments and `sockets`, and waits until it has
    /// read its configuration.
    public static func start(_ sockets: InheritedSockets) throws(HandoverFault) -> Successor {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw HandoverFault("no socket pair can be made") }
        let line = HandoverLine(ends[0])
        defer { close(ends[1]) }
        let launcher = try Spawning.start(
            Executable.path, Array(CommandLine.arguments.dropFirst()), environment(sockets),
            sockets.entries.map(\.descriptor) + [ends[1]])
        // It starts the successor and ends; the line stays open in the successor.
        while waitpid(launcher, nil, 0) < 0 && errno == EINTR {}
        close(ends[1])
        ends[1] = -1
        let process = try line.hear(.prepared, within: HandoverLimits.prepare)
        guard process > 1 else { throw HandoverFault("the successor does not say which process it is") }
        return Successor(process: process, line: line)
    }

    private init(process: Int32, line: consuming HandoverLine) {
        self.process = process
        self.line = line
    }

    /// The state is let go; waits until the successor serves. When that fails it is killed: it must not touch the state again.
    public func takeOver() throws(HandoverFault) {
        do throws(HandoverFault) {
            try line.say(.released)
            try line.hear(.serving, within: HandoverLimits.serve)
        } catch {
            kill(process, SIGKILL)
            throw error
        }
    }

    /// It is the main process from now on.
    public func promote(_ notifier: ServiceNotifier) {
        notifier.mainProcess(process)
        // A successor that is gone by now is the service manager's to start again.
        try? line.say(.main)
    }

    private static func environment(_ sockets: InheritedSockets) -> [String] {
        let ours = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID"]
        let count = sockets.entries.count
        return Spawning.environment(without: ours) + [
            "LISTEN_FDS=\(count)", "LISTEN_FDNAMES=\(sockets.entries.map(\.name).joined(separator: ":"))",
            "\(HandoverVariable.line)=\(InheritedSockets.first + Int32(count))", "\(HandoverVariable.launch)=1",
        ]
    }
}

/// The program that runs.
enum Executable {
    /// Its path at the start: after an upgrade the path leads to the new program, while /proc/self/exe leads to the old one.
    static let path: String = {
        guard let resolved = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
        defer { free(resolved) }
        return String(cString: resolved)
    }()
}
