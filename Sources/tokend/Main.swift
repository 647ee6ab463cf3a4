// tokend: secrets. Connected accounts, and tokens that are refreshed before they end.
//
// For: gatewayd, which is told every credential it may use; weirctl and cronjobd. Over one Unix socket; it serves no HTTP and
//      asks token endpoints itself.
// Refuses: to start without the key that its file was sealed with, or on a file that another process has open.
// Called by: the service manager, or `weirctl up`.

import DaemonKit
import Glibc
import IPC
import Logging
import NIOCore
import Storage
import Tenancy
import Vault

@main
enum Tokend {
    static func main() {
        DaemonMain.run("tokend", TokendConfiguration.self) { context in
            let isLocked = ProcessMemory.protect()
            if !isLocked {
                context.log.warning(
                    "not all memory is kept out of swap; secrets at rest are, as far as LimitMEMLOCK= allows")
            }
            do {
                guard let settings = VaultSettings(context.configuration) else {
                    context.log.critical("there is no encryption key")
                    return ExitCode.configuration
                }
                let relay = ReloadRelay()
                let vault = try OpenVault.open(options(context, settings, isLocked, relay))
                relay.serve(vault, context)
                context.announceReady(["socket": "\(context.configuration.process.socket)"])
                if let interval = ServiceHeartbeat.ofProcess {
                    vault.beat(every: interval) { context.notifier.alive(status: $0) }
                }
                return serve(vault, context)
            } catch {
                context.log.critical("the vault cannot be served", metadata: ["reason": "\(error)"])
                return error is StorageError ? ExitCode.stateUnusable : ExitCode.failed
            }
        }
    }

    private static func options(
        _ context: DaemonContext<TokendConfiguration>, _ settings: VaultSettings, _ isLocked: Bool, _ relay: ReloadRelay
    ) -> VaultOptions {
        let identity = PeerIdentity(
            role: .tokend, instance: .random(in: .min ... .max), build: "tokend \(WeirVersion.text)")
        let inherited = context.sockets.copies(named: "ipc").first
        let process = Service.ProcessFacts(
            startedAt: Clock.wall(), identity: identity, copyPath: context.stateDirectory.file("token.db.copy"),
            isLocked: isLocked, reload: { relay.reload($0) })
        return VaultOptions(
            path: context.stateDirectory.file("token.db"),
            address: inherited.map { .descriptor($0) } ?? .path(context.configuration.process.socket),
            settings: settings, process: process, log: context.log)
    }

    /// Until the process is asked to stop: first no new calls, then no calls at all.
    private static func serve(_ vault: OpenVault, _ context: DaemonContext<TokendConfiguration>) -> Int32 {
        let code = context.lifecycle.run(drainLimit: { context.configuration.process.drainLimit }) { event in
            switch event {
            case .drain:
                context.notifier.stopping(
                    status: "answering what is under way", within: context.configuration.process.drainLimit)
                vault.drain().whenComplete { _ in context.lifecycle.finish(ExitCode.stopped) }
            case .stopNow: context.lifecycle.finish(ExitCode.stopped)
            case .handOver:
                context.log.warning("tokend does not hand over: gatewayd works on with what it was told")
            case .reload: _ = ReloadRelay.reload(vault, context)
            }
        }
        do {
            try vault.close()
        } catch {
            context.log.error("the vault was not closed in order", metadata: ["reason": "\(error)"])
        }
        return code
    }
}

extension VaultSettings {
    /// `nil` without an encryption key.
    init?(_ configuration: TokendConfiguration) {
        guard let ring = configuration.ring else { return nil }
        self.init(
            policy: configuration.policy, ring: ring, book: configuration.book, burst: configuration.burst,
            retention: configuration.retention,
            limits: Service.AccountLimits(perTenant: configuration.accountsPerTenant),
            addresses: configuration.addresses)
    }
}
