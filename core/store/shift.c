#include "store/shift.h"

#include "store/private.h"

/* Unfinished work whose times follow elapsed time. */
#define ELAPSED                                                                                    \
  "(SELECT w.id FROM ms_work w WHERE w.at IS NULL AND w.cron IS NULL"                              \
  " AND NOT EXISTS (SELECT 1 FROM ms_done d WHERE d.id = w.id))"
#define NEVER "9223372036854775807"
#define WISHED "(SELECT l.id FROM ms_life l WHERE l.wish IS NOT NULL)"

static const char shift_waiting[] =
    "UPDATE ms_waiting SET due_at = due_at + ?"
    " WHERE due_at < " NEVER " AND id IN " ELAPSED " AND id NOT IN " WISHED;
static const char shift_work[] =
    "UPDATE ms_work SET enqueued_at = enqueued_at + ?1,"
    " due_at = CASE WHEN due_at < " NEVER " THEN due_at + ?1 ELSE due_at END WHERE id IN " ELAPSED;
static const char shift_life[] =
    "UPDATE ms_life SET enqueued_at = enqueued_at + ?1, started_at = started_at + ?1,"
    " ended_at = ended_at + ?1,"
    " due_at = CASE WHEN wish IS NULL AND due_at < " NEVER
    " THEN due_at + ?1 ELSE due_at END WHERE id IN " ELAPSED;
static const char shift_done[] =
    "UPDATE ms_done SET started_at = started_at + ?1, finished_at = finished_at + ?1,"
    " enqueued_at = enqueued_at + ?1";
static const char shift_claim[] = "UPDATE ms_claim SET at = at + ?, version = version + 1";
static const char shift_start[] = "UPDATE ms_start SET at = at + ?";
/* What a note would displace is a note of the same work: one of them is enough, since a sweep that
 * comes too early notes the work again. */
static const ms_dialects shift_finish = {
    .sqlite = "UPDATE OR REPLACE ms_finish SET at = at + ?",
    .postgres = "UPDATE ms_finish SET at = at + ?",
};
static const char shift_files[] =
    "UPDATE ms_files SET first_at = first_at + ?1, due_at = due_at + ?1,"
    " next_first_at = next_first_at + ?1, next_due_at = next_due_at + ?1";
static const char select_future[] =
    "SELECT q.id FROM ms_waiting q JOIN ms_work w ON w.id = q.id LEFT JOIN ms_life l ON l.id = q.id"
    " WHERE w.at IS NULL AND w.cron IS NULL"
    " AND (coalesce(l.enqueued_at, w.enqueued_at) > ?1 OR l.ended_at > ?1)";

ms_status ms_shift_moments(ms_store *store, int64_t jump_ms) {
  const char *const steps[] = {shift_waiting,
                               shift_work,
                               shift_life,
                               shift_done,
                               shift_claim,
                               shift_start,
                               ms_sql_in(store, &shift_finish),
                               shift_files};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    MS_TRY(ms_sql_run(store, steps[i], "i", jump_ms));
  }
  ms_lanes_forget_heads(store);
  store->finish.known = false;
  return ms_claims_load(store);
}

ms_status ms_shift_future(ms_store *store, int64_t now_ms, ms_ids *ids) {
  ms_statement *statement;
  bool row;
  MS_TRY(ms_sql_open(store, select_future, &statement, "i", now_ms));
  for (;;) {
    MS_TRY(ms_sql_step(store, statement, &row));
    if (!row) return MS_OK;
    if (ms_ids_add(ids, ms_sql_column_int(statement, 0))) continue;
    ms_sql_close(statement);
    return ms_fail(&store->err, MS_NOMEM, "not enough memory");
  }
}
