// Migrator: brings a file to the shape this release knows.
//
// For: daemons that start on an empty file or on one of any earlier release.
// Refuses: other daemons' files, files of newer releases, and files whose past migrations are not the ones listed here.
// Called by: each daemon's Store, right after opening.

/// One step of a schema's history. Released migrations are never edited; a mistake is repaired by the next number.
public struct Migration: Sendable {
    /// 1, 2, 3, … without gaps.
    public let number: Int
    /// What it does, in a few words; stored in the file.
    public let name: String
    /// The SQL, run in one transaction.
    public let sql: String

    public init(_ number: Int, _ name: String, _ sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

/// The whole history of one daemon's file.
public struct Migrator: Sendable {
    private let applicationID: Int32
    private let migrations: [Migration]

    /// `applicationID` is four letters that mark the file as this daemon's (SQLite keeps them in the header, where `file`
    /// shows them). `migrations` are numbered from 1 without gaps.
    public init(applicationID: StaticString, migrations: [Migration]) {
        precondition(applicationID.utf8CodeUnitCount == 4, "an application id is four letters")
        precondition(
            migrations.map(\.number) == Array(1...migrations.count), "migrations are numbered from 1 without gaps")
        let letters = UnsafeRawPointer(applicationID.utf8Start).loadUnaligned(as: Int32.self)
        self.applicationID = Int32(bigEndian: letters)
        self.migrations = migrations
    }

    /// Runs what is missing, each migration in its own transaction. Returns the numbers before and after.
    @discardableResult
    public func bringUpToDate(_ database: Database) throws(StorageError) -> (from: Int, to: Int) {
        let known = try history(of: database)
        try verify(known, database)
        for migration in migrations.dropFirst(known.count) { try apply(migration, to: database) }
        return (known.count, migrations.count)
    }

    private func history(of database: Database) throws(StorageError) -> [String] {
        let found = try database.prepare("PRAGMA application_id").firstRow { Int32(truncatingIfNeeded: $0.integer(0)) }
        let isEmpty = try database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").firstRow { _ in true } == nil
        if found == 0 && isEmpty { return [] }
        guard found == applicationID else {
            throw database.refusal(.foreignFile, "open", "this is not the database of this daemon")
        }
        var names: [String] = []
        try database.prepare("SELECT name FROM migrations ORDER BY number").forEachRow { names.append($0.text(0)) }
        return names
    }

    private func verify(_ known: [String], _ database: Database) throws(StorageError) {
        guard known.count <= migrations.count else {
            throw database.refusal(
                .unknownSchema, "open",
                "the file has schema \(known.count) and this release knows \(migrations.count): it was written by a newer one"
            )
        }
        for (name, migration) in zip(known, migrations) where name != migration.name {
            throw database.refusal(
                .unknownSchema, "open",
                "migration \(migration.number) is \"\(name)\" in the file and \"\(migration.name)\" in this release")
        }
    }

    private func apply(_ migration: Migration, to database: Database) throws(StorageError) {
        try database.transaction { () throws(StorageError) in
            if migration.number == 1 {
                try database.execute(
                    """
                    PRAGMA application_id = \(applicationID);
                    CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
                    """)
            }
            try database.execute(migration.sql)
            let record = try database.prepare("INSERT INTO migrations (number, name) VALUES (?1, ?2)")
            try record.bind(1, Int64(migration.number)).bind(2, migration.name).run()
        }
    }
}
