// Migrations: the shape of wallet.db, and how it came to be.
//
// For: new files and files of every earlier release. Released steps are never edited; a mistake is repaired by the next one.
// Refuses: other daemons' files and files of newer releases (Migrator does).
// Called by: Store, when it opens the file.

import Storage

enum Migrations {
    /// `file wallet.db` shows the application id: "WeiW".
    static let migrator = Migrator(applicationID: "WeiW", migrations: all)

    static let all = [
        // Movements are found by reference and by nothing else. Machine references begin with the time, so new rows go to the
        // end of the tree and a commit of many rows touches few pages; a second index would undo that (a factor of four at
        // ten million rows). The history of a wallet is a chain instead: each movement names the wallet's movement before it.
        //
        // `ordinal` counts a wallet's movements from 1, `balance` is the wallet's after the movement, `original` is what a
        // refund gives back. Accounts and budgets hold what can be computed from the movements; the audit does so.
        Migration(
            1, "ledger",
            """
            CREATE TABLE accounts (
                number INTEGER PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                balance INTEGER NOT NULL,
                entries INTEGER NOT NULL,
                last BLOB
            ) STRICT;
            INSERT INTO accounts (number, name, balance, entries) VALUES (1, '@funding', 0, 0), (2, '@revenue', 0, 0);
            CREATE TABLE budgets (
                number INTEGER PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                spent INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE movements (
                reference BLOB NOT NULL PRIMARY KEY,
                kind INTEGER NOT NULL,
                source INTEGER NOT NULL,
                destination INTEGER NOT NULL,
                amount INTEGER NOT NULL,
                at INTEGER NOT NULL,
                ordinal INTEGER NOT NULL,
                balance INTEGER NOT NULL,
                previous BLOB,
                budget INTEGER,
                original BLOB,
                note TEXT
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE refunds (
                original BLOB NOT NULL,
                reference BLOB NOT NULL,
                amount INTEGER NOT NULL,
                PRIMARY KEY (original, reference)
            ) STRICT, WITHOUT ROWID;
            """)
    ]
}
