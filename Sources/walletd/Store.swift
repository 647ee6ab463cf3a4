// Store: wallet.db, and the only code of Weir that knows how the ledger is kept.
//
// For: deciding and keeping batches of orders, finding entries, walking histories.
// Refuses: references that are known (answers as the entry there answers), and files that are not a sound wallet.db.
// Called by: Writer, on the one thread that opened it.

import Ledger
import Money
import NIOCore
import Storage
import Tenancy

/// The open ledger. Not Sendable: its thread is the one that made it.
final class Store {
    let database: Database
    let statements: Statements
    /// By account number. Names are needed when a row is first written and when the file is opened.
    var accounts = CachedRows<Account>()
    /// By budget number: what it has spent.
    var budgets = CachedRows<Micros>()
    /// The names of accounts and budgets that this batch makes.
    var newNames: [Int32: String] = [:]
    var newKeys: [Int32: KeyID] = [:]
    /// What the latest successful commit took from the last row to the end of its sync.
    var syncTime = TimeAmount.zero

    /// Opens the file, brings it to this release's shape and reads accounts and budgets.
    init(path: String, fileLayer: String? = nil) throws(StorageError) {
        var options = DatabaseOptions()
        options.checkpointPages = 0
        options.fileLayer = fileLayer
        database = try Database(path: path, options: options)
        try Migrations.migrator.bringUpToDate(database)
        statements = try Statements(database)
        for row in try readAccounts() { accounts[row.account.number.value] = row.account }
        for row in try readBudgets() { budgets[row.number.value] = row.spent }
        accounts.keep()
        budgets.keep()
    }

    func close() { database.close() }

    /// A book with every wallet and budget of the file.
    func makeBook(_ limits: LedgerLimits) throws(StorageError) -> Book {
        var book = Book(limits: limits)
        for row in try readAccounts() where row.account.number.isWallet {
            guard let tenant = TenantID(row.name) else {
                throw database.contradiction("\"\(row.name)\" is not a tenant's name")
            }
            book.restore(tenant, row.account)
        }
        for row in try readBudgets() { book.restore(row.key, row.number, spent: row.spent) }
        return book
    }
}

// MARK: accounts and budgets in the file

extension Store {
    func readAccounts() throws(StorageError) -> [(name: String, account: Account)] {
        var rows: [(name: String, account: Account)] = []
        let select = try database.prepare("SELECT number, name, balance, entries, last FROM accounts ORDER BY number")
        try select.forEachRow { row in
            let account = Account(
                number: AccountNumber(Int32(truncatingIfNeeded: row.integer(0))), balance: Micros(row.integer(2)),
                entries: row.integer(3), last: Reference(bytes: row.bytes(4)))
            rows.append((row.text(1), account))
        }
        return rows
    }

    func readBudgets() throws(StorageError) -> [(number: BudgetNumber, key: KeyID, spent: Micros)] {
        var rows: [(number: BudgetNumber, key: KeyID, spent: Micros)] = []
        var wrong: String?
        let select = try database.prepare("SELECT number, name, spent FROM budgets ORDER BY number")
        try select.forEachRow { row in
            guard let key = KeyID(row.text(1)) else { return wrong = row.text(1) }
            rows.append((BudgetNumber(Int32(truncatingIfNeeded: row.integer(0))), key, Micros(row.integer(2))))
        }
        if let wrong { throw database.contradiction("\"\(wrong)\" is not a key's name") }
        return rows
    }

    /// Writes every touched account and budget once, whatever happened to it in this batch.
    func writeTouched() throws(StorageError) {
        for number in accounts.touched {
            guard let account = accounts[number] else { preconditionFailure("accounts are never removed") }
            try write(account)
        }
        for number in budgets.touched {
            guard let spent = budgets[number] else { preconditionFailure("budgets are never removed") }
            try write(spent, number)
        }
    }

    private func write(_ account: Account) throws(StorageError) {
        let number = account.number.value
        guard let name = newNames[number] else {
            return try statements.updateAccount.bind(1, Int64(number)).bind(2, account.balance.value)
                .bind(3, account.entries).bind(4, account.last?.bytes).run()
        }
        try statements.insertAccount.bind(1, Int64(number)).bind(2, account.balance.value).bind(3, account.entries)
            .bind(4, account.last?.bytes).bind(5, name).run()
    }

    private func write(_ spent: Micros, _ number: Int32) throws(StorageError) {
        guard let key = newKeys[number] else {
            return try statements.updateBudget.bind(1, Int64(number)).bind(2, spent.value).run()
        }
        try statements.insertBudget.bind(1, Int64(number)).bind(2, spent.value).bind(3, key.text).run()
    }
}
