#include "store/sql.h"

#include "base/mem.h"
#include "base/point.h"
#include "store/private.h"

/* Open addressing by the text's address; the table is never full by its size. */
static ms_statement *slot_of(ms_store *store, const char *sql) {
  size_t at = (size_t)((uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15) >> 40) % MS_STATEMENTS_MAX;
  while (store->statements[at].sql && store->statements[at].sql != sql) {
    at = (at + 1) % MS_STATEMENTS_MAX;
  }
  return &store->statements[at];
}

static ms_status find(ms_store *store, const char *sql, ms_statement **statement) {
  *statement = slot_of(store, sql);
  if ((*statement)->sql) return MS_OK;
  (*statement)->driver = store->driver;
  MS_TRY(store->driver->prepare(store, sql, *statement));
  (*statement)->sql = sql;
  return MS_OK;
}

/* Every statement finds the rows that were gathered before it in their tables. */
static ms_status begin(ms_store *store, const char *sql, ms_statement **statement) {
  MS_TRY(ms_rows_write(store));
  return find(store, sql, statement);
}

ms_status ms_sql_open(ms_store *store, const char *sql, ms_statement **statement, const char *types,
                      ...) {
  va_list values;
  MS_TRY(begin(store, sql, statement));
  va_start(values, types);
  ms_status status = store->driver->open_rows(store, *statement, types, &values);
  va_end(values);
  return status;
}

ms_status ms_sql_open_once(ms_store *store, ms_text sql, const ms_text *values, size_t count,
                           ms_statement *statement) {
  *statement = (ms_statement){.driver = store->driver};
  MS_TRY(ms_rows_write(store));
  return store->driver->open_once(store, sql, values, count, statement);
}

void ms_sql_end_once(ms_store *store, ms_statement *statement) {
  if (statement->handle) store->driver->end_once(store, statement);
  *statement = (ms_statement){0};
}

void ms_sql_drop(ms_statement *statement) {
  if (statement->handle) statement->driver->drop(statement);
  *statement = (ms_statement){0};
}

ms_status ms_sql_run(ms_store *store, const char *sql, const char *types, ...) {
  ms_statement *statement;
  va_list values;
  MS_TRY(begin(store, sql, &statement));
  va_start(values, types);
  MS_POINT("write");
  ms_status status = store->driver->run(store, statement, MS_ANY_ROWS, types, &values);
  va_end(values);
  return status;
}

ms_status ms_sql_run_values(ms_store *store, const char *sql, const ms_value *values,
                            size_t count) {
  ms_statement *statement;
  MS_TRY(find(store, sql, &statement));
  MS_POINT("write");
  return store->driver->run_values(store, statement, values, count);
}

ms_status ms_sql_take(ms_store *store, int64_t rows, const char *sql, const char *types, ...) {
  ms_statement *statement;
  va_list values;
  MS_TRY(begin(store, sql, &statement));
  va_start(values, types);
  MS_POINT("write");
  ms_status status = store->driver->run(store, statement, rows, types, &values);
  va_end(values);
  return status;
}

ms_status ms_sql_int(ms_store *store, const char *sql, int64_t other, int64_t *value,
                     const char *types, ...) {
  ms_statement *statement;
  va_list values;
  bool row;
  MS_TRY(begin(store, sql, &statement));
  va_start(values, types);
  ms_status status = store->driver->open_rows(store, statement, types, &values);
  va_end(values);
  MS_TRY(status);
  MS_TRY(ms_sql_step(store, statement, &row));
  *value = row ? ms_sql_column_or(statement, 0, other) : other;
  ms_sql_close(statement);
  return MS_OK;
}

ms_status ms_sql_collect(ms_store *store, ms_statement *statement, ms_ids *ids) {
  bool row;
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    int64_t id = ms_sql_column_int(statement, 0);
    if (!ms_is_id(id) || ms_ids_add(ids, id)) continue;
    ms_sql_close(statement);
    return ms_no_memory(&store->err);
  }
}

int64_t ms_sql_column_or(const ms_statement *statement, int column, int64_t other) {
  if (ms_sql_column_is_null(statement, column)) return other;
  return ms_sql_column_int(statement, column);
}

int64_t ms_sql_moment(int64_t value) {
  if (value == MS_NEVER) return MS_NEVER;
  return value < -MS_FAR ? -MS_FAR : value > MS_FAR ? MS_FAR : value;
}

int64_t ms_sql_column_moment(const ms_statement *statement, int column) {
  return ms_sql_moment(ms_sql_column_or(statement, column, MS_NEVER));
}

ms_status ms_sql_column_ids(ms_store *store, const ms_statement *statement, int column,
                            ms_ids *ids) {
  int64_t *list;
  size_t count;
  bool complete = true;
  ms_status status = ms_ids_parse(ms_sql_column_text(statement, column), &list, &count);
  if (status == MS_NOMEM) return ms_no_memory(&store->err);
  if (status != MS_OK) return MS_OK;
  for (size_t i = 0; i < count && complete; i++)
    complete = ms_ids_add(ids, list[i]);
  ms_mem_free(list);
  return complete ? MS_OK : ms_no_memory(&store->err);
}

ms_text ms_sql_column_copy(const ms_statement *statement, int column, ms_arena *arena,
                           bool *failed) {
  ms_text text = ms_sql_column_text(statement, column);
  ms_text copy = ms_arena_copy(arena, text);
  if (text.data && !copy.data) *failed = true;
  return copy;
}
