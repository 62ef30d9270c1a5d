#include "store/prune.h"

#include "store/private.h"

static const char select_oldest[] =
    "SELECT turn, ids FROM finish WHERE at <= ? ORDER BY at, turn LIMIT 1";
static const char select_next[] = "SELECT min(at) FROM finish";
static const char delete_note[] = "DELETE FROM finish WHERE turn = ?";
static const char select_finished[] = "SELECT id FROM done WHERE finished_at <= ? ORDER BY id";

static ms_status no_memory(ms_store *store) {
  return ms_fail(&store->err, MS_NOMEM, "not enough memory");
}

static ms_status read_note(ms_store *store, sqlite3_stmt *statement, ms_ids *ids) {
  ms_ids_deinit(ids);
  ms_status status = ms_ids_parse(ms_sql_column_text(statement, 1), &ids->items, &ids->count);
  ids->capacity = ids->count;
  if (status == MS_NOMEM) return no_memory(store);
  if (status == MS_OK) return MS_OK;
  return ms_fail(&store->err, MS_CORRUPT, "table finish: the ids of turn %lld do not parse",
                 (long long)ms_sql_column_int(statement, 0));
}

ms_status ms_prune_take(ms_store *store, int64_t before_ms, ms_ids *ids, bool *more) {
  sqlite3_stmt *statement;
  bool row;
  int64_t next;
  *more = false;
  MS_TRY(ms_sql_open(store, select_oldest, &statement, "i", before_ms));
  MS_TRY(ms_sql_step(store, statement, &row));
  if (!row) return MS_OK;
  int64_t turn = ms_sql_column_int(statement, 0);
  ms_status status = read_note(store, statement, ids);
  ms_sql_close(statement);
  MS_TRY(status);
  MS_TRY(ms_sql_run(store, delete_note, "i", turn));
  MS_TRY(ms_prune_next(store, &next));
  *more = next <= before_ms;
  return MS_OK;
}

ms_status ms_prune_next(ms_store *store, int64_t *finished_at_ms) {
  return ms_sql_int(store, select_next, MS_NEVER, finished_at_ms, "");
}

ms_status ms_prune_finished(ms_store *store, int64_t before_ms, ms_ids *ids) {
  sqlite3_stmt *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_finished, &statement, "i", before_ms));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    if (ms_ids_add(ids, ms_sql_column_int(statement, 0))) continue;
    ms_sql_close(statement);
    return no_memory(store);
  }
}
