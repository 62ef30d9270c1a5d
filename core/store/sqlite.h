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

struct ms_frames;

extern const ms_driver ms_sqlite;

/* So many statements that were put together stay compiled, the last ones used. To compile one takes
 * a hundred times as long as to look up a work with it, and programs ask the same again. */
#define MS_KEPT_MOST 8

typedef struct ms_sqlite_connection {
  sqlite3 *handle;
  struct ms_frames *frames; /* NULL = in memory */
  sqlite3_stmt *rollback;   /* prepared, since it is needed when there is no memory */
  sqlite3_stmt *kept[MS_KEPT_MOST];
  int64_t busy_timeout_ms;
  int64_t busy_since_ms;
  uint32_t ticket; /* in the board's line, while in_line */
  bool in_line;
  bool only_tries; /* a lock that is taken is not waited for */
  bool full;       /* every commit reaches the disk before anybody is told of it */
  bool wide;       /* more pages than usual are kept in memory */
  bool unsynced;   /* the last one may not have reached it yet, nor others up to that number */
  uint32_t number;
  int64_t page_bytes;
  int64_t wal_pages;
} ms_sqlite_connection;

/* While a store is being opened: the first column of the one row. */
ms_status ms_sqlite_read(sqlite3 *handle, const char *sql, int64_t *value, ms_err *err);
ms_status ms_sqlite_fail(sqlite3 *handle, int code, const char *operation, ms_err *err);

#endif
