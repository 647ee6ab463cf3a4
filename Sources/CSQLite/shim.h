// The system's SQLite, 3.37 or newer (STRICT tables). Debian: libsqlite3-dev.
#include <sqlite3.h>
