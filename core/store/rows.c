#include "store/rows.h"

#include "base/mem.h"
#include "store/private.h"

#include <stdarg.h>
#include <stdlib.h>

#define ROWS_4(row) row "," row "," row "," row
#define ROWS_16(row) ROWS_4(row) "," ROWS_4(row) "," ROWS_4(row) "," ROWS_4(row)
/* What stands there already says the same, or was put there by somebody else. */
#define UNLESS_THERE " ON CONFLICT DO NOTHING"
#define INSERT_OR(into, row, conflict)                                                             \
  {                                                                                                \
    "INSERT INTO " into " VALUES " row conflict,                                                   \
        "INSERT INTO " into " VALUES " ROWS_16(row) conflict                                       \
  }
#define INSERT(into, row) INSERT_OR(into, row, "")

static const struct statements {
  const char *one;
  const char *many; /* MS_ROWS_TOGETHER rows */
} statements[MS_ROWS_KINDS] = {
    [MS_ROWS_PLAIN_WORK] =
        INSERT("ms_work (id, lane, enqueued_at, due_at, blocked, input, tags, name, delay,"
               " max_attempts, timeout, prerequisites, trace, source, enqueued_by)",
               "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
    [MS_ROWS_EDGE] =
        INSERT_OR("ms_edge (prerequisite, dependent, position)", "(?,?,?)", UNLESS_THERE),
    [MS_ROWS_LIFE] = INSERT_OR("ms_life (id, enqueued_at, due_at)", "(?,?,?)", UNLESS_THERE),
    [MS_ROWS_WAITING] = INSERT_OR("ms_waiting (lane, due_at, id, more)", "(?,?,?,?)", UNLESS_THERE),
    [MS_ROWS_DONE] = INSERT_OR("ms_done (id, state, outcome, attempt, run, started_at, finished_at,"
                               " stop_reason, output, error, enqueued_at)",
                               "(?,?,?,?,?,?,?,?,?,?,?)", UNLESS_THERE),
    [MS_ROWS_START] = INSERT_OR("ms_start (queue, number, at)", "(?,?,?)", UNLESS_THERE),
};

static const char *const types[MS_ROWS_KINDS] = {
    [MS_ROWS_PLAIN_WORK] = "iiiiztttzzzztzt",
    [MS_ROWS_EDGE] = "iii",
    [MS_ROWS_LIFE] = "iii",
    [MS_ROWS_WAITING] = "iiii",
    [MS_ROWS_DONE] = "iiiiinitttn",
    [MS_ROWS_START] = "tii",
};

/* No key has more columns. */
#define KEY_MOST 3

/* ---- Gathering ---- */

/* The order of the tables: their keys are the integers that stand first. */
static int by_key(const void *left, const void *right) {
  const ms_value *a = left, *b = right;
  for (size_t i = 0; i < KEY_MOST && a[i].type == 'i'; i++) {
    if (a[i].integer != b[i].integer) return a[i].integer < b[i].integer ? -1 : 1;
  }
  return 0;
}

static bool reserve(ms_rows *rows, size_t columns) {
  if (rows->count < rows->capacity) return true;
  size_t capacity = rows->capacity ? rows->capacity * 2 : MS_ROWS_TOGETHER;
  ms_value *values = ms_mem_resize(rows->values, capacity * columns * sizeof *values);
  if (!values) return false;
  rows->values = values;
  rows->capacity = capacity;
  return true;
}

static bool read_value(ms_rows *rows, ms_value *value, char type, va_list *arguments) {
  value->type = type;
  if (type != 't') {
    value->integer = va_arg(*arguments, int64_t);
    return true;
  }
  ms_text text = va_arg(*arguments, ms_text);
  value->text = ms_arena_copy(&rows->texts, text);
  rows->text_bytes += text.size;
  return !text.data || value->text.data;
}

static bool is_full(const ms_rows *rows) {
  size_t most = rows->mixed ? MS_ROWS_MOST : MS_ROWS_TOGETHER;
  return rows->count >= most || rows->text_bytes > MS_ROWS_TEXTS_MOST;
}

static void empty(ms_rows *rows) {
  rows->count = rows->text_bytes = 0;
  rows->mixed = false;
  ms_arena_clear(&rows->texts);
}

/* ---- Writing ---- */

static ms_status write_some(ms_store *store, ms_rows_kind kind, const ms_value *values,
                            size_t count) {
  size_t columns = strlen(types[kind]);
  if (count == MS_ROWS_TOGETHER) {
    return ms_sql_run_values(store, statements[kind].many, values, count * columns);
  }
  for (size_t i = 0; i < count; i++)
    MS_TRY(ms_sql_run_values(store, statements[kind].one, &values[i * columns], columns));
  return MS_OK;
}

static ms_status write_kind(ms_store *store, ms_rows_kind kind) {
  ms_rows *rows = &store->rows[kind];
  size_t columns = strlen(types[kind]);
  ms_status status = MS_OK;
  if (rows->mixed) qsort(rows->values, rows->count, columns * sizeof *rows->values, by_key);
  for (size_t i = 0; i < rows->count && status == MS_OK; i += MS_ROWS_TOGETHER) {
    size_t left = rows->count - i;
    status = write_some(store, kind, &rows->values[i * columns],
                        left < MS_ROWS_TOGETHER ? left : MS_ROWS_TOGETHER);
  }
  empty(rows);
  return status;
}

ms_status ms_rows_write(ms_store *store) {
  for (ms_rows_kind kind = 0; kind < MS_ROWS_KINDS; kind++) {
    if (store->rows[kind].count) MS_TRY(write_kind(store, kind));
  }
  return MS_OK;
}

ms_status ms_rows_add(ms_store *store, ms_rows_kind kind, ...) {
  ms_rows *rows = &store->rows[kind];
  size_t columns = strlen(types[kind]);
  if (!reserve(rows, columns)) return ms_no_memory(&store->err);
  ms_value *values = &rows->values[rows->count * columns];
  bool complete = true;
  va_list arguments;
  va_start(arguments, kind);
  for (size_t i = 0; i < columns; i++)
    complete = read_value(rows, &values[i], types[kind][i], &arguments) && complete;
  va_end(arguments);
  if (!complete) return ms_no_memory(&store->err);
  if (rows->count && by_key(values - columns, values) > 0) rows->mixed = true;
  rows->count++;
  return is_full(rows) ? write_kind(store, kind) : MS_OK;
}

void ms_rows_drop(ms_store *store) {
  for (ms_rows_kind kind = 0; kind < MS_ROWS_KINDS; kind++)
    empty(&store->rows[kind]);
}

void ms_rows_deinit(ms_store *store) {
  for (ms_rows_kind kind = 0; kind < MS_ROWS_KINDS; kind++) {
    ms_arena_deinit(&store->rows[kind].texts);
    ms_mem_free(store->rows[kind].values);
  }
}
