// GatewayMetric: what the event loops of this daemon count.
//
// For: the page for Prometheus, `weirctl metrics` and `weirctl status`; one lane of counters per event loop. What follows
// from a finished attempt's record is counted elsewhere, where the record becomes durable: see UsageMeter.
// Refuses: labels that a client could choose.
// Called by: Gateway, Attempt, WalletLink (count), GatewayReadings (tells).

import DaemonKit
import Metrics
import Translation

enum GatewayMetric: Int, MetricKey {
    case httpRequests, started, refused, limited, failovers, overruns, clientsGone, failedRequests, unknownEndings
    case inFlight, walletsConnected, holds, holdTime, settlements, settlementRetries
    case tokensConnected, credentials, agentCalls, agentTime, agentsInFlight

    var family: MetricFamily {
        switch self {
        case .httpRequests:
            .counter(
                "weir_gateway_http_requests_total", "HTTP requests whose head was read, by what they asked for.",
                labels: ["endpoint"])
        case .started: .counter("weir_gateway_requests_started_total", "Metered requests let in.")
        case .refused:
            .counter(
                "weir_gateway_refused_total",
                "Requests turned away before any upstream was asked, by the kind of error they were told.",
                labels: ["reason"])
        case .limited:
            .counter(
                "weir_gateway_rate_limited_total",
                "Those of the refused that exceeded a rate limit of their key, their tenant or the instance.")
        case .failovers:
            .counter("weir_gateway_failovers_total", "Attempts that followed a failed one of the same request.")
        case .overruns: .counter("weir_gateway_overruns_total", "Attempts that cost more than was held for them.")
        case .clientsGone:
            .counter(
                "weir_gateway_clients_gone_total", "Requests whose client went away before the answer was complete.")
        case .failedRequests:
            .counter("weir_gateway_failed_requests_total", "Metered requests whose upstreams gave no complete answer.")
        case .unknownEndings:
            .counter(
                "weir_gateway_unknown_endings_total",
                "Translated answers that ended for a reason nobody knows, told as an ordinary end.")
        case .inFlight: .gauge("weir_gateway_requests_in_flight", "Metered requests under way.")
        case .walletsConnected: .gauge("weir_gateway_wallet_connections", "Event loops connected to walletd.")
        case .holds:
            .counter(
                "weir_gateway_holds_total", "Holds asked for, by what became of them; unavailable: walletd was away.",
                labels: ["outcome"])
        case .holdTime:
            .histogram(
                "weir_gateway_hold_duration_seconds", "From asking walletd for a hold to its answer.", decimals: 6,
                bounds: Self.holdBounds)
        case .settlements:
            .counter(
                "weir_gateway_settlements_total",
                "Settlements that walletd has answered; exists: it had been posted before.", labels: ["outcome"])
        case .settlementRetries:
            .counter(
                "weir_gateway_settlement_retries_total",
                "Settlements that walletd could not store and that are sent again."
            )
        case .tokensConnected: .gauge("weir_gateway_token_connections", "Event loops connected to tokend.")
        case .credentials:
            .gauge("weir_gateway_credentials", "Credentials of connected accounts that requests can be made with.")
        case .agentCalls:
            .counter(
                "weir_gateway_agent_calls_total", "Calls of the agent API, by what became of them.", labels: ["outcome"]
            )
        case .agentTime:
            .histogram(
                "weir_gateway_agent_call_duration_seconds",
                "From sending an agent's call to its provider to the whole answer, or none.", decimals: 6,
                bounds: Self.agentBounds)
        case .agentsInFlight: .gauge("weir_gateway_agent_calls_in_flight", "Agents' calls under way at providers.")
        }
    }

    var series: [[String]] {
        switch self {
        case .httpRequests: EndpointLabel.allCases.map { [$0.text] }
        case .refused: Translation.ErrorKind.allCases.map { [$0.label] }
        case .holds: HoldLabel.allCases.map { ["\($0)"] }
        case .agentCalls: AgentOutcome.allCases.map { [$0.label] }
        case .settlements: SettlementLabel.allCases.map { ["\($0)"] }
        default: [[]]
        }
    }

    /// Micro-seconds: from a server next door to the longest timeout.
    private static let agentBounds = [
        1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000,
        10_000_000,
        20_000_000, 30_000_000,
    ]

    /// Micro-seconds: from a round trip between two idle threads to the end of the link's patience.
    private static let holdBounds = [
        50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
    ]
}

/// What became of a hold.
enum HoldLabel: Int, CaseIterable {
    case granted, refused, unavailable
}

/// What walletd made of a settlement.
enum SettlementLabel: Int, CaseIterable {
    case posted, exists, refused
}

/// What a request asked for, coarse enough for a label.
enum EndpointLabel: Int, CaseIterable {
    case messages, chatCompletions, responses, embeddings, tokenCount, models, account, keys, agent, connections,
        browser
    case admin, tools, oauth, probe, unknown

    var text: String {
        switch self {
        case .chatCompletions: "chat_completions"
        case .tokenCount: "count_tokens"
        default: "\(self)"
        }
    }
}

extension Endpoint {
    var label: EndpointLabel {
        switch self {
        case .metered(.anthropic): .messages
        case .metered(.openai): .chatCompletions
        case .metered(.responses): .responses
        case .metered(.embeddings): .embeddings
        case .tokenCount: .tokenCount
        case .models, .model, .catalog: .models
        case .usage, .balance: .account
        case .keyList, .keyCreate, .keyChange, .keyRevoke, .keyUsage: .keys
        case .agentCall: .agent
        case .connections: .connections
        case .browser: .browser
        case .admin: .admin
        case .tools: .tools
        case .oauth: .oauth
        case .probe, .health: .probe
        }
    }
}

extension Translation.ErrorKind {
    /// `rate_limit`: the case's name as labels are written.
    fileprivate var label: String {
        "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }
}

extension MetricLane<GatewayMetric> {
    /// Counts a request that is turned away with `kind`.
    func refuse(_ kind: Translation.ErrorKind) { add(.refused, at: Int(kind.rawValue)) }
}
