// Reconciliation: what is checked before a ledger is served.
//
// For: refusing to spend from a ledger that contradicts itself.
// Refuses: balances that do not sum to zero, wallets that are not where their latest entry left them, counts that differ; with
//     `whole`, anything that the audit or SQLite's own check finds.
// Called by: Writer, when it opens the store.

import Ledger
import Storage

/// How much is checked at start.
enum StartCheck: Sendable {
    /// The ends: a few look-ups per wallet, milliseconds for thousands of them.
    case ends
    /// Every page and every movement: about four seconds per million movements.
    case whole
}

extension Store {
    /// What is wrong with the ledger; nothing when it may be served.
    func reconcile(_ check: StartCheck) throws(StorageError) -> [Finding] {
        let accounts = accounts.all
        let findings = try Audit.ends(of: accounts) { (account) throws(StorageError) in
            guard let last = account.last else { return nil }
            return try entry(last)
        }
        guard check == .whole, findings.isEmpty else { return findings }
        try database.quickCheck()
        var run = AuditRun(try keptState())
        while try !run.advance(self) {}
        return run.finish().findings
    }
}
