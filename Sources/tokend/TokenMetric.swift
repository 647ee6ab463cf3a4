// TokenMetric: what this daemon counts and tells of itself in numbers.
//
// For: `weirctl metrics tokend`, and gatewayd's page for Prometheus, which asks for them.
// Refuses: tenants and accounts as labels.
// Called by: RefreshLoop and Service, on their event loop.

import DaemonKit
import Metrics
import Refresh

enum TokenMetric: Int, MetricKey {
    case calls, refreshed, failures, deaths, alerts, rejected, unopened, commitTime, commitFailures

    var family: MetricFamily {
        switch self {
        case .calls: .counter("weir_token_calls_total", "Token endpoints asked for a fresh token.")
        case .refreshed: .counter("weir_token_refreshed_total", "Fresh tokens that were stored.")
        case .failures:
            .counter("weir_token_refresh_failures_total", "Attempts that gave no token.", labels: ["reason"])
        case .deaths: .counter("weir_token_deaths_total", "Accounts that have to be connected again.")
        case .alerts: .counter("weir_token_alerts_total", "Alerts in the journal.", labels: ["alert"])
        case .rejected: .counter("weir_token_rejected_total", "Credentials that a provider refused with 401.")
        case .unopened:
            .counter("weir_token_unopened_total", "Secrets that did not open: anything but 0 is an emergency.")
        case .commitTime:
            .histogram(
                "weir_token_commit_duration_seconds", "Commits of the vault, from begin to synced.", decimals: 6,
                bounds: [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000])
        case .commitFailures: .counter("weir_token_commit_failures_total", "Changes that the disk refused.")
        }
    }

    var series: [[String]] {
        switch self {
        case .failures: Refresh.CallFailure.labels.map { [$0] }
        case .alerts: TokenAlert.labels.map { [$0] }
        default: [[]]
        }
    }
}

extension TokenAlert {
    /// In the journal's field WEIR_ALERT, and the metric's label.
    var label: String {
        switch self {
        case .dead: "account_dead"
        case .failing: "refresh_failing"
        case .clientRefused: "client_refused"
        case .notStored: "token_not_stored"
        case .callStuck: "call_stuck"
        }
    }

    /// The position in `labels`.
    var place: Int {
        switch self {
        case .dead: 0
        case .failing: 1
        case .clientRefused: 2
        case .notStored: 3
        case .callStuck: 4
        }
    }

    static let labels = ["account_dead", "refresh_failing", "client_refused", "token_not_stored", "call_stuck"]
}

/// What is read rather than counted.
enum TokenGauges {
    static let accounts = MetricFamily.gauge("weir_token_accounts", "Connected accounts.", labels: ["state"])
    static let alarms = MetricFamily.gauge("weir_token_alarms", "Refreshes that wait for their time.")
    static let overdue = MetricFamily.gauge("weir_token_overdue", "Refreshes that are due and not begun.")
    static let inFlight = MetricFamily.gauge("weir_token_calls_in_flight", "Token endpoints being asked.")
    static let watchers = MetricFamily.gauge("weir_token_watchers", "Event loops of gatewayd that are told of changes.")
    static let pending = MetricFamily.gauge("weir_token_pending_jobs", "Jobs that wait for the vault.")
    static let connections = MetricFamily.gauge("weir_token_connections", "Siblings and operators connected.")
    static let locked = MetricFamily.gauge("weir_token_memory_locked", "1 while secrets are kept out of swap.")
    static let failing = MetricFamily.gauge("weir_token_disk_failing", "1 while the latest commit failed.")

    static let families = [accounts, alarms, overdue, inFlight, watchers, pending, connections, locked, failing]
}
