/* plain: group commit as plain C does it, to compare walletd with.
 *
 * For: the reference figures of the wallet's benchmark, and filling a ledger with millions of movements.
 * Refuses: nothing; any failure ends the program.
 * Called by: wallet-bench.
 *
 *     plain run FILE BATCH SECONDS TENANTS ROWS
 *         Fills FILE with ROWS movements if it is new, then commits batches of BATCH debits for SECONDS: the table, the row, the
 *         order of keys and the settings of walletd; each debit is one INSERT and one UPDATE of its account's balance.
 *         Prints {"batch":…,"debits":…,"seconds":…,"commit_p50_us":…,"commit_p99_us":…}.
 *     plain fill FILE ROWS
 *         Appends ROWS debits to a wallet.db that walletd made, spread over its wallets, chains and balances kept.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST_WALLET 16
#define COMMITS_MAX 4000000
/* 2023-11-14: filled rows lie before every row of a run. */
#define FILL_EPOCH_MS 1700000000000LL

static sqlite3 *db;

static void check(int code, int wanted, const char *what) {
    if (code == wanted) return;
    fprintf(stderr, "plain: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void run_sql(const char *sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, sql); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), SQLITE_OK, sql);
    return statement;
}

static void step(sqlite3_stmt *statement) {
    check(sqlite3_step(statement), SQLITE_DONE, "step");
    sqlite3_reset(statement);
}

static int64_t now_ns(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* 48 bits of milliseconds, then a counter: the order of machine references. */
static void make_reference(uint8_t reference[16], int64_t millis, uint64_t counter) {
    for (int i = 0; i < 6; i++) reference[i] = (uint8_t)(millis >> (40 - 8 * i));
    reference[6] = reference[7] = 0;
    for (int i = 0; i < 8; i++) reference[8 + i] = (uint8_t)(counter >> (56 - 8 * i));
}

struct wallet {
    int64_t balance, entries;
    int last_length;
    uint8_t last[64];
};

static sqlite3_stmt *insert;

static void insert_debit(const uint8_t reference[16], int number, struct wallet *wallet, int64_t amount, int64_t at) {
    sqlite3_bind_blob(insert, 1, reference, 16, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 2, 4);
    sqlite3_bind_int64(insert, 3, number);
    sqlite3_bind_int64(insert, 4, 2);
    sqlite3_bind_int64(insert, 5, amount);
    sqlite3_bind_int64(insert, 6, at);
    wallet->entries += 1;
    wallet->balance -= amount;
    sqlite3_bind_int64(insert, 7, wallet->entries);
    sqlite3_bind_int64(insert, 8, wallet->balance);
    if (wallet->last_length)
        sqlite3_bind_blob(insert, 9, wallet->last, wallet->last_length, SQLITE_STATIC);
    else
        sqlite3_bind_null(insert, 9);
    step(insert);
    memcpy(wallet->last, reference, 16);
    wallet->last_length = 16;
}

static void open_file(const char *path) {
    check(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL), SQLITE_OK, path);
    run_sql("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA secure_delete = OFF; PRAGMA cache_size = -16384;");
}

static void prepare_insert(void) {
    insert = prepare("INSERT INTO movements (reference, kind, source, destination, amount, at, ordinal, balance, previous)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
}

static void fill_rows(struct wallet *wallets, int tenants, int64_t rows) {
    run_sql("PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 10000");
    for (int64_t row = 0; row < rows; row++) {
        if (row % 100000 == 0) run_sql("BEGIN");
        uint8_t reference[16];
        int64_t millis = FILL_EPOCH_MS + row / 100;
        make_reference(reference, millis, (uint64_t)row);
        insert_debit(reference, FIRST_WALLET + (int)(row % tenants), &wallets[row % tenants], 1 + row % 1000, millis);
        if (row % 100000 == 99999 || row == rows - 1) run_sql("COMMIT");
    }
    run_sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000");
    /* Or what follows would be measured while the disk still writes the rows. */
    sync();
}

static int by_value(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The wallets of an open file, their last movements included. */
static struct wallet *read_wallets(int *tenants) {
    sqlite3_stmt *select = prepare("SELECT balance, entries, last FROM accounts WHERE number >= 16 ORDER BY number");
    struct wallet *wallets = NULL;
    *tenants = 0;
    while (sqlite3_step(select) == SQLITE_ROW) {
        wallets = realloc(wallets, (size_t)(*tenants + 1) * sizeof *wallets);
        struct wallet *wallet = &wallets[(*tenants)++];
        wallet->balance = sqlite3_column_int64(select, 0);
        wallet->entries = sqlite3_column_int64(select, 1);
        wallet->last_length = sqlite3_column_bytes(select, 2);
        if (wallet->last_length) memcpy(wallet->last, sqlite3_column_blob(select, 2), (size_t)wallet->last_length);
    }
    sqlite3_finalize(select);
    return wallets;
}

static void make_tables(int tenants) {
    run_sql("CREATE TABLE accounts (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, balance INTEGER NOT NULL,"
            " entries INTEGER NOT NULL, last BLOB) STRICT;"
            "CREATE TABLE movements (reference BLOB NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, source INTEGER NOT NULL,"
            " destination INTEGER NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL, ordinal INTEGER NOT NULL,"
            " balance INTEGER NOT NULL, previous BLOB, budget INTEGER, original BLOB, note TEXT) STRICT, WITHOUT ROWID;");
    sqlite3_stmt *account = prepare("INSERT INTO accounts (number, name, balance, entries) VALUES (?1, ?2, ?3, 0)");
    for (int i = 0; i < tenants; i++) {
        char name[32];
        snprintf(name, sizeof name, "bench-%d", i);
        sqlite3_bind_int64(account, 1, FIRST_WALLET + i);
        sqlite3_bind_text(account, 2, name, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(account, 3, 1000000000000000LL);
        step(account);
    }
    sqlite3_finalize(account);
}

static void run(const char *path, int batch, double seconds, int tenants, int64_t rows) {
    int is_new = access(path, F_OK) != 0;
    open_file(path);
    if (is_new) make_tables(tenants);
    prepare_insert();
    struct wallet *wallets = read_wallets(&tenants);
    if (is_new) fill_rows(wallets, tenants, rows);

    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT");
    sqlite3_stmt *update = prepare("UPDATE accounts SET balance = balance - ?2, entries = entries + 1 WHERE number = ?1");
    int64_t *times = malloc(COMMITS_MAX * sizeof *times);
    int64_t commits = 0, debits = 0, counter = 0;
    int64_t start = now_ns(CLOCK_MONOTONIC), before = start;
    while (before - start < seconds * 1e9 && commits < COMMITS_MAX) {
        step(begin);
        for (int i = 0; i < batch; i++) {
            uint8_t reference[16];
            int tenant = (int)(counter % tenants);
            int64_t millis = now_ns(CLOCK_REALTIME) / 1000000;
            make_reference(reference, millis, (uint64_t)counter++);
            insert_debit(reference, FIRST_WALLET + tenant, &wallets[tenant], 1 + counter % 1000, millis);
            sqlite3_bind_int64(update, 1, FIRST_WALLET + tenant);
            sqlite3_bind_int64(update, 2, 1 + counter % 1000);
            step(update);
        }
        step(commit);
        int64_t after = now_ns(CLOCK_MONOTONIC);
        times[commits++] = after - before;
        before = after;
        debits += batch;
    }
    qsort(times, (size_t)commits, sizeof *times, by_value);
    printf("{\"batch\":%d,\"debits\":%lld,\"seconds\":%.3f,\"commit_p50_us\":%.1f,\"commit_p99_us\":%.1f}\n", batch,
           (long long)debits, (double)(before - start) / 1e9, (double)times[commits / 2] / 1e3,
           (double)times[commits * 99 / 100] / 1e3);
}

static void fill(const char *path, int64_t rows) {
    open_file(path);
    prepare_insert();
    int tenants;
    struct wallet *wallets = read_wallets(&tenants);
    int64_t before = 0, after = 0;
    for (int i = 0; i < tenants; i++) before += wallets[i].balance;
    fill_rows(wallets, tenants, rows);
    run_sql("BEGIN");
    sqlite3_stmt *update = prepare("UPDATE accounts SET balance = ?2, entries = ?3, last = ?4 WHERE number = ?1");
    for (int i = 0; i < tenants; i++) {
        sqlite3_bind_int64(update, 1, FIRST_WALLET + i);
        sqlite3_bind_int64(update, 2, wallets[i].balance);
        sqlite3_bind_int64(update, 3, wallets[i].entries);
        sqlite3_bind_blob(update, 4, wallets[i].last, 16, SQLITE_STATIC);
        step(update);
        after += wallets[i].balance;
    }
    sqlite3_stmt *revenue = prepare("UPDATE accounts SET balance = balance + ?1, entries = entries + ?2 WHERE number = 2");
    sqlite3_bind_int64(revenue, 1, before - after);
    sqlite3_bind_int64(revenue, 2, rows);
    step(revenue);
    run_sql("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

int main(int count, char **words) {
    if (count == 7 && strcmp(words[1], "run") == 0)
        run(words[2], atoi(words[3]), atof(words[4]), atoi(words[5]), atoll(words[6]));
    else if (count == 4 && strcmp(words[1], "fill") == 0)
        fill(words[2], atoll(words[3]));
    else
        return fprintf(stderr, "usage: plain run FILE BATCH SECONDS TENANTS ROWS | plain fill FILE ROWS\n"), 64;
    return 0;
}
