// MetricsPage: `GET /metrics`, for Prometheus and its like.
//
// For: the operator's own listener, which is never one that clients reach. The numbers of gatewayd's siblings stand on
// the page too: they are asked over their sockets, so that they need no listener of their own.
// Refuses: every other path and method; to wait for a sibling that does not answer (the page then says so).
// Called by: MetricsDesk's server, on its one event loop.

import DaemonKit
import HTTP
import IPC
import Metrics
import NIOCore

/// A daemon whose numbers stand on gatewayd's page, and the page's own connection to it.
struct MetricsSibling {
    let daemon: PeerRole
    let link: ClientLink

    /// `link` waits no longer than the page does.
    init(_ daemon: PeerRole, at path: String, on eventLoop: any EventLoop, as identity: PeerIdentity, seed: UInt64) {
        self.daemon = daemon
        link = ClientLink(
            path: path, eventLoop: eventLoop, identity: identity, expecting: daemon,
            settings: LinkSettings(seed: seed, patience: MetricsPage.patience)
        ) { _ in }
    }
}

/// Bound to its event loop.
final class MetricsPage: RequestHandler {
    /// How long siblings are waited for, all at once: well within the ten seconds that Prometheus waits by default.
    static let patience = TimeAmount.seconds(1)

    private let readings: GatewayReadings
    private let siblings: [MetricsSibling]

    /// `siblings` in the order of the page.
    init(_ readings: GatewayReadings, _ siblings: [MetricsSibling]) {
        self.readings = readings
        self.siblings = siblings
        for sibling in siblings { sibling.link.start() }
    }

    /// Ends the connections to the siblings.
    func close() { for sibling in siblings { sibling.link.stop() } }

    func handle(_ exchange: HTTPExchange) {
        let isPage = exchange.head.withPath { $0.elementsEqual("/metrics".utf8) }
        guard isPage else { return Self.answer(404, "The metrics are at /metrics.\n", on: exchange) }
        guard exchange.head.method == .get || exchange.head.method == .head else {
            return Self.answer(405, "Use GET.\n", on: exchange)
        }
        askSiblings { [self] answers in
            let asked = zip(siblings, answers).map { ($0.daemon.description, $1 != nil) }
            let up = ProcessReadings.up([("gatewayd", true)] + asked)
            let page = MetricReading.merged([up] + readings.now() + answers.flatMap { $0 ?? [] })
            Self.answer(200, Exposition.text(page), Exposition.contentType, on: exchange)
        }
    }

    /// Asks all siblings at once; tells what each has answered, `nil` for nothing, once none is waited for any more.
    private func askSiblings(_ done: @escaping ([[MetricReading]?]) -> Void) {
        var answers = [[MetricReading]?](repeating: nil, count: siblings.count)
        var waiting = siblings.count
        for (place, sibling) in siblings.enumerated() {
            sibling.link.call(MetricsRequest(), deadline: Self.patience) { result in
                answers[place] = (try? result.get())?.readings
                waiting -= 1
                if waiting == 0 { done(answers) }
            }
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
