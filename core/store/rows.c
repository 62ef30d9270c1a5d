#include "store/rows.h"

#include "store/private.h"

#include <stdarg.h>

#define ROWS_4(row) row "," row "," row "," row
#define ROWS_16(row) ROWS_4(row) "," ROWS_4(row) "," ROWS_4(row) "," ROWS_4(row)
#define INSERT_OR(into, row, conflict)                                                             \
  {                                                                                                \
    "INSERT INTO " into " VALUES " row conflict,                                                   \
        "INSERT INTO " into " VALUES " ROWS_16(row) conflict                                       \
  }
#define INSERT(into, row) INSERT_OR(into, row, "")

static const struct statements {
  const char *one;
  const char *many; /* MS_ROWS_MOST rows */
} statements[MS_ROWS_KINDS] = {
    [MS_ROWS_PLAIN_WORK] =
        INSERT("ms_work (id, lane, enqueued_at, due_at, blocked, input, tags, name, delay,"
               " max_attempts, timeout, prerequisites, trace, source, enqueued_by)",
               "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
    [MS_ROWS_EDGE] = INSERT_OR("ms_edge (prerequisite, dependent, position)", "(?,?,?)",
                               " ON CONFLICT DO NOTHING"),
    [MS_ROWS_LIFE] = INSERT("ms_life (id, enqueued_at, due_at)", "(?,?,?)"),
    [MS_ROWS_WAITING] = INSERT("ms_waiting (lane, due_at, id, more)", "(?,?,?,?)"),
    [MS_ROWS_DONE] = INSERT("ms_done (id, state, outcome, attempt, run, started_at, finished_at,"
                            " stop_reason, output, error, enqueued_at)",
                            "(?,?,?,?,?,?,?,?,?,?,?)"),
    [MS_ROWS_START] = INSERT("ms_start (queue, number, at)", "(?,?,?)"),
};

static const char *const types[MS_ROWS_KINDS] = {
    [MS_ROWS_PLAIN_WORK] = "iiiiztttzzzztzt",
    [MS_ROWS_EDGE] = "iii",
    [MS_ROWS_LIFE] = "iii",
    [MS_ROWS_WAITING] = "iiii",
    [MS_ROWS_DONE] = "iiiiinitttn",
    [MS_ROWS_START] = "tii",
};

static bool read_value(ms_rows *rows, ms_value *value, char type, va_list *arguments) {
  value->type = type;
  if (type != 't') {
    value->integer = va_arg(*arguments, int64_t);
    return true;
  }
  ms_text text = va_arg(*arguments, ms_text);
  value->text = ms_arena_copy(&rows->texts, text);
  return !text.data || value->text.data;
}

static ms_status write_kind(ms_store *store, ms_rows_kind kind) {
  ms_rows *rows = &store->rows[kind];
  size_t count = rows->count, columns = strlen(types[kind]);
  ms_status status = MS_OK;
  rows->count = 0;
  if (count == MS_ROWS_MOST) {
    status = ms_sql_run_values(store, statements[kind].many, rows->values, count * columns);
  } else {
    for (size_t i = 0; i < count && status == MS_OK; i++) {
      status = ms_sql_run_values(store, statements[kind].one, &rows->values[i * columns], columns);
    }
  }
  ms_arena_clear(&rows->texts);
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
  ms_value *values = &rows->values[rows->count * columns];
  bool complete = true;
  va_list arguments;
  va_start(arguments, kind);
  for (size_t i = 0; i < columns; i++)
    complete = read_value(rows, &values[i], types[kind][i], &arguments) && complete;
  va_end(arguments);
  if (!complete) return ms_fail(&store->err, MS_NOMEM, "not enough memory");
  return ++rows->count == MS_ROWS_MOST ? write_kind(store, kind) : MS_OK;
}

void ms_rows_drop(ms_store *store) {
  for (ms_rows_kind kind = 0; kind < MS_ROWS_KINDS; kind++) {
    store->rows[kind].count = 0;
    ms_arena_clear(&store->rows[kind].texts);
  }
}

void ms_rows_deinit(ms_store *store) {
  for (ms_rows_kind kind = 0; kind < MS_ROWS_KINDS; kind++)
    ms_arena_deinit(&store->rows[kind].texts);
}
