// GatewayDaemon, when it hands over: a successor gets the sockets and the store, and this process finishes what it began.
//
// For: `weirctl restart gatewayd` and USR2: a restart or an upgrade that no client notices.
// Refuses: without a service manager's sockets, because a supervisor that knows nothing of successors would start a second one.
//          When the successor fails, everything is as before.
// Called by: Main and Service, on the main thread.

import DaemonKit
import Glibc
import IPC
import Logging
import NIOCore
import Synchronization

extension GatewayDaemon {
    /// Hands over; the successor's process number. Blocks the main thread, for a second as a rule; requests go on.
    func handOver() throws(HandoverFault) -> Int32 {
        guard context.notifier.isListening, !context.sockets.isEmpty else {
            throw HandoverFault(
                "gatewayd was not started by a service manager that keeps its sockets: stop and start it")
        }
        let successor = try Successor.start(context.sockets)
        let process = successor.process
        stopService()
        let file = LeavingFile.name(process: getpid(), at: Clock.unixMillis())
        do {
            try shared.store.move(to: storeOptions(leaving: file))
        } catch {
            serveAgain()
            throw HandoverFault("no file could be made for the answers under way: \(error)")
        }
        context.stateDirectory.release()
        do throws(HandoverFault) {
            try successor.takeOver()
        } catch {
            takeBack()
            throw error
        }
        successor.promote(context.notifier)
        context.log.notice("handed over", metadata: ["successor": "\(process)"])
        context.lifecycle.leave()
        return process
    }

    /// Handing over, asked for over IPC: done on the main thread.
    func handOver(_ done: @escaping @Sendable (HandOverAnswer) -> Void) {
        context.lifecycle.perform { [self] in done(handOverAnswer()) }
    }

    /// Handing over, asked for by whatever way; a failure is logged here.
    func handOverAnswer() -> HandOverAnswer {
        do throws(HandoverFault) {
            return HandOverAnswer(accepted: true, process: UInt32(clamping: try handOver()), text: "")
        } catch {
            context.log.error("not handed over; this process goes on", metadata: ["reason": "\(error)"])
            return HandOverAnswer(accepted: false, process: 0, text: "\(error)".cut(toBytes: FieldLimits.page))
        }
    }

    /// Siblings, weirctl and whoever scrapes find the successor from now on; what siblings have asked is still answered.
    private func stopService() {
        let bound = listener.withLock { $0 }
        control.execute { _ = bound?.value.drain() }
        do { try metrics.stopListening() } catch {
            context.log.error("metrics are not let go", metadata: ["reason": "\(error)"])
        }
    }

    private func serveAgain() {
        do { try startService() } catch {
            context.log.error("weirctl cannot be answered until the next start", metadata: ["reason": "\(error)"])
        }
        do { _ = try listenForMetrics() } catch {
            context.log.error("metrics are not served until the next start", metadata: ["reason": "\(error)"])
        }
    }

    /// The successor failed and is killed; its lock on the folder ends with it.
    private func takeBack() {
        let deadline = ContinuousClock.now + .seconds(5)
        while true {
            do throws(FileFault) {
                try context.stateDirectory.reacquire()
                break
            } catch {
                guard ContinuousClock.now < deadline else {
                    context.log.critical("the state folder is lost", metadata: ["reason": "\(error)"])
                    return context.lifecycle.finish(ExitCode.stateUnusable)
                }
                usleep(10_000)
            }
        }
        do { try shared.store.move(to: storeOptions()) } catch {
            context.log.critical("the store is lost", metadata: ["reason": "\(error)"])
            return context.lifecycle.finish(ExitCode.stateUnusable)
        }
        shared.store.startReplay()
        serveAgain()
    }
}
