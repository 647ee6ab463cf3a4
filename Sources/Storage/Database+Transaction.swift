// Transactions: all or nothing, and durable when `commit` returns.
//
// For: grouping writes. One commit is one sync of the write-ahead log, however many rows it carries.
// Refuses: nesting (it traps).
// Called by: Stores, Migrator.

internal import CSQLite

extension Database {
    /// Whether a transaction is open.
    public var isInTransaction: Bool { sqlite3_get_autocommit(connection) == 0 }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or when the commit fails.
    public func transaction<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value {
        try begin()
        do throws(StorageError) {
            let value = try body()
            try commit()
            return value
        } catch {
            rollback()
            throw error
        }
    }

    /// Opens a write transaction. A transaction that a failed rollback left behind is rolled back first.
    public func begin() throws(StorageError) {
        owner.check()
        if isRollbackOwed && isInTransaction { try run("ROLLBACK", "rollback") }
        isRollbackOwed = false
        precondition(!isInTransaction, "a transaction was begun inside a transaction")
        try run("BEGIN IMMEDIATE", "begin")
    }

    /// Makes everything since `begin` durable. When it throws, nothing of it is visible any more after `rollback`.
    public func commit() throws(StorageError) { try run("COMMIT", "commit") }

    /// Undoes everything since `begin`. Without a transaction it does nothing (SQLite ends one by itself on some failures).
    /// When undoing fails too, the next `begin` tries it again before anything else.
    public func rollback() {
        owner.check()
        guard isInTransaction else { return }
        do throws(StorageError) {
            try run("ROLLBACK", "rollback")
        } catch {
            isRollbackOwed = true
        }
    }

    private func run(_ sql: String, _ operation: String) throws(StorageError) {
        do throws(StorageError) {
            try prepare(sql).run()
        } catch {
            throw StorageError(
                kind: error.kind, operation: operation, path: path, detail: error.detail, code: error.code)
        }
    }
}
