/* plain: reads what tokend reads at its start, as plain C does it, to compare tokend with.
 *
 * For: the reference figure of the vault's benchmark.
 * Refuses: nothing; any failure ends the program.
 * Called by: vault.py.
 *
 *     plain FILE
 *         Steps through the columns that make an alarm, and counts accounts by state, in a token.db. Prints
 *         {"rows":…,"seconds":…}, from before the file is opened.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static sqlite3 *db;

static void check(int code, int wanted, const char *what) {
    if (code == wanted) return;
    fprintf(stderr, "plain: %s: %s\n", what, db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    exit(1);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Reads every column of every row; returns the rows. */
static long drain(const char *text) {
    sqlite3_stmt *question;
    check(sqlite3_prepare_v2(db, text, -1, &question, NULL), SQLITE_OK, text);
    long rows = 0;
    unsigned long seen = 0;
    int code;
    while ((code = sqlite3_step(question)) == SQLITE_ROW) {
        for (int column = 0; column < sqlite3_column_count(question); column++) {
            if (sqlite3_column_type(question, column) == SQLITE_INTEGER)
                seen += (unsigned long)sqlite3_column_int64(question, column);
            else if (sqlite3_column_text(question, column))
                seen += (unsigned long)sqlite3_column_bytes(question, column);
        }
        rows++;
    }
    check(code, SQLITE_DONE, "step");
    sqlite3_finalize(question);
    if (seen == 42) fputs("", stderr);
    return rows;
}

int main(int count, char **arguments) {
    if (count != 2) return fputs("plain FILE\n", stderr), 2;
    double began = seconds();
    check(sqlite3_open_v2(arguments[1], &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK, "open");
    long rows = drain("SELECT id, provider, endpoint, version, expiry, mark, death FROM accounts WHERE refreshes = 1");
    drain("SELECT state, count(*) FROM accounts GROUP BY state");
    printf("{\"rows\":%ld,\"seconds\":%.6f}\n", rows, seconds() - began);
    sqlite3_close(db);
    return 0;
}
