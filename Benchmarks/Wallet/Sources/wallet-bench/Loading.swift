// Loading: a fixed number of movements under way, each answer followed by the next request.
//
// For: movements per second and the time each takes from request to durable answer.
// Refuses: anything but "posted".
// Called by: Main.

import IPC
import Money
import NIOCore
import Tenancy

/// What to ask for.
struct Load: Sendable {
    let tenants: Int
    let outstanding: Int
    let seconds: Double
    let settles: Bool

    /// Before counting begins: the daemon's caches and the write-ahead log reach their usual state.
    static let warmUpSeconds = 1.0

    init?(_ words: [String]) {
        guard let tenants = Int(words[3]), let outstanding = Int(words[4]), let seconds = Double(words[5]),
            ["debit", "settle"].contains(words[6])
        else { return nil }
        (self.tenants, self.outstanding, self.seconds, settles) = (tenants, outstanding, seconds, words[6] == "settle")
    }
}

final class Loading {
    private let client: WalletClient
    private let load: Load
    private let promise: EventLoopPromise<String>
    private let names: [TenantID]
    private let keys: [KeyID]
    private var counter: UInt64 = 0
    private var begin: UInt64 = 0
    private var end: UInt64 = .max
    private var latencies: [UInt32] = []
    private var underWay = 0
    private var commits: [UInt64] = []

    init(_ socket: String, _ load: Load, _ loop: any EventLoop) {
        let identity = PeerIdentity(role: .gatewayd, instance: 1, build: "wallet-bench")
        client = WalletClient(
            path: socket, eventLoop: loop, identity: identity, settings: LinkSettings(seed: 1, patience: .seconds(10)))
        self.load = load
        promise = loop.makePromise()
        names = (0..<load.tenants).map { TenantID("bench-\($0)")! }
        keys = (0..<load.tenants).map { KeyID(random: 0, UInt64($0)) }
        latencies.reserveCapacity(8_000_000)
    }

    func run() -> EventLoopFuture<String> {
        client.start()
        let start = now()
        begin = start + UInt64(Load.warmUpSeconds * 1e9)
        end = begin + UInt64(load.seconds * 1e9)
        for _ in 0..<load.outstanding { ask() }
        client.link.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(Int64(begin - start))) { [self] in count()
        }
        return promise.futureResult
    }

    private func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }

    private func ask() {
        counter += 1
        underWay += 1
        let sent = now()
        let tenant = Int(counter % UInt64(load.tenants))
        // Time first, as machine references are: the walletd side appends to the end of its tree.
        let millis = Int64(2_000_000_000_000) + Int64(sent / 1_000_000)
        let reference = Reference(milliseconds: millis, unique: 0, counter)
        let amount = Micros(Int64(1 + counter % 1000))
        if load.settles {
            let request = SettleRequest(
                hold: 0, amount: amount, at: UnixMillis(millis), reference: reference, tenant: names[tenant],
                budget: keys[tenant])
            client.settle(request) { [self] in answered($0, sent) }
        } else {
            let request = DebitRequest(
                amount: amount, at: UnixMillis(millis), reference: reference, tenant: names[tenant], budget: nil,
                note: "")
            client.debit(request) { [self] in answered($0, sent) }
        }
    }

    private func answered(_ result: Result<PostingAnswer, CallFailure>, _ sent: UInt64) {
        guard case .success(let answer) = result, answer.outcome == .posted else {
            return promise.fail(Unexpected(what: "\(result)"))
        }
        underWay -= 1
        let time = now()
        if time >= begin, time < end { latencies.append(UInt32(clamping: time - sent)) }
        if time < end { return ask() }
        if underWay == 0 { count() }
    }

    /// Reads the daemon's commit counter, at the beginning and at the end of the counted time.
    private func count() {
        client.status(WalletStatusRequest()) { [self] result in
            guard case .success(let status) = result else { return promise.fail(Unexpected(what: "\(result)")) }
            commits.append(status.commits)
            if commits.count == 2 { promise.succeed(report()) }
        }
    }

    private func report() -> String {
        latencies.sort()
        func quantile(_ part: Double) -> Double { Double(latencies[Int(Double(latencies.count - 1) * part)]) / 1e3 }
        let batch = Double(latencies.count) / Double(max(1, commits[1] - commits[0]))
        return """
            {"outstanding":\(load.outstanding),"debits":\(latencies.count),"seconds":\(load.seconds),\
            "p50_us":\(quantile(0.5)),"p99_us":\(quantile(0.99)),"commits":\(commits[1] - commits[0]),"batch":\(batch)}
            """
    }
}
