// DaemonAsker: "are you ready?", asked over IPC.
//
// For: starting gatewayd when walletd answers, and the welcome when both do. The question waits for the socket; nobody
// sleeps.
// Refuses: nothing. A question is given up when its process was replaced by another.
// Called by: SupervisorLoop.

import IPC
import NIOCore
import Synchronization

final class DaemonAsker: ReadinessAsker, Sendable {
    /// Which daemon is at which position of the start order.
    private let daemons: [Int: PeerRole]
    private let desk: Desk
    private let inbox: Inbox
    private let current = Mutex<[Int: Int]>([:])

    init(_ daemons: [Int: PeerRole], desk: Desk, inbox: Inbox) {
        self.daemons = daemons
        self.desk = desk
        self.inbox = inbox
    }

    func ask(_ index: Int, start: Int) {
        current.withLock { $0[index] = start }
        Task {
            while current.withLock({ $0[index] == start }) {
                if await isReady(index) { return inbox.post(.childReady(index, start: start)) }
            }
        }
    }

    /// One question, which waits for the daemon's socket for up to `patience`.
    private func isReady(_ index: Int) async -> Bool {
        let patience = TimeAmount.seconds(5)
        do throws(Complaint) {
            switch daemons[index] {
            case .walletd:
                _ = try await desk.wallet(patience: patience) { client throws(CallFailure) in
                    try await client.status(deadline: patience)
                }
            case .gatewayd:
                _ = try await desk.gateway(patience: patience) { client throws(CallFailure) in
                    try await client.status(deadline: patience)
                }
            case .tokend:
                _ = try await desk.vault(patience: patience) { client throws(CallFailure) in
                    try await client.status(deadline: patience)
                }
            default: preconditionFailure("only daemons that answer are asked")
            }
            return true
        } catch {
            return false
        }
    }
}
