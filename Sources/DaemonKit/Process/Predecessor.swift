// Predecessor: the process that hands over to this one.
//
// For: DaemonMain and DaemonContext. See Handover for the order of words.
// Refuses: to serve without it: when the predecessor is gone before `main`, this process ends and the service manager decides.
// Called by: DaemonMain.

import Glibc

/// The line to the process that started this one.
final class Predecessor: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// What the environment says; `nil` for a process that was started afresh.
    static func take() -> Predecessor? {
        guard let text = getenv(HandoverVariable.line).map({ String(cString: $0) }), let descriptor = Int32(text),
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { return nil }
        unsetenv(HandoverVariable.line)
        return Predecessor(descriptor)
    }

    /// In the process between the two: starts the successor with everything it was given itself, and ends.
    static func launchIfAsked() {
        guard getenv(HandoverVariable.launch) != nil else { return }
        unsetenv(HandoverVariable.launch)
        let count = InheritedSockets({ getenv($0).map { String(cString: $0) } }, process: 0, anyProcess: true).entries
            .count
        // Connections are the predecessor's alone: a copy of one would keep it open when the predecessor has closed it.
        Spawning.closeAll(from: InheritedSockets.first + Int32(count) + 1)
        let given = (0...count).map { InheritedSockets.first + Int32($0) }
        let environment = Spawning.environment(without: [])
        let arguments = Array(CommandLine.arguments.dropFirst())
        do throws(HandoverFault) {
            _ = try Spawning.start(Executable.path, arguments, environment, given)
            exit(ExitCode.stopped)
        } catch {
            DescriptorText.write("handover: \(error)\n", to: STDERR_FILENO)
            exit(ExitCode.failed)
        }
    }

    /// The configuration is read; waits until the predecessor has let the state go.
    func waitForState() throws(HandoverFault) {
        let line = HandoverLine(dup(descriptor))
        try line.say(.prepared, getpid())
        try line.hear(.released, within: HandoverLimits.serve)
    }

    /// This process serves; waits until it is the main one.
    func becomeMain() throws(HandoverFault) {
        let line = HandoverLine(descriptor)
        try line.say(.serving)
        try line.hear(.main, within: HandoverLimits.prepare)
    }
}
