// Serving: walletd's side without a wallet.

import IPC
import Money
import NIOCore

/// A listener whose one row grants every hold.
final class Serving {
    private let listener: Listener
    private let ended: EventLoopPromise<Void>

    init(_ path: String, _ loop: any EventLoop) {
        let row = ServiceRow.call(HoldRequest.self, from: .gatewayd, within: .seconds(1)) { request, answer in
            answer.send(HoldAnswer(outcome: .granted, free: request.amount))
        }
        listener = Listener(
            .path(path), eventLoop: loop, table: ServiceTable(owner: .walletd, [row]), identity: BenchPeers.wallet,
            policy: .development(), observer: { _ in })
        ended = loop.makePromise()
    }

    /// Serves until the process is ended.
    func run() -> EventLoopFuture<Void> {
        listener.start().cascadeFailure(to: ended)
        return ended.futureResult
    }
}
