#include "store/sql.h"

#include "store/private.h"

#include <stdarg.h>

static ms_status status_of(int code) {
  switch (code & 0xff) {
  case SQLITE_FULL:
    return MS_FULL;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return MS_BUSY;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return MS_CORRUPT;
  case SQLITE_PERM:
  case SQLITE_READONLY:
  case SQLITE_AUTH:
    return MS_PERMISSION;
  case SQLITE_NOMEM:
    return MS_NOMEM;
  default:
    return MS_IO;
  }
}

ms_status ms_sql_fail(sqlite3 *connection, int code, const char *operation, ms_err *err) {
  int extended = connection ? sqlite3_extended_errcode(connection) : code;
  const char *message = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  ms_status status = status_of(code);
  return ms_fail(err, status, "%s: %s (%s, SQLite %d)", operation, ms_status_sentence(status),
                 message, extended);
}

static ms_status fail(ms_store *store, int code) {
  return ms_sql_fail(store->connection, code, "store", &store->err);
}

/* Open addressing by the text's address; the table is never full by its size. */
static ms_statement *slot_of(ms_store *store, const char *sql) {
  size_t at = (size_t)((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15) >> 40) % MS_STATEMENTS_MAX;
  while (store->statements[at].sql && store->statements[at].sql != sql) {
    at = (at + 1) % MS_STATEMENTS_MAX;
  }
  return &store->statements[at];
}

static ms_status find(ms_store *store, const char *sql, sqlite3_stmt **statement) {
  ms_statement *slot = slot_of(store, sql);
  if (!slot->sql) {
    int code = sqlite3_prepare_v3(store->connection, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                  &slot->statement, NULL);
    if (code != SQLITE_OK) return fail(store, code);
    slot->sql = sql;
  }
  *statement = slot->statement;
  return MS_OK;
}

static int bind_text(sqlite3_stmt *statement, int at, ms_text text) {
  if (!text.data) return sqlite3_bind_null(statement, at);
  return sqlite3_bind_text64(statement, at, text.data, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_int(sqlite3_stmt *statement, int at, int64_t value, char type) {
  bool null = (type == 'n' && value == MS_NEVER) || (type == 'z' && value == 0) ||
              (type == 'm' && value == -1);
  return null ? sqlite3_bind_null(statement, at) : sqlite3_bind_int64(statement, at, value);
}

static ms_status bind(ms_store *store, sqlite3_stmt *statement, const char *types,
                      va_list *arguments) {
  int code = SQLITE_OK;
  for (int at = 1; *types && code == SQLITE_OK; types++, at++) {
    if (*types == 't') {
      code = bind_text(statement, at, va_arg(*arguments, ms_text));
    } else if (*types == 'r') {
      code = sqlite3_bind_double(statement, at, va_arg(*arguments, double));
    } else {
      code = bind_int(statement, at, va_arg(*arguments, int64_t), *types);
    }
  }
  return code == SQLITE_OK ? MS_OK : fail(store, code);
}

ms_status ms_sql_open(ms_store *store, const char *sql, sqlite3_stmt **statement, const char *types,
                      ...) {
  va_list arguments;
  MS_TRY(find(store, sql, statement));
  va_start(arguments, types);
  ms_status status = bind(store, *statement, types, &arguments);
  va_end(arguments);
  return status;
}

ms_status ms_sql_step(ms_store *store, sqlite3_stmt *statement, bool *row) {
  int code = sqlite3_step(statement);
  *row = code == SQLITE_ROW;
  if (*row) return MS_OK;
  ms_status status = code == SQLITE_DONE ? MS_OK : fail(store, code);
  sqlite3_reset(statement);
  return status;
}

void ms_sql_close(sqlite3_stmt *statement) {
  sqlite3_reset(statement);
}

ms_status ms_sql_run(ms_store *store, const char *sql, const char *types, ...) {
  sqlite3_stmt *statement;
  va_list arguments;
  bool row;
  MS_TRY(find(store, sql, &statement));
  va_start(arguments, types);
  ms_status status = bind(store, statement, types, &arguments);
  va_end(arguments);
  return status == MS_OK ? ms_sql_step(store, statement, &row) : status;
}

int64_t ms_sql_changes(ms_store *store) {
  return sqlite3_changes64(store->connection);
}

ms_status ms_sql_int(ms_store *store, const char *sql, int64_t other, int64_t *value,
                     const char *types, ...) {
  sqlite3_stmt *statement;
  va_list arguments;
  bool row;
  MS_TRY(find(store, sql, &statement));
  va_start(arguments, types);
  ms_status status = bind(store, statement, types, &arguments);
  va_end(arguments);
  MS_TRY(status);
  MS_TRY(ms_sql_step(store, statement, &row));
  *value = row ? ms_sql_column_or(statement, 0, other) : other;
  ms_sql_close(statement);
  return MS_OK;
}

int64_t ms_sql_column_int(sqlite3_stmt *statement, int column) {
  return sqlite3_column_int64(statement, column);
}

int64_t ms_sql_column_or(sqlite3_stmt *statement, int column, int64_t other) {
  if (sqlite3_column_type(statement, column) == SQLITE_NULL) return other;
  return sqlite3_column_int64(statement, column);
}

ms_text ms_sql_column_text(sqlite3_stmt *statement, int column) {
  const char *data = (const char *)sqlite3_column_text(statement, column);
  return (ms_text){data, data ? (size_t)sqlite3_column_bytes(statement, column) : 0};
}

ms_text ms_sql_column_copy(sqlite3_stmt *statement, int column, ms_arena *arena, bool *failed) {
  ms_text text = ms_sql_column_text(statement, column);
  ms_text copy = ms_arena_copy(arena, text);
  if (text.data && !copy.data) *failed = true;
  return copy;
}
