#include "store/change.h"

#include "base/mem.h"
#include "store/private.h"

/* Who has not looked for so long is stopped or dead. */
#define KEEP_MS 60000

static const char update_observes[] = "UPDATE ms_process SET observes = ? WHERE id = ?";
static const char select_wanted[] =
    "SELECT 1 FROM ms_process WHERE observes <> 0 AND id <> ? LIMIT 1";
static const char insert_change[] = "INSERT INTO ms_change (owner, at, events) VALUES (?, ?, ?)";
static const char delete_old[] =
    "DELETE FROM ms_change WHERE turn IN"
    " (SELECT turn FROM ms_change WHERE at < ? ORDER BY turn LIMIT 100)";
static const char select_newest[] = "SELECT max(turn) FROM ms_change";
static const char select_changes[] =
    "SELECT turn, events FROM ms_change WHERE turn > ? AND owner <> ? ORDER BY turn";

ms_status ms_change_observe(ms_store *store, int64_t owner, bool observes) {
  return ms_sql_run(store, update_observes, "ii", (int64_t)observes, owner);
}

ms_status ms_change_wanted(ms_store *store, int64_t owner, bool *wanted) {
  int64_t found;
  MS_TRY(ms_sql_int(store, select_wanted, 0, &found, "i", owner));
  *wanted = found != 0;
  return MS_OK;
}

ms_status ms_change_write(ms_store *store, int64_t owner, int64_t now_ms, const ms_ids *pairs) {
  ms_buf text = {0};
  ms_status status =
      ms_ids_format(&text, pairs->items, pairs->count)
          ? ms_sql_run(store, insert_change, "iit", owner, now_ms, ms_buf_text(&text))
          : ms_no_memory(&store->err);
  ms_buf_deinit(&text);
  MS_TRY(status);
  return ms_sql_run(store, delete_old, "i", now_ms - KEEP_MS);
}

ms_status ms_change_newest(ms_store *store, int64_t *turn) {
  return ms_sql_int(store, select_newest, 0, turn, "");
}

/* A row that does not parse tells nothing to anybody. */
static ms_status read_row(ms_store *store, ms_statement *statement, ms_change_news *news) {
  int64_t *ids;
  size_t count;
  bool complete = true;
  ms_status status = ms_ids_parse(ms_sql_column_text(statement, 1), &ids, &count);
  if (status == MS_NOMEM) return ms_no_memory(&store->err);
  news->turn = ms_sql_column_int(statement, 0);
  if (status != MS_OK) news->damaged = news->turn;
  if (status != MS_OK) return MS_OK;
  for (size_t i = 0; i < count && complete; i++)
    complete = ms_ids_add(&news->pairs, ids[i]);
  ms_mem_free(ids);
  return complete ? MS_OK : ms_no_memory(&store->err);
}

ms_status ms_change_read(ms_store *store, int64_t owner, ms_change_news *news) {
  ms_statement *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_changes, &statement, "ii", news->turn, owner));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    ms_status status = read_row(store, statement, news);
    if (status == MS_OK) continue;
    ms_sql_close(statement);
    return status;
  }
}
