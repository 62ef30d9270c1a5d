#include "store/deadline.h"

#include "store/private.h"

static const char insert_deadline[] =
    "INSERT INTO ms_deadline VALUES (?, ?) ON CONFLICT DO NOTHING";
static const char delete_deadline[] = "DELETE FROM ms_deadline WHERE at = ? AND id = ?";
static const char select_deadlines[] = "SELECT id FROM ms_deadline WHERE at <= ? ORDER BY at, id";
static const char select_next_deadline[] =
    "SELECT min(at) FROM ms_deadline WHERE at > ? AND at <= 9223372036854775807";

ms_status ms_deadline_first(ms_store *store, int64_t *at_ms) {
  ms_first *first = &store->deadline;
  if (!first->known) MS_TRY(ms_deadline_next(store, INT64_MIN, &first->at_ms));
  first->known = true;
  *at_ms = first->at_ms;
  return MS_OK;
}

ms_status ms_deadline_due(ms_store *store, int64_t now_ms, ms_ids *ids) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_deadlines, &statement, "i", now_ms));
  return ms_sql_collect(store, statement, ids);
}

ms_status ms_deadline_next(ms_store *store, int64_t now_ms, int64_t *at_ms) {
  MS_TRY(ms_sql_int(store, select_next_deadline, MS_NEVER, at_ms, "i", now_ms));
  *at_ms = ms_sql_moment(*at_ms);
  return MS_OK;
}

ms_status ms_deadline_move(ms_store *store, const ms_work *before, const ms_work *after) {
  bool had = before && before->deadline_ms != MS_NEVER && !ms_state_is_finished(before->state);
  bool has = after->deadline_ms != MS_NEVER && !ms_state_is_finished(after->state);
  if (had && has && before->deadline_ms == after->deadline_ms) return MS_OK;
  if (had) MS_TRY(ms_sql_run(store, delete_deadline, "ii", before->deadline_ms, before->id));
  if (had) ms_first_leave(&store->deadline, before->deadline_ms);
  if (has) MS_TRY(ms_sql_run(store, insert_deadline, "ii", after->deadline_ms, after->id));
  if (has) ms_first_join(&store->deadline, after->deadline_ms);
  return MS_OK;
}
