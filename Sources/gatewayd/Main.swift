// gatewayd: the request path. The only daemon that clients can reach.
//
// For: clients over HTTP; weirctl and siblings over one Unix socket.
// Refuses: to start with a configuration that is not whole, or on a state folder that another process holds.
// Called by: the service manager, or `weirctl up`.

import DaemonKit
import Logging

@main
enum Gatewayd {
    static func main() {
        DaemonMain.run("gatewayd", GatewaydConfiguration.self) { context in
            do {
                let daemon = try GatewayDaemon(context)
                context.announceReady(try daemon.start())
                return serve(daemon, context)
            } catch {
                context.log.critical("cannot start", metadata: ["reason": "\(error)"])
                return ExitCode.failed
            }
        }
    }

    /// Until the process is asked to stop: first no new connections, then no answers either.
    private static func serve(_ daemon: GatewayDaemon, _ context: DaemonContext<GatewaydConfiguration>) -> Int32 {
        let code = context.lifecycle.run(drainLimit: { context.configuration.process.drainLimit }) { event in
            switch event {
            case .drain:
                daemon.drain { context.lifecycle.finish(ExitCode.stopped) }
            case .stopNow: daemon.cut { context.lifecycle.finish(ExitCode.stopped) }
            case .handOver: _ = daemon.handOverAnswer()
            case .reload: _ = context.reload { config throws(ConfigRefusal) in try daemon.adopt(config) }
            }
        }
        daemon.close()
        return code
    }
}
