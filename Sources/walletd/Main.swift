// walletd: money. Balances, holds, and the ledger that every movement is in once.
//
// For: gatewayd (holds and settlements), weirctl and cronjobd (credits, refunds, audits), over one Unix socket. It speaks no HTTP
//     and holds no secret.
// Refuses: to start on a ledger that contradicts itself, or on a file that another process has open.
// Called by: the service manager, or `weirctl up`.

import DaemonKit
import Glibc
import IPC
import Logging
import NIOCore
import Storage
import Tenancy

@main
enum Walletd {
    static func main() {
        DaemonMain.run("walletd", WalletdConfiguration.self) { context in
            do {
                let wallet = try OpenWallet.open(options(context))
                context.announceReady(["socket": "\(context.configuration.process.socket)"])
                if let interval = ServiceHeartbeat.ofProcess {
                    wallet.beat(every: interval) { context.notifier.alive(status: $0) }
                }
                return serve(wallet, context)
            } catch {
                return refuse(error, context.log)
            }
        }
    }

    private static func options(_ context: DaemonContext<WalletdConfiguration>) -> WalletOptions {
        let configuration = context.configuration
        let identity = PeerIdentity(
            role: .walletd, instance: .random(in: .min ... .max), build: "walletd \(WeirVersion.text)")
        let inherited = context.sockets.copies(named: "ipc").first
        let process = Service.ProcessFacts(
            startedAt: now(), identity: identity, copyPath: context.stateDirectory.file("wallet.db.copy"))
        return WalletOptions(
            path: context.stateDirectory.file("wallet.db"),
            address: inherited.map { .descriptor($0) } ?? .path(configuration.process.socket),
            policy: configuration.policy, batchMax: configuration.batchMax, limits: configuration.limits,
            check: configuration.check, process: process, log: context.log)
    }

    /// Until the process is asked to stop: first no new calls, then no calls at all.
    private static func serve(_ wallet: OpenWallet, _ context: DaemonContext<WalletdConfiguration>) -> Int32 {
        let code = context.lifecycle.run(drainLimit: { context.configuration.process.drainLimit }) { event in
            switch event {
            case .drain:
                context.notifier.stopping(
                    status: "answering what is under way", within: context.configuration.process.drainLimit)
                wallet.drain().whenComplete { _ in context.lifecycle.finish(ExitCode.stopped) }
            case .stopNow: context.lifecycle.finish(ExitCode.stopped)
            case .handOver:
                context.log.warning("walletd does not hand over: it is restarted within milliseconds, and callers wait")
            case .reload:
                // Everything but the log level is decided at start; a changed value waits for the next one.
                _ = context.reload { _ in }
            }
        }
        do {
            try wallet.close()
        } catch {
            context.log.error("the ledger was not closed in order", metadata: ["reason": "\(error)"])
        }
        return code
    }

    private static func refuse(_ error: any Error, _ log: Logger) -> Int32 {
        guard let unsound = error as? UnsoundLedger else {
            log.critical("the ledger cannot be served", metadata: ["reason": "\(error)"])
            return error is StorageError ? ExitCode.stateUnusable : ExitCode.failed
        }
        for finding in unsound.findings {
            log.critical("the ledger contradicts itself", metadata: ["finding": "\(finding)"])
        }
        log.critical("the ledger is not served until this is understood; docs/LEDGER.md says how")
        return ExitCode.stateUnusable
    }

    private static func now() -> UnixMillis {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixMillis(Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
