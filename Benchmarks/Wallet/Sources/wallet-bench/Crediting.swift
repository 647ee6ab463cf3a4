// Crediting: money for every tenant of the benchmark.
//
// For: opening the wallets that the load then spends from.
// Refuses: anything but "posted" or "exists".
// Called by: Main.

import IPC
import Money
import NIOCore
import Tenancy

final class Crediting {
    private let client: WalletClient
    private let promise: EventLoopPromise<Void>
    private var left: Int

    init(_ socket: String, _ tenants: Int, _ loop: any EventLoop) {
        let identity = PeerIdentity(role: .weirctl, instance: 1, build: "wallet-bench")
        client = WalletClient(
            path: socket, eventLoop: loop, identity: identity, settings: LinkSettings(seed: 1, patience: .seconds(10)))
        promise = loop.makePromise()
        left = tenants
    }

    func run() -> EventLoopFuture<Void> {
        client.start()
        for tenant in 0..<left {
            let request = CreditRequest(
                amount: Micros(1_000_000_000_000_000), at: UnixMillis(0),
                reference: Reference(text: "credit-\(tenant)")!,
                tenant: TenantID("bench-\(tenant)")!, note: "")
            client.credit(request) { [self] in answered($0) }
        }
        return promise.futureResult
    }

    private func answered(_ result: Result<PostingAnswer, CallFailure>) {
        guard case .success(let answer) = result, answer.outcome == .posted || answer.outcome == .exists else {
            return promise.fail(Unexpected(what: "\(result)"))
        }
        left -= 1
        if left == 0 { promise.succeed() }
    }
}
