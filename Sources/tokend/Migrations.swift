// Migrations: the shape of token.db, and how it came to be.
//
// For: new files and files of every earlier release. Released steps are never edited; a mistake is repaired by the next one.
// Refuses: other daemons' files and files of newer releases (Migrator does).
// Called by: Store, when it opens the file.

import Storage

enum Migrations {
    /// `file token.db` shows the application id: "WeiT".
    static let migrator = Migrator(applicationID: "WeiT", migrations: all)

    static let all = [
        // What is secret is in `sealed`, as envelopes, and nowhere else. It is a table of its own, so that a start, which
        // reads every account, reads a tenth of the file; and so that a change of the key walks over nothing else. `key` is the
        // name of the key an envelope is sealed under, which the envelope says too.
        //
        // Account ids are never used again: an envelope is bound to its account's id. `version` counts what was stored for an
        // account, from 1. `expiry`, `mark` and all other times are milliseconds since 1970. `mark` is there while a call to
        // the token endpoint is under way: found at a start, its answer was lost.
        Migration(
            1, "vault",
            """
            CREATE TABLE accounts (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                tenant TEXT NOT NULL,
                provider TEXT NOT NULL,
                name TEXT NOT NULL,
                kind INTEGER NOT NULL,
                state INTEGER NOT NULL,
                refreshes INTEGER NOT NULL,
                version INTEGER NOT NULL,
                expiry INTEGER,
                mark INTEGER,
                death TEXT,
                endpoint TEXT,
                client TEXT,
                user TEXT NOT NULL,
                label TEXT NOT NULL,
                scopes TEXT NOT NULL,
                created INTEGER NOT NULL,
                changed INTEGER NOT NULL,
                UNIQUE (tenant, provider, name)
            ) STRICT;
            CREATE INDEX accounts_by_state ON accounts (state);
            CREATE TABLE facts (
                account INTEGER NOT NULL,
                name TEXT NOT NULL,
                value TEXT NOT NULL,
                PRIMARY KEY (account, name)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE sealed (
                account INTEGER NOT NULL,
                field INTEGER NOT NULL,
                key TEXT NOT NULL,
                envelope TEXT NOT NULL,
                PRIMARY KEY (account, field)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX sealed_by_key ON sealed (key);
            CREATE TABLE connecting (
                state BLOB NOT NULL PRIMARY KEY,
                session BLOB NOT NULL,
                tenant TEXT NOT NULL,
                provider TEXT NOT NULL,
                name TEXT NOT NULL,
                label TEXT NOT NULL,
                redirect TEXT NOT NULL,
                scopes TEXT NOT NULL,
                back TEXT NOT NULL,
                source TEXT NOT NULL,
                verifier TEXT NOT NULL,
                expires INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX connecting_by_end ON connecting (expires);
            CREATE TABLE events (
                number INTEGER PRIMARY KEY AUTOINCREMENT,
                at INTEGER NOT NULL,
                tenant TEXT,
                provider TEXT,
                name TEXT,
                action TEXT NOT NULL,
                source TEXT NOT NULL,
                before TEXT NOT NULL,
                after TEXT NOT NULL,
                text TEXT NOT NULL
            ) STRICT;
            CREATE INDEX events_by_tenant ON events (tenant, number);
            """),
        // What a tenant has named of an account before its owner agrees, as a form.
        Migration(2, "facts of connections", "ALTER TABLE connecting ADD COLUMN facts TEXT NOT NULL DEFAULT ''"),
    ]
}
