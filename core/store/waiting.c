#include "store/private.h"
#include "store/work.h"

static const char select_waiting[] =
    "SELECT due_at, id, life FROM waiting WHERE lane = ? AND (due_at, id) > (?, ?) AND due_at <= ?"
    " ORDER BY due_at, id LIMIT ?";
static const char select_head[] =
    "SELECT due_at, id, life FROM waiting WHERE lane = ? AND (due_at, id) > (?, ?)"
    " ORDER BY due_at, id LIMIT 1";
static const char select_deadlines[] = "SELECT id FROM deadline WHERE at <= ? ORDER BY at, id";
static const char select_next_deadline[] = "SELECT min(at) FROM deadline WHERE at > ?";

static ms_waiting read_row(sqlite3_stmt *statement) {
  return (ms_waiting){
      .due_at_ms = ms_sql_column_int(statement, 0),
      .id = ms_sql_column_int(statement, 1),
      .has_life = ms_sql_column_int(statement, 2) != 0,
  };
}

ms_status ms_waiting_read(ms_store *store, int64_t lane, int64_t now_ms, const ms_waiting *after,
                          ms_waiting *out, size_t limit, size_t *count) {
  sqlite3_stmt *statement;
  bool row;
  size_t found = 0;
  MS_TRY(ms_sql_open(store, select_waiting, &statement, "iiiii", lane, after->due_at_ms, after->id,
                     now_ms, (int64_t)limit));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) break;
    out[found++] = read_row(statement);
  }
  *count = found;
  return MS_OK;
}

ms_status ms_waiting_head(ms_store *store, int64_t lane, const ms_waiting *after,
                          ms_waiting *head) {
  sqlite3_stmt *statement;
  bool row;
  *head = (ms_waiting){.due_at_ms = MS_NEVER};
  MS_TRY(ms_sql_open(store, select_head, &statement, "iii", lane, after->due_at_ms, after->id));
  MS_TRY(ms_sql_step(store, statement, &row));
  if (!row) return MS_OK;
  *head = read_row(statement);
  ms_sql_close(statement);
  return MS_OK;
}

ms_status ms_deadline_due(ms_store *store, int64_t now_ms, ms_ids *ids) {
  sqlite3_stmt *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_deadlines, &statement, "i", now_ms));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    if (!ms_ids_add(ids, ms_sql_column_int(statement, 0))) {
      ms_sql_close(statement);
      return ms_fail(&store->err, MS_NOMEM, "not enough memory");
    }
  }
}

ms_status ms_deadline_next(ms_store *store, int64_t now_ms, int64_t *at_ms) {
  return ms_sql_int(store, select_next_deadline, MS_NEVER, at_ms, "i", now_ms);
}
