/* Statements on one connection: prepared once, bound by a type string, stepped.
 *
 * Private to the store's folder. Statements belong to the store's cache and are found by the
 * address of their text, so the text must be a constant.
 *
 * The thread that holds the store calls.
 *
 * Failures are put into the store's own ms_err, which the caller of the store reads. */
#ifndef MS_STORE_SQL_H
#define MS_STORE_SQL_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/text.h"

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>

struct ms_store;

/* What SQLite says, as a status and a message. */
ms_status ms_sql_fail(sqlite3 *connection, int code, const char *operation, ms_err *err);

/* Types: i int64, n int64 with MS_NEVER as NULL, z int64 with 0 as NULL, m int64 with −1 as NULL,
 * t ms_text with absent as NULL, r double. Texts must live until the next use of the statement. */
ms_status ms_sql_open(struct ms_store *store, const char *sql, sqlite3_stmt **statement,
                      const char *types, ...);
/* *row is false at the end; the statement is reset then and after a failure. */
ms_status ms_sql_step(struct ms_store *store, sqlite3_stmt *statement, bool *row);
/* Ends a statement before its last row. */
void ms_sql_close(sqlite3_stmt *statement);
/* Runs a statement that gives no rows. */
ms_status ms_sql_run(struct ms_store *store, const char *sql, const char *types, ...);
/* Rows that the last ms_sql_run changed. */
int64_t ms_sql_changes(struct ms_store *store);
/* The first column of the first row, or other when there is no row or it is NULL. */
ms_status ms_sql_int(struct ms_store *store, const char *sql, int64_t other, int64_t *value,
                     const char *types, ...);

int64_t ms_sql_column_int(sqlite3_stmt *statement, int column);
/* other when the column is NULL. */
int64_t ms_sql_column_or(sqlite3_stmt *statement, int column, int64_t other);
/* Valid until the next step. */
ms_text ms_sql_column_text(sqlite3_stmt *statement, int column);
/* *failed is set when memory is out. */
ms_text ms_sql_column_copy(sqlite3_stmt *statement, int column, ms_arena *arena, bool *failed);

#endif
