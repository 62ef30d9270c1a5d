/* The driver of SQLite: a file, or memory.
 *
 * Private to the store's folder. The driver owns the connection it opened.
 *
 * The thread that holds the store calls.
 *
 * What SQLite says becomes a status and a message in which the operation stands first. */
#ifndef MS_STORE_SQLITE_H
#define MS_STORE_SQLITE_H

#include "store/driver.h"

#include <sqlite3.h>

extern const ms_driver ms_sqlite;

/* While a store is being opened: the first column of the one row. */
ms_status ms_sqlite_read(sqlite3 *handle, const char *sql, int64_t *value, ms_err *err);
ms_status ms_sqlite_fail(sqlite3 *handle, int code, const char *operation, ms_err *err);

#endif
