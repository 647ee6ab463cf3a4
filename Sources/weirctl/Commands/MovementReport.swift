// MovementReport: movements of money as columns.
//
// Called by: WalletCommand.

import IPC
import Money
import Tenancy

enum MovementReport {
    static let postedColumns: [Column] = [.left("outcome"), .left("reference"), .right("balance")]
    static let historyColumns: [Column] = [
        .left("at", atLeast: 19), .left("kind", atLeast: 10), .right("amount", atLeast: 12), .left("key", atLeast: 20),
        .left("reference", atLeast: 32), .left("note"), .detail("original"), .detail("request"),
    ]

    /// What became of a movement that was not refused.
    static func posted(_ answer: PostingAnswer, _ reference: Reference) -> Report {
        let outcome = answer.outcome == .exists ? "existed already" : "posted"
        return Report(
            postedColumns, rows: [[.text(outcome), .text(reference.description), .money(answer.balance)]])
    }

    /// The same complaint, with the reference that makes repeating safe.
    static func repeatable(_ complaint: Complaint, _ reference: Reference) -> Complaint {
        guard complaint.status == .unreachable else { return complaint }
        return Complaint(
            complaint.what,
            next: "\(complaint.next); then repeat it with --reference \(reference), which cannot post it twice",
            status: complaint.status)
    }

    /// Entries as they come, newest first. The amount carries the sign of what it did to the balance.
    static func history(_ entries: [HistoryEntry]) -> Report { Report(historyColumns, rows: entries.map(cells)) }

    private static func cells(_ entry: HistoryEntry) -> [Cell] {
        [
            .instant(entry.at), .text(String(describing: entry.kind)), .money(signed(entry)),
            .optional(entry.budget) { .text($0.text) }, .text(entry.reference.description), .text(entry.note),
            .optional(entry.original) { .text($0.description) },
            .optional(ReferenceText.request(of: entry.reference)) { .text($0.description) },
        ]
    }

    private static func signed(_ entry: HistoryEntry) -> Micros {
        switch entry.kind {
        case .credit, .refund: entry.amount
        // Amounts on the wire are never negative, so this one has its negative.
        case .debit, .settlement: entry.amount.negated ?? entry.amount
        }
    }
}
