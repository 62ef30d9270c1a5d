#include "store/sqlite_statement.h"

#include "store/private.h"

static ms_sqlite_connection *connection_of(const ms_store *store) {
  return store->connection;
}

static ms_status fail(ms_store *store, int code) {
  return ms_sqlite_fail(connection_of(store)->handle, code, "store", &store->err);
}

/* ---- Values ---- */

static int bind_text(sqlite3_stmt *handle, int at, ms_text text) {
  if (!text.data) return sqlite3_bind_null(handle, at);
  return sqlite3_bind_text64(handle, at, text.data, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_int(sqlite3_stmt *handle, int at, int64_t value, char type) {
  return ms_sql_is_absent(type, value) ? sqlite3_bind_null(handle, at)
                                       : sqlite3_bind_int64(handle, at, value);
}

static int bind_value(sqlite3_stmt *handle, int at, const ms_value *value) {
  if (value->type == 't') return bind_text(handle, at, value->text);
  if (value->type == 'r') return sqlite3_bind_double(handle, at, value->real);
  return bind_int(handle, at, value->integer, value->type);
}

/* ---- Those that stay prepared ---- */

ms_status ms_sqlite_prepare(ms_store *store, const char *sql, ms_statement *statement) {
  sqlite3_stmt *handle;
  int code = sqlite3_prepare_v3(connection_of(store)->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                &handle, NULL);
  if (code != SQLITE_OK) return fail(store, code);
  statement->handle = handle;
  return MS_OK;
}

ms_status ms_sqlite_open_rows(ms_store *store, ms_statement *statement, const char *types,
                              va_list *values) {
  sqlite3_stmt *handle = statement->handle;
  int code = SQLITE_OK;
  for (int at = 1; *types && code == SQLITE_OK; types++, at++) {
    if (*types == 't') {
      code = bind_text(handle, at, va_arg(*values, ms_text));
    } else if (*types == 'r') {
      code = sqlite3_bind_double(handle, at, va_arg(*values, double));
    } else {
      code = bind_int(handle, at, va_arg(*values, int64_t), *types);
    }
  }
  return code == SQLITE_OK ? MS_OK : fail(store, code);
}

ms_status ms_sqlite_step(ms_store *store, ms_statement *statement, bool *row) {
  int code = sqlite3_step(statement->handle);
  *row = code == SQLITE_ROW;
  if (*row) return MS_OK;
  ms_status status = code == SQLITE_DONE ? MS_OK : fail(store, code);
  sqlite3_reset(statement->handle);
  return status;
}

ms_status ms_sqlite_run(ms_store *store, ms_statement *statement, int64_t rows, const char *types,
                        va_list *values) {
  bool row;
  MS_TRY(ms_sqlite_open_rows(store, statement, types, values));
  MS_TRY(ms_sqlite_step(store, statement, &row));
  if (rows == MS_ANY_ROWS || sqlite3_changes64(connection_of(store)->handle) == rows) return MS_OK;
  return MS_NOTFOUND;
}

ms_status ms_sqlite_run_values(ms_store *store, ms_statement *statement, const ms_value *values,
                               size_t count) {
  bool row;
  int code = SQLITE_OK;
  for (size_t i = 0; i < count && code == SQLITE_OK; i++)
    code = bind_value(statement->handle, (int)i + 1, &values[i]);
  return code == SQLITE_OK ? ms_sqlite_step(store, statement, &row) : fail(store, code);
}

void ms_sqlite_reset(ms_statement *statement) {
  sqlite3_reset(statement->handle);
}

void ms_sqlite_drop(ms_statement *statement) {
  sqlite3_finalize(statement->handle);
}

/* ---- Those that were put together ---- */

static sqlite3_stmt *take_kept(ms_sqlite_connection *connection, ms_text sql) {
  for (size_t i = 0; i < MS_KEPT_MOST; i++) {
    sqlite3_stmt *handle = connection->kept[i];
    if (!handle || !ms_text_equal(ms_text_of(sqlite3_sql(handle)), sql)) continue;
    connection->kept[i] = NULL;
    return handle;
  }
  return NULL;
}

static int compile(ms_sqlite_connection *connection, ms_text sql, sqlite3_stmt **handle) {
  *handle = take_kept(connection, sql);
  if (*handle) return SQLITE_OK;
  return sqlite3_prepare_v3(connection->handle, sql.data, (int)sql.size, SQLITE_PREPARE_PERSISTENT,
                            handle, NULL);
}

ms_status ms_sqlite_open_once(ms_store *store, ms_text sql, const ms_text *values, size_t count,
                              ms_statement *statement) {
  sqlite3_stmt *handle;
  int code = compile(connection_of(store), sql, &handle);
  if (code != SQLITE_OK) return fail(store, code);
  statement->handle = handle;
  size_t used = (size_t)sqlite3_bind_parameter_count(handle);
  for (size_t i = 0; i < count && i < used && code == SQLITE_OK; i++) {
    code = bind_text(handle, (int)i + 1, values[i]);
  }
  return code == SQLITE_OK ? MS_OK : fail(store, code);
}

/* Its values were the caller's. The first free place goes to it, or that of the oldest. */
void ms_sqlite_end_once(ms_store *store, ms_statement *statement) {
  sqlite3_stmt **kept = connection_of(store)->kept;
  size_t at = 0;
  sqlite3_reset(statement->handle);
  sqlite3_clear_bindings(statement->handle);
  while (kept[at] && at < MS_KEPT_MOST - 1)
    at++;
  sqlite3_finalize(kept[at]);
  memmove(kept + 1, kept, at * sizeof *kept);
  kept[0] = statement->handle;
}

void ms_sqlite_drop_kept(ms_sqlite_connection *connection) {
  for (size_t i = 0; i < MS_KEPT_MOST; i++)
    sqlite3_finalize(connection->kept[i]);
}

/* ---- Columns ---- */

bool ms_sqlite_is_null(const ms_statement *statement, int column) {
  return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

int64_t ms_sqlite_get_int(const ms_statement *statement, int column) {
  return sqlite3_column_int64(statement->handle, column);
}

double ms_sqlite_get_double(const ms_statement *statement, int column) {
  return sqlite3_column_double(statement->handle, column);
}

/* Asked for as text, it would be copied to end with a zero, for which memory may be missing: then
 * it would look like none. */
ms_text ms_sqlite_get_text(const ms_statement *statement, int column) {
  const char *data = sqlite3_column_blob(statement->handle, column);
  size_t size = (size_t)sqlite3_column_bytes(statement->handle, column);
  bool empty = !data && !ms_sqlite_is_null(statement, column);
  return empty ? MS_TEXT("") : (ms_text){data, size};
}
