// WalletMetric: what this daemon counts and tells of itself in numbers.
//
// For: `weirctl metrics walletd`, and gatewayd's page for Prometheus, which asks for them.
// Refuses: tenants and keys as labels.
// Called by: Service (counts and tells), on its event loop.

import DaemonKit
import Ledger
import Metrics
import Money

enum WalletMetric: Int, MetricKey {
    case holds, releases, movements, moved, refused, known, commitTime, batch, commitFailures, auditFindings

    var family: MetricFamily {
        switch self {
        case .holds:
            .counter(
                "weir_wallet_holds_total", "Holds asked for or asserted again, by what became of them.",
                labels: ["outcome"])
        case .releases: .counter("weir_wallet_releases_total", "Holds that were let go without a settlement.")
        case .movements:
            .counter("weir_wallet_movements_total", "Movements posted, each once.", labels: ["kind"])
        case .moved:
            .counter("weir_wallet_moved_dollars_total", "What they moved.", labels: ["kind"], decimals: 6)
        case .refused: .counter("weir_wallet_movements_refused_total", "Movements refused.", labels: ["reason"])
        case .known:
            .counter("weir_wallet_movements_repeated_total", "Movements asked for again that had been posted before.")
        case .commitTime:
            .histogram(
                "weir_wallet_commit_duration_seconds", "Commits of the ledger, from begin to synced.", decimals: 6,
                bounds: Self.commitBounds)
        case .batch:
            .histogram("weir_wallet_commit_movements", "Movements of one commit.", bounds: Self.batchBounds)
        case .commitFailures:
            .counter(
                "weir_wallet_commit_failures_total", "Commits that the disk refused; their movements are asked again.")
        case .auditFindings:
            .counter("weir_wallet_audit_findings_total", "What audits found wrong: anything but 0 is an emergency.")
        }
    }

    var series: [[String]] {
        switch self {
        case .holds: [["granted"]] + WalletRefusal.allCases.map { [$0.label] }
        case .movements, .moved: EntryKind.allCases.map { ["\($0)"] }
        case .refused: WalletRefusal.allCases.map { [$0.label] }
        default: [[]]
        }
    }

    /// Micro-seconds: from a disk with a battery to one that is about to fail.
    private static let commitBounds = [
        100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 5_000_000,
    ]
    /// Movements, up to the most of a batch.
    private static let batchBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256]
}

extension MetricLane<WalletMetric> {
    func count(_ admission: Admission) {
        switch admission {
        case .granted: add(.holds)
        case .refused(let refusal, _): add(.holds, at: 1 + refusal.place)
        }
    }

    func countPosted(_ posting: Posting) {
        let place = Int(posting.kind.rawValue) - 1
        add(.movements, at: place)
        add(.moved, at: place, Int(posting.amount.value))
    }

    func countRefused(_ refusal: WalletRefusal) { add(.refused, at: refusal.place) }
}

extension WalletRefusal {
    /// The position in `allCases`, whose numbers are consecutive.
    fileprivate var place: Int { Int(rawValue - WalletRefusal.amountOutOfRange.rawValue) }

    /// `insufficient_funds`: the case's name as labels are written.
    fileprivate var label: String {
        "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }
}

/// What is read rather than counted.
enum WalletGauges {
    static let holds = MetricFamily.gauge("weir_wallet_holds_live", "Holds alive.")
    static let held = MetricFamily.gauge("weir_wallet_held_dollars", "What they set aside.", decimals: 6)
    static let wallets = MetricFamily.gauge("weir_wallet_wallets", "Tenants with a wallet.")
    static let entries = MetricFamily.gauge("weir_wallet_entries", "Movements in the ledger.")
    static let pending = MetricFamily.gauge("weir_wallet_pending_movements", "Movements that wait for their commit.")
    static let connections = MetricFamily.gauge("weir_wallet_connections", "Siblings and operators connected.")
    static let databaseBytes = MetricFamily.gauge(
        "weir_wallet_database_bytes", "Size of wallet.db as of its latest checkpoint, without the write-ahead log.")
    static let failing = MetricFamily.gauge(
        "weir_wallet_disk_failing", "1 while the latest commit failed; movements are then refused.")
    static let draining = MetricFamily.gauge("weir_wallet_draining", "1 while the daemon is about to stop.")

    static let families = [
        holds, held, wallets, entries, pending, connections, databaseBytes, failing, draining,
    ]
}
