// Migrations: the shape of gatewayd.db, step by step.
//
// For: new files and files of any earlier release. Released steps are never edited.
// Refuses: nothing itself (Storage's Migrator does).
// Called by: Store, right after opening.

import Storage

enum Migrations {
    /// Marks the file as gatewayd's.
    static let applicationID: StaticString = "WeiG"

    static let all: [Migration] = [
        Migration(1, "tenants and keys", tenantsAndKeys),
        Migration(2, "usage events, rollups and the outbox cursor", usage),
        Migration(3, "errors", errors),
        Migration(4, "leaving files that were taken in", absorbed),
        Migration(5, "who changed tenants and keys", audit),
        Migration(6, "programs that registered themselves", clients),
    ]

    /// Tenant numbers are dense from 0 (event loops index an array with them). A key is never deleted: `revoked_at` ends it.
    private static let tenantsAndKeys = """
        CREATE TABLE tenants (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            display_name TEXT NOT NULL,
            policy INTEGER NOT NULL,
            suspended INTEGER NOT NULL,
            rate_per_minute INTEGER,
            rate_burst INTEGER,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE keys (
            id TEXT PRIMARY KEY NOT NULL,
            tenant INTEGER NOT NULL REFERENCES tenants (number),
            name TEXT NOT NULL,
            fingerprint BLOB NOT NULL UNIQUE,
            display TEXT NOT NULL,
            scope INTEGER NOT NULL,
            cap INTEGER,
            rate_per_minute INTEGER,
            rate_burst INTEGER,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            revoked_at INTEGER,
            last_used_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX keys_of_tenant ON keys (tenant, id);
        """

    /// `usage_events` is append-only and has no second index: a key's events are a chain through `previous`, whose newest
    /// link is in `key_totals`. Rollups exist in spans of 1 and 24 hours; `start` counts hours since 1970.
    private static let usage = """
        CREATE TABLE usage_events (
            seq INTEGER PRIMARY KEY,
            request BLOB NOT NULL,
            attempt INTEGER NOT NULL,
            at INTEGER NOT NULL,
            tenant TEXT NOT NULL,
            key TEXT NOT NULL,
            surface INTEGER NOT NULL,
            requested_model TEXT NOT NULL,
            upstream_model TEXT NOT NULL,
            provider TEXT NOT NULL,
            status INTEGER NOT NULL,
            http_status INTEGER NOT NULL,
            uncached_input INTEGER NOT NULL,
            cache_read INTEGER NOT NULL,
            cache_write_5m INTEGER NOT NULL,
            cache_write_1h INTEGER NOT NULL,
            output INTEGER NOT NULL,
            flags INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            latency_ms INTEGER NOT NULL,
            first_byte_ms INTEGER,
            previous INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE usage_rollups (
            tenant TEXT NOT NULL,
            span INTEGER NOT NULL,
            start INTEGER NOT NULL,
            key TEXT NOT NULL,
            model TEXT NOT NULL,
            requests INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            estimated INTEGER NOT NULL,
            uncached_input INTEGER NOT NULL,
            cache_read INTEGER NOT NULL,
            cache_write_5m INTEGER NOT NULL,
            cache_write_1h INTEGER NOT NULL,
            output INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            PRIMARY KEY (tenant, span, start, key, model)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE key_totals (
            key TEXT NOT NULL,
            model TEXT NOT NULL,
            requests INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            estimated INTEGER NOT NULL,
            uncached_input INTEGER NOT NULL,
            cache_read INTEGER NOT NULL,
            cache_write_5m INTEGER NOT NULL,
            cache_write_1h INTEGER NOT NULL,
            output INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            last_seq INTEGER NOT NULL,
            PRIMARY KEY (key, model)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE outbox (
            only INTEGER PRIMARY KEY CHECK (only = 0),
            settled_seq INTEGER NOT NULL
        ) STRICT;
        INSERT INTO outbox (only, settled_seq) VALUES (0, 0);
        """

    /// `redirects` has one URI a line.
    private static let clients = """
        CREATE TABLE oauth_clients (
            id TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            redirects TEXT NOT NULL,
            registered_at INTEGER NOT NULL,
            used_at INTEGER
        ) STRICT, WITHOUT ROWID;
        """

    private static let absorbed = """
        CREATE TABLE absorbed (
            name TEXT PRIMARY KEY NOT NULL,
            through INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Append-only. `before` and `after` are SHA-256 digests of the row that was changed, empty where there is none.
    private static let audit = """
        CREATE TABLE audit (
            number INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            tenant TEXT NOT NULL,
            subject TEXT NOT NULL,
            action TEXT NOT NULL,
            source TEXT NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL
        ) STRICT;
        CREATE INDEX audit_of_tenant ON audit (tenant, number);
        """

    private static let errors = """
        CREATE TABLE errors (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            request BLOB,
            tenant TEXT,
            key TEXT,
            model TEXT NOT NULL,
            provider TEXT NOT NULL,
            http_status INTEGER NOT NULL,
            message TEXT NOT NULL,
            event INTEGER
        ) STRICT;
        """
}
