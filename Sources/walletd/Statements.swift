// Statements: the SQL that runs for every movement, compiled once.
//
// For: keeping the hot path free of looking statements up by their text. SQL that runs rarely stands where it is used.
// Refuses: a file that has not this release's shape.
// Called by: Store.

import Storage

struct Statements {
    let insertMovement: Statement
    let findMovement: Statement
    let insertAccount: Statement
    let updateAccount: Statement
    let insertBudget: Statement
    let updateBudget: Statement

    /// The columns of a movement, in the order in which they are bound and read.
    static let columns =
        "reference, kind, source, destination, amount, at, ordinal, balance, previous, budget, original, note"

    init(_ database: Database) throws(StorageError) {
        insertMovement = try database.prepare(
            """
            INSERT INTO movements (\(Self.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """)
        findMovement = try database.prepare("SELECT \(Self.columns) FROM movements WHERE reference = ?1")
        insertAccount = try database.prepare(
            "INSERT INTO accounts (number, balance, entries, last, name) VALUES (?1, ?2, ?3, ?4, ?5)")
        updateAccount = try database.prepare(
            "UPDATE accounts SET balance = ?2, entries = ?3, last = ?4 WHERE number = ?1")
        insertBudget = try database.prepare("INSERT INTO budgets (number, spent, name) VALUES (?1, ?2, ?3)")
        updateBudget = try database.prepare("UPDATE budgets SET spent = ?2 WHERE number = ?1")
    }
}
