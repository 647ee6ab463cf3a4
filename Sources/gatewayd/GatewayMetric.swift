// GatewayMetric: what this daemon counts.
//
// For: `weirctl status` and whoever watches the numbers; one lane of counters per event loop.
// Refuses: nothing.
// Called by: Gateway, Attempt (add), Service (snapshot).

import DaemonKit

enum GatewayMetric: Int, MetricKey {
    case requests, refused, limited, failovers, overruns, clientsGone, failedRequests, unknownEndings
    case inFlight, walletsConnected

    var name: String {
        switch self {
        case .requests: "gatewayd_requests_total"
        case .refused: "gatewayd_refused_total"
        case .limited: "gatewayd_rate_limited_total"
        case .failovers: "gatewayd_failovers_total"
        case .overruns: "gatewayd_overruns_total"
        case .clientsGone: "gatewayd_clients_gone_total"
        case .failedRequests: "gatewayd_failed_requests_total"
        case .unknownEndings: "gatewayd_unknown_endings_total"
        case .inFlight: "gatewayd_requests_in_flight"
        case .walletsConnected: "gatewayd_wallet_connections"
        }
    }

    var meaning: String {
        switch self {
        case .requests: "Metered requests let in."
        case .refused: "Requests turned away: key, scope, body, model, money, or nothing at that path."
        case .limited: "Requests turned away by a rate limit."
        case .failovers: "Attempts that followed a failed one of the same request."
        case .overruns: "Attempts that cost more than was held for them."
        case .clientsGone: "Requests whose client went away before the answer was complete."
        case .failedRequests: "Metered requests whose upstreams gave no complete answer."
        case .unknownEndings: "Translated answers that ended for a reason nobody knows, told as an ordinary end."
        case .inFlight: "Metered requests under way."
        case .walletsConnected: "Event loops connected to walletd."
        }
    }

    var kind: MetricKind {
        switch self {
        case .inFlight, .walletsConnected: .gauge
        default: .counter
        }
    }
}
