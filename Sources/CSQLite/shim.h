// The system's SQLite, 3.37 or newer (STRICT tables). Debian: libsqlite3-dev.
#include <sqlite3.h>

// sqlite3_config takes variable arguments, which Swift does not import. Without memory statistics SQLite's allocator needs no
// lock; nobody reads them. Has to come before anything else is asked of SQLite; too late, it changes nothing.
static inline int weir_sqlite_count_no_memory(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
