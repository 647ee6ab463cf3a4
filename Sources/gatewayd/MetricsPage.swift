// MetricsPage: `GET /metrics`, for Prometheus and its like.
//
// For: the operator's own listener, which is never one that clients reach. walletd's numbers stand on the page too:
// they are asked over its socket, so that it needs no network.
// Refuses: every other path and method; to wait for a walletd that does not answer (the page then says so).
// Called by: MetricsDesk's server, on its one event loop.

import DaemonKit
import HTTP
import IPC
import Metrics
import NIOCore

/// Bound to its event loop.
final class MetricsPage: RequestHandler {
    /// How long walletd is waited for: well within the ten seconds that Prometheus waits by default.
    static let patience = TimeAmount.seconds(1)

    private let readings: GatewayReadings
    private let wallet: WalletClient

    init(_ readings: GatewayReadings, _ wallet: WalletClient) {
        self.readings = readings
        self.wallet = wallet
        wallet.start()
    }

    /// Ends the connection to walletd.
    func close() { wallet.stop() }

    func handle(_ exchange: HTTPExchange) {
        let isPage = exchange.head.withPath { $0.elementsEqual("/metrics".utf8) }
        guard isPage else { return Self.answer(404, "The metrics are at /metrics.\n", on: exchange) }
        guard exchange.head.method == .get || exchange.head.method == .head else {
            return Self.answer(405, "Use GET.\n", on: exchange)
        }
        wallet.metrics(deadline: Self.patience) { [self] result in
            let siblings = (try? result.get())?.readings
            let up = ProcessReadings.up([("gatewayd", true), ("walletd", siblings != nil)])
            let page = Exposition.text(MetricReading.merged([up] + readings.now() + (siblings ?? [])))
            Self.answer(200, page, Exposition.contentType, on: exchange)
        }
    }

    func refusal(of refused: RefusedRequest, headers: inout HeaderBlock) -> ByteBuffer {
        headers.append("content-type", "text/plain")
        return ByteBuffer(string: "This is no request.\n")
    }

    private static func answer(
        _ status: Int, _ text: String, _ type: String = "text/plain", on exchange: HTTPExchange
    ) {
        exchange.respond(status: status, body: ByteBuffer(string: text)) { headers in
            headers.append("content-type", type)
            if status == 405 { headers.append("allow", "GET, HEAD") }
        }
    }
}
