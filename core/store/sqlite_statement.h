/* Statements of SQLite: compiled, given their values, stepped, and read.
 *
 * Private to the driver, whose table these functions stand in; driver.h says what each does. The
 * handle of a statement is its sqlite3_stmt. One that was put together goes back to its connection,
 * which keeps the last few.
 *
 * The thread that holds the store calls.
 *
 * Failures are put into the store's own ms_err. */
#ifndef MS_STORE_SQLITE_STATEMENT_H
#define MS_STORE_SQLITE_STATEMENT_H

#include "store/sqlite.h"

ms_status ms_sqlite_prepare(struct ms_store *store, const char *sql, ms_statement *statement);
ms_status ms_sqlite_open_rows(struct ms_store *store, ms_statement *statement, const char *types,
                              va_list *values);
ms_status ms_sqlite_run(struct ms_store *store, ms_statement *statement, int64_t rows,
                        const char *types, va_list *values);
ms_status ms_sqlite_run_values(struct ms_store *store, ms_statement *statement,
                               const ms_value *values, size_t count);
ms_status ms_sqlite_step(struct ms_store *store, ms_statement *statement, bool *row);
void ms_sqlite_reset(ms_statement *statement);
void ms_sqlite_drop(ms_statement *statement);

ms_status ms_sqlite_open_once(struct ms_store *store, ms_text sql, const ms_text *values,
                              size_t count, ms_statement *statement);
void ms_sqlite_end_once(struct ms_store *store, ms_statement *statement);
/* Before the connection is closed. */
void ms_sqlite_drop_kept(ms_sqlite_connection *connection);

bool ms_sqlite_is_null(const ms_statement *statement, int column);
int64_t ms_sqlite_get_int(const ms_statement *statement, int column);
double ms_sqlite_get_double(const ms_statement *statement, int column);
ms_text ms_sqlite_get_text(const ms_statement *statement, int column);

#endif
