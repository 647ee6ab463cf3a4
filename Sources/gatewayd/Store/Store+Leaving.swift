// Store+Leaving: how far leaving files have been taken in, and where the events of one begin.
//
// For: taking each record of a leaving file in once, also when this process is killed in between.
// Refuses: nothing.
// Called by: StoreWorker.

import Storage

extension Store {
    /// Makes this fresh file's events begin after `last`, so that their numbers are nobody else's.
    func begin(after last: Int64) throws(StorageError) {
        try database.prepare("UPDATE outbox SET settled_seq = max(settled_seq, ?1) WHERE only = 0").bind(1, last).run()
    }

    /// The last event of the leaving file `name` that was taken in; `nil` before the first.
    func absorbed(_ name: String) throws(StorageError) -> Int64? {
        try database.prepare("SELECT through FROM absorbed WHERE name = ?1").bind(1, name).firstRow { $0.integer(0) }
    }

    /// Notes it. Part of the transaction that takes the events in.
    func saveAbsorbed(_ name: String, through: Int64) throws(StorageError) {
        try database.prepare("INSERT OR REPLACE INTO absorbed (name, through) VALUES (?1, ?2)")
            .bind(1, name).bind(2, through).run()
    }

    /// The file is gone, and its name will not come again.
    func forgetAbsorbed(_ name: String) throws(StorageError) {
        try database.prepare("DELETE FROM absorbed WHERE name = ?1").bind(1, name).run()
    }
}
