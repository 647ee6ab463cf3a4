// UpPlan: which processes `weirctl up` runs, in which order.
//
// For: UpCommand. walletd and tokend first, since gatewayd needs them; the demo's upstream before gatewayd, so that it is the last
// to miss.
// Refuses: a missing binary.
// Called by: UpCommand.

import DaemonKit
import IPC

struct UpPlan {
    let entries: [SupervisorLoop.Entry]
    /// Which positions are asked whether they are ready, and as whom.
    let asked: [Int: PeerRole]

    init(folder: String, settings: SiblingSettings, isDemo: Bool) throws(Complaint) {
        let config = ["--config", "\(folder)/\(Installation.configName)"]
        var entries = [try Self.entry("walletd", config, stopLimit: Self.limit(settings.wallet.drainLimit))]
        var asked = [0: PeerRole.walletd]
        if let token = settings.token {
            asked[entries.count] = .tokend
            entries.append(try Self.entry("tokend", config, stopLimit: Self.limit(token.drainLimit)))
        }
        if isDemo, let port = settings.demoPort {
            let arguments = ["--listen", "127.0.0.1:\(port)"]
            entries.append(
                try Self.entry("weir-demo-upstream", arguments, isAsked: false, stopLimit: Self.demoStopLimit))
        }
        entries.append(try Self.entry("gatewayd", config, stopLimit: Self.limit(settings.gateway.drainLimit)))
        self.entries = entries
        asked[entries.count - 1] = .gatewayd
        self.asked = asked
    }

    /// weir-demo-upstream drains for at most 5 s.
    private static let demoStopLimit: Int64 = 10_000

    /// What the configuration allows for a drain, and 10 s to notice: a daemon ends itself 5 s after its limit.
    private static func limit(_ drain: Duration) -> Int64 { drain.components.seconds * 1000 + 10_000 }

    private static func entry(
        _ name: String, _ arguments: [String], isAsked: Bool = true, stopLimit: Int64
    ) throws(Complaint) -> SupervisorLoop.Entry {
        SupervisorLoop.Entry(
            child: Supervisor.Child(name: name, isAsked: isAsked, stopLimit: stopLimit),
            program: ChildProcess.Program(
                path: try Binaries.path(name), arguments: arguments,
                launcher: BecomeCommand.launcher(Binaries.weirctl)))
    }
}
