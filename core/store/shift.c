#include "store/shift.h"

#include "store/private.h"

#define NEVER "9223372036854775807"
/* Works whose times follow the calendar do so only as long as they have no other time to keep: a
 * backoff, or an interval that counts from the end of the last run. */
#define CALENDAR "(w.at IS NOT NULL OR w.cron IS NOT NULL)"
#define RESTS                                                                                      \
  "(l.ended_at IS NOT NULL AND (l.attempt > 0 OR l.streak > 0 OR coalesce(w.repeats, 0) = 1))"
#define UNFINISHED "NOT EXISTS (SELECT 1 FROM ms_done d WHERE d.id = w.id)"
/* Unfinished works that were due after a length of time. */
#define ELAPSED                                                                                    \
  "(SELECT w.id FROM ms_work w LEFT JOIN ms_life l ON l.id = w.id"                                 \
  " WHERE l.wish IS NULL AND " UNFINISHED " AND (NOT " CALENDAR " OR " RESTS "))"
/* The moments of the others, but for their ends, stay what the calendar said. */
#define TIMED "(SELECT w.id FROM ms_work w WHERE NOT " CALENDAR ")"

static const ms_dialects shift_waiting = {
    .sqlite = "UPDATE OR REPLACE ms_waiting SET due_at = due_at + ?1 WHERE due_at < " NEVER
              " AND id IN " ELAPSED,
    .postgres =
        "UPDATE ms_waiting SET due_at = due_at + ?1 WHERE due_at < " NEVER " AND id IN " ELAPSED,
};
static const char shift_due[] =
    "UPDATE ms_work SET due_at = due_at + ?1 WHERE due_at < " NEVER " AND id IN " ELAPSED;
static const char shift_work[] =
    "UPDATE ms_work SET enqueued_at = enqueued_at + ?1 WHERE at IS NULL AND cron IS NULL";
static const char shift_life_due[] =
    "UPDATE ms_life SET due_at = due_at + ?1 WHERE due_at < " NEVER " AND id IN " ELAPSED;
static const char shift_life[] =
    "UPDATE ms_life SET enqueued_at = enqueued_at + ?1, started_at = started_at + ?1"
    " WHERE id IN " TIMED;
/* A wish that has come has come, whatever it is that the work still waits for. */
#define WISHED " wish <= ?2 - ?1 AND due_at < " NEVER
static const ms_dialects shift_wished = {
    .sqlite =
        "UPDATE OR REPLACE ms_waiting SET due_at = due_at + ?1 WHERE id IN (SELECT id FROM ms_life "
        "WHERE" WISHED ")",
    .postgres =
        "UPDATE ms_waiting SET due_at = due_at + ?1 WHERE id IN (SELECT id FROM ms_life "
        "WHERE" WISHED ")",
};
static const char shift_wish[] =
    "UPDATE ms_life SET wish = wish + ?1, due_at = due_at + ?1 WHERE" WISHED;
static const char shift_ends[] = "UPDATE ms_life SET ended_at = ended_at + ?1";
static const char shift_done[] =
    "UPDATE ms_done SET started_at = started_at + ?1, finished_at = finished_at + ?1,"
    " enqueued_at = enqueued_at + ?1";
static const char shift_claim[] = "UPDATE ms_claim SET at = at + ?1, version = version + 1";
static const char shift_start[] = "UPDATE ms_start SET at = at + ?1";
/* What a note would displace is a note of the same work: one of them is enough, since a sweep that
 * comes too early notes the work again. Of places and deadlines a work has only one, but for those
 * that somebody has added. */
static const ms_dialects shift_finish = {
    .sqlite = "UPDATE OR REPLACE ms_finish SET at = at + ?1",
    .postgres = "UPDATE ms_finish SET at = at + ?1",
};
static const char shift_files[] =
    "UPDATE ms_files SET first_at = first_at + ?1, due_at = due_at + ?1,"
    " next_first_at = next_first_at + ?1, next_due_at = next_due_at + ?1";
static const ms_dialects shift_deadline = {
    .sqlite =
        "UPDATE OR REPLACE ms_deadline SET at = at + ?1"
        " WHERE id IN (SELECT w.id FROM ms_work w WHERE w.deadline_within IS NOT NULL)",
    .postgres =
        "UPDATE ms_deadline SET at = at + ?1"
        " WHERE id IN (SELECT w.id FROM ms_work w WHERE w.deadline_within IS NOT NULL)",
};
static const char shift_work_deadline[] =
    "UPDATE ms_work SET deadline = deadline + ?1 WHERE deadline_within IS NOT NULL";

/* Bounds: ?1 is now. Of works only those are left that do not wait; a due time they get later. */
static const char bound_work[] = "UPDATE ms_work SET enqueued_at = ?1 WHERE enqueued_at > ?1";
static const char bound_life[] = "UPDATE ms_life SET enqueued_at = ?1 WHERE enqueued_at > ?1";
/* One-time work has a wish only where it was to run at once. */
#define AT_ONCE                                                                                    \
  " IN (SELECT l.id FROM ms_life l JOIN ms_work w ON w.id = l.id WHERE l.wish > ?1"                \
  " AND w.every IS NULL AND w.cron IS NULL AND w.files IS NULL)"
static const ms_dialects bound_wished = {
    .sqlite = "UPDATE OR REPLACE ms_waiting SET due_at = ?1 WHERE id" AT_ONCE,
    .postgres = "UPDATE ms_waiting SET due_at = ?1 WHERE id" AT_ONCE,
};
static const char bound_wish[] = "UPDATE ms_life SET wish = ?1, due_at = ?1 WHERE id" AT_ONCE;
static const char bound_claim[] =
    "UPDATE ms_claim SET at = ?1, version = version + 1 WHERE at > ?1";
static const char bound_done[] = "UPDATE ms_done SET finished_at = ?1 WHERE finished_at > ?1";
static const char bound_start[] = "UPDATE ms_start SET at = ?1 WHERE at > ?1";
static const ms_dialects bound_finish = {
    .sqlite = "UPDATE OR REPLACE ms_finish SET at = ?1 WHERE at > ?1",
    .postgres = "UPDATE ms_finish SET at = ?1 WHERE at > ?1",
};
static const char bound_files[] =
    "UPDATE ms_files SET due_at = due_at - (first_at - ?1), first_at = ?1 WHERE first_at > ?1";
static const char bound_next_files[] =
    "UPDATE ms_files SET next_due_at = next_due_at - (next_first_at - ?1), next_first_at = ?1"
    " WHERE next_first_at > ?1";
static const char bound_deadline[] =
    "UPDATE ms_work SET deadline = ?1 + deadline_within WHERE deadline - deadline_within > ?1";
static const ms_dialects follow_deadline = {
    .sqlite =
        "UPDATE OR REPLACE ms_deadline SET at = (SELECT w.deadline FROM ms_work w WHERE w.id = "
        "ms_deadline.id)"
        " WHERE at > ?1 AND EXISTS (SELECT 1 FROM ms_work w WHERE w.id = ms_deadline.id"
        " AND w.deadline_within IS NOT NULL AND w.deadline IS NOT NULL)",
    .postgres =
        "UPDATE ms_deadline SET at = (SELECT w.deadline FROM ms_work w WHERE w.id = ms_deadline.id)"
        " WHERE at > ?1 AND EXISTS (SELECT 1 FROM ms_work w WHERE w.id = ms_deadline.id"
        " AND w.deadline_within IS NOT NULL AND w.deadline IS NOT NULL)",
};

static const char select_future[] =
    "SELECT q.id FROM ms_waiting q JOIN ms_work w ON w.id = q.id LEFT JOIN ms_life l ON l.id = q.id"
    " WHERE (l.ended_at > ?1 AND (NOT " CALENDAR " OR " RESTS
    "))"
    " OR (coalesce(l.enqueued_at, w.enqueued_at) > ?1 AND NOT " CALENDAR ")";
static const char move_start[] = "UPDATE ms_work SET at = ? WHERE id = ?";
static const char select_calendar[] =
    "SELECT q.id FROM ms_waiting q JOIN ms_work w ON w.id = q.id LEFT JOIN ms_life l ON l.id = q.id"
    " WHERE (w.cron IS NOT NULL OR (w.at IS NOT NULL AND w.every IS NOT NULL))"
    " AND l.wish IS NULL AND (l.ended_at IS NULL OR NOT " RESTS ")";

static ms_status run_all(ms_store *store, const char *const *steps, size_t count, int64_t value) {
  for (size_t i = 0; i < count; i++)
    MS_TRY(ms_sql_run(store, steps[i], "i", value));
  ms_lanes_forget_heads(store);
  store->deadline.known = store->finish.known = false;
  return ms_claims_load(store);
}

ms_status ms_shift_moments(ms_store *store, int64_t jump_ms, int64_t now_ms) {
  MS_TRY(ms_sql_run(store, ms_sql_in(store, &shift_wished), "ii", jump_ms, now_ms));
  MS_TRY(ms_sql_run(store, shift_wish, "ii", jump_ms, now_ms));
  const char *const steps[] = {
      ms_sql_in(store, &shift_waiting),
      shift_due,
      shift_work,
      shift_life_due,
      shift_life,
      shift_ends,
      shift_done,
      shift_claim,
      shift_start,
      shift_files,
      ms_sql_in(store, &shift_deadline),
      shift_work_deadline,
      ms_sql_in(store, &shift_finish),
  };
  return run_all(store, steps, sizeof steps / sizeof *steps, jump_ms);
}

ms_status ms_shift_bound(ms_store *store, int64_t now_ms) {
  const char *const steps[] = {
      ms_sql_in(store, &bound_wished),
      bound_wish,
      bound_work,
      bound_life,
      bound_claim,
      bound_done,
      bound_start,
      bound_files,
      bound_next_files,
      bound_deadline,
      ms_sql_in(store, &follow_deadline),
      ms_sql_in(store, &bound_finish),
  };
  return run_all(store, steps, sizeof steps / sizeof *steps, now_ms);
}

ms_status ms_shift_future(ms_store *store, int64_t now_ms, ms_ids *ids) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_future, &statement, "i", now_ms));
  return ms_sql_collect(store, statement, ids);
}

ms_status ms_shift_calendar(ms_store *store, ms_ids *ids) {
  ms_statement *statement;
  MS_TRY(ms_sql_open(store, select_calendar, &statement, ""));
  return ms_sql_collect(store, statement, ids);
}

ms_status ms_shift_start(ms_store *store, int64_t id, int64_t at_ms) {
  return ms_sql_run(store, move_start, "ii", at_ms, id);
}
