// Reading the ledger: one entry, a wallet's history, a slice of everything.
//
// For: repeated references, the history message, start-up reconciliation, the audit.
// Refuses: rows that no release of walletd wrote (`corrupt`).
// Called by: Store+Commit, Writer, Reconciliation, on the Store's thread.

import Ledger
import Money
import Storage
import Tenancy

/// A page of a wallet's history.
struct HistoryPage: Sendable {
    /// Newest first.
    var entries: [Entry] = []
    /// Whether older entries follow.
    var hasMore = false
}

extension Store {
    /// The entry of a reference, if there is one.
    func entry(_ reference: Reference) throws(StorageError) -> Entry? {
        guard let row = try statements.findMovement.bind(1, reference.bytes).firstRow(Self.readEntry) else {
            return nil
        }
        guard let entry = row else { throw database.contradiction("movement \(reference) makes no sense") }
        return entry
    }

    /// A wallet's entries older than `before` (or the newest), at most `limit`. A token that is not an entry of this wallet has
    /// nothing before it.
    func history(of wallet: AccountNumber, before: Reference?, limit: Int) throws(StorageError) -> HistoryPage {
        var next = accounts[wallet.value]?.last
        if let before {
            let token = try entry(before)
            next = token?.posting.wallet == wallet ? token?.previous : nil
        }
        var page = HistoryPage()
        while let reference = next, page.entries.count < limit {
            guard let entry = try entry(reference), entry.posting.wallet == wallet else {
                throw database.contradiction("the history of wallet \(wallet.value) breaks off at \(reference)")
            }
            page.entries.append(entry)
            next = entry.previous
        }
        page.hasMore = next != nil
        return page
    }

    /// Up to `limit` movements that follow `cursor` in the order of references: each with its entry, or with `nil` when the row
    /// makes no sense.
    func slice(after cursor: [UInt8], limit: Int) throws(StorageError) -> [(reference: [UInt8], entry: Entry?)] {
        var rows: [(reference: [UInt8], entry: Entry?)] = []
        rows.reserveCapacity(limit)
        let select = try database.prepare(
            "SELECT \(Statements.columns) FROM movements WHERE reference > ?1 ORDER BY reference LIMIT ?2")
        try select.bind(1, cursor).bind(2, Int64(limit)).forEachRow { rows.append(($0.bytes(0), Self.readEntry($0))) }
        return rows
    }

    /// Whether the refund table has this refund as it was posted.
    func isKept(refund entry: Entry) throws(StorageError) -> Bool {
        guard let original = entry.posting.original else { return false }
        let select = try database.prepare("SELECT amount FROM refunds WHERE original = ?1 AND reference = ?2")
        let amount = try select.bind(1, original.bytes).bind(2, entry.posting.reference.bytes).firstRow {
            $0.integer(0)
        }
        return amount == entry.posting.amount.value
    }

    /// What the file keeps beside the movements, read from the file.
    func keptState() throws(StorageError) -> KeptState {
        let accounts = try readAccounts().map(\.account)
        let spent = try readBudgets().map { ($0.number, $0.spent) }
        let refunds = try database.prepare("SELECT count(*) FROM refunds").firstRow { $0.integer(0) } ?? 0
        return KeptState(
            accounts: accounts, spent: Dictionary(uniqueKeysWithValues: spent), refunds: refunds)
    }

    /// The entry in the current row; `nil` when it is none that this release or an earlier one wrote.
    private static func readEntry(_ row: Statement) -> Entry? {
        guard let kind = UInt8(exactly: row.integer(1)).flatMap(EntryKind.init(rawValue:)),
            let reference = Reference(bytes: row.bytes(0)), let source = Int32(exactly: row.integer(2)),
            let destination = Int32(exactly: row.integer(3)), let budget = Int32(exactly: row.integer(9))
        else { return nil }
        let posting = Posting(
            kind: kind, reference: reference, wallet: AccountNumber(kind.raisesWallet ? destination : source),
            budget: BudgetNumber(budget), amount: Micros(row.integer(4)), at: UnixMillis(row.integer(5)),
            original: Reference(bytes: row.bytes(10)), note: row.text(11))
        let entry = Entry(
            posting: posting, ordinal: row.integer(6), previous: Reference(bytes: row.bytes(8)),
            balance: Micros(row.integer(7)))
        let isWhole = posting.source.value == source && posting.destination.value == destination
        return isWhole && posting.wallet.isWallet ? entry : nil
    }
}
