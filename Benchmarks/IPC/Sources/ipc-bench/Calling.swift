// Calling: gatewayd's side, with a fixed number of calls always outstanding.

import Glibc
import IPC
import NIOCore

/// An answer that a benchmark must not get.
struct Unexpected: Error {
    let what: String
}

/// Keeps `outstanding` holds in flight for some seconds and counts.
final class Calling {
    private let client: WalletClient
    private let loop: any EventLoop
    private let outstanding: Int
    private let seconds: Int64
    private let result: EventLoopPromise<String>
    private var calls = 0
    private var started = NIODeadline.now()
    private var running = false

    init(_ path: String, _ outstanding: Int, _ seconds: Int64, _ loop: any EventLoop) {
        self.loop = loop
        self.outstanding = outstanding
        self.seconds = seconds
        result = loop.makePromise()
        client = WalletClient(
            path: path, eventLoop: loop, identity: BenchPeers.gateway,
            settings: LinkSettings(seed: 1, patience: .seconds(5)))
    }

    /// The line to print.
    func run() -> EventLoopFuture<String> {
        client.link.onConnected = { [self] in begin() }
        client.start()
        return result.futureResult
    }

    private func begin() {
        running = true
        started = .now()
        loop.assumeIsolated().scheduleTask(in: .seconds(seconds)) { [self] in finish() }
        for _ in 0..<outstanding { ask() }
    }

    private func ask() {
        client.hold(BenchPeers.hold) { [self] answer in
            guard running else { return }
            guard case .success(let hold) = answer, hold.outcome == .granted else {
                return result.fail(Unexpected(what: "\(answer)"))
            }
            calls += 1
            ask()
        }
    }

    private func finish() {
        running = false
        let took = Double((NIODeadline.now() - started).nanoseconds) / 1e9
        result.succeed("{\"calls\": \(calls), \"seconds\": \(took)}")
    }
}
