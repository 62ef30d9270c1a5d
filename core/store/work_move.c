#include "store/work_move.h"

#include "store/deadline.h"
#include "store/files.h"
#include "store/front.h"
#include "store/private.h"
#include "store/waiting.h"

static const char insert_work[] =
    "INSERT INTO ms_work VALUES"
    " (?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "?, ?)";
#define LIFE_VALUES " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
static const ms_dialects write_life = {
    .sqlite = "INSERT OR REPLACE INTO ms_life VALUES" LIFE_VALUES,
    .postgres = "INSERT INTO ms_life VALUES" LIFE_VALUES
                " ON CONFLICT (id) DO UPDATE SET "
                "blocked = excluded.blocked, pending = excluded.pending, "
                "attempt = excluded.attempt, run = excluded.run, period = excluded.period, "
                "generation = excluded.generation, enqueued_at = excluded.enqueued_at, "
                "due_at = excluded.due_at, started_at = excluded.started_at, "
                "ended_at = excluded.ended_at, streak = excluded.streak, "
                "wait = excluded.wait, wish = excluded.wish, outcome = excluded.outcome, "
                "error = excluded.error, stop_reason = excluded.stop_reason, "
                "output = excluded.output, behind = excluded.behind",
};
static const char delete_done[] = "DELETE FROM ms_done WHERE id = ?";
static const char select_done[] = "SELECT 1 FROM ms_done WHERE id = ?";
static const char delete_waiting[] =
    "DELETE FROM ms_waiting WHERE lane = ? AND due_at = ? AND id = ?";
static const char delete_places[] = "DELETE FROM ms_waiting WHERE id = ?";
static const char insert_tag[] = "INSERT INTO ms_tag VALUES (?, ?) ON CONFLICT DO NOTHING";
/* SQLite finds them by the tags, PostgreSQL by an index of their own. A list that does not parse
 * names none. */
static const ms_dialects delete_tags = {
    .sqlite =
        "DELETE FROM ms_tag WHERE id = ?1 AND tag IN"
        " (SELECT value FROM json_each(iif(json_valid(?2), ?2, '[]')))",
    .postgres = "DELETE FROM ms_tag WHERE id = ?1",
};
static const char insert_name[] = "INSERT INTO ms_name VALUES (?, 0, ?) ON CONFLICT DO NOTHING";
static const char delete_name[] =
    "DELETE FROM ms_name WHERE name = ? AND trunk IN (0, 1) AND id = ?";
static const char clear_name[] = "UPDATE ms_work SET name = NULL WHERE id = ?";
static const char write_progress[] =
    "INSERT INTO ms_progress VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data";
static const char delete_progress[] = "DELETE FROM ms_progress WHERE id = ?";
static const char delete_life[] = "DELETE FROM ms_life WHERE id = ?";
static const char delete_work[] = "DELETE FROM ms_work WHERE id = ?";

/* ---- Writing rows ---- */

static bool is_default(const ms_backoff *backoff) {
  return backoff->policy == ms_backoff_default.policy &&
         backoff->delay_ms == ms_backoff_default.delay_ms &&
         backoff->max_ms == ms_backoff_default.max_ms && backoff->jitter <= 0;
}

/* Its spec stands in the columns that a claim reads, but for its prerequisites. */
static bool has_plain_spec(const ms_work *work) {
  return work->at_ms == MS_NEVER && !ms_work_is_periodic(work) && is_default(&work->backoff) &&
         work->deadline_ms == MS_NEVER && !work->merger.data && work->keep_ms < 0 &&
         !work->files.data;
}

bool ms_work_is_plain(const ms_work *work) {
  return !work->has_life && !work->prerequisites && has_plain_spec(work);
}

/* It has waited for one other work, and nothing else has happened to it. */
static bool is_freed(const ms_work *work) {
  return work->born_blocked && work->state != MS_BLOCKED && !work->generation && !work->run &&
         !work->attempt && !work->streak && work->wish_at_ms == MS_NEVER && !work->behind.data &&
         work->due_at_ms == work->enqueued_at_ms + work->delay_ms;
}

static ms_reading_of reading_of(const ms_work *work) {
  if (ms_work_is_plain(work)) return MS_READ_PLAIN;
  return is_freed(work) ? MS_READ_FREED : MS_READ_WHOLE;
}

void ms_work_bear(ms_work *work) {
  bool blocked = work->state == MS_BLOCKED;
  work->born_blocked =
      blocked && !work->behind.data && work->prerequisites == 1 && has_plain_spec(work);
  work->has_life = work->behind.data || (blocked && !work->born_blocked);
}

/* A policy of the default kind would read as 0, so it is stored plus nothing or not at all: all
 * four columns are NULL for the default backoff. */
static ms_status write_spec(ms_store *store, const ms_work *work, int64_t source) {
  static const char with_backoff[] =
      "iiiitttznzzzttiiirzznt"
      "mztttzz";
  static const char without_backoff[] =
      "iiiitttznzzzttzzzrzznt"
      "mztttzz";
  bool plain = is_default(&work->backoff);
  return ms_sql_run(
      store, insert_work, plain ? without_backoff : with_backoff, work->id, work->lane,
      work->enqueued_at_ms, work->due_at_ms, work->input, work->tags, work->name, work->delay_ms,
      work->at_ms, work->every_ms, work->flex_ms, (int64_t)work->repeats, work->cron, work->zone,
      plain ? (int64_t)0 : (int64_t)work->backoff.policy,
      plain ? (int64_t)0 : work->backoff.delay_ms, plain ? (int64_t)0 : work->backoff.max_ms,
      work->backoff.jitter, work->max_attempts, work->timeout_ms, work->deadline_ms, work->merger,
      work->keep_ms, work->prerequisites, work->trace, source ? MS_TEXT_NONE : work->enqueued_by,
      work->files, work->deadline_within_ms, source);
}

ms_status ms_work_write_life(ms_store *store, const ms_work *work) {
  return ms_sql_run(store, ms_sql_in(store, &write_life), "iiiiiiiiinnimnitttt", work->id,
                    (int64_t)(work->state == MS_BLOCKED), work->pending, work->attempt, work->run,
                    work->period, work->generation, work->enqueued_at_ms, work->due_at_ms,
                    work->started_at_ms, work->ended_at_ms, work->streak, work->wait_ms,
                    work->wish_at_ms, (int64_t)work->outcome, work->error, work->stop_reason,
                    work->output, work->behind);
}

static ms_status write_done(ms_store *store, const ms_work *work) {
  return ms_rows_add(store, MS_ROWS_DONE, work->id, (int64_t)work->state, (int64_t)work->outcome,
                     work->attempt, work->run, work->started_at_ms, work->finished_at_ms,
                     work->stop_reason, work->output, work->error,
                     work->born_blocked && !work->has_life ? work->enqueued_at_ms : MS_NEVER);
}

static ms_status write_first_life(ms_store *store, const ms_work *work) {
  return ms_rows_add(store, MS_ROWS_LIFE, work->id, work->enqueued_at_ms, work->due_at_ms);
}

static ms_status write_tags(ms_store *store, int64_t id, const ms_text *tags, size_t count) {
  for (size_t i = 0; i < count; i++)
    MS_TRY(ms_sql_run(store, insert_tag, "ti", tags[i], id));
  return MS_OK;
}

/* ---- Moves ---- */

static ms_status contradiction(ms_store *store, const ms_work *work) {
  return ms_fail(&store->err, MS_CORRUPT, "work %lld is not %s, as its rows say",
                 (long long)work->id, ms_state_word(work->state));
}

static ms_status taken(ms_store *store, const ms_work *work, ms_status status) {
  return status == MS_NOTFOUND ? contradiction(store, work) : status;
}

/* Somebody may have altered its place, or deleted it. It waits all the same, as long as nothing
 * says that it runs or has ended. Wherever its place is now, that must not lead to it later; there
 * is no index by which it is found. */
static ms_status leave_any_place(ms_store *store, const ms_work *work) {
  int64_t ended;
  bool live;
  ms_claims_find(store, work->id, &live);
  MS_TRY(ms_sql_int(store, select_done, 0, &ended, "i", work->id));
  if (live || ended) return contradiction(store, work);
  ms_lanes_forget_heads(store);
  return ms_sql_run(store, delete_places, "i", work->id);
}

static ms_status leave_waiting(ms_store *store, const ms_work *work) {
  ms_lane *lane = ms_lane_find(store, work->lane);
  if (lane) ms_front_leave(lane, work->id);
  ms_status status =
      ms_sql_take(store, 1, delete_waiting, "iii", work->lane, work->due_at_ms, work->id);
  return status == MS_NOTFOUND ? leave_any_place(store, work) : status;
}

/* Leaving a state is a compare-and-set: the row that makes the state must be there. */
static ms_status leave(ms_store *store, const ms_work *before, bool ended) {
  bool live;
  switch (before->state) {
  case MS_ENQUEUED:
    return leave_waiting(store, before);
  case MS_RUNNING:
    ms_claims_find(store, before->id, &live);
    if (!live) return contradiction(store, before);
    if (ended)
      ms_claims_end(store, before->id);
    else
      ms_claims_void(store, before->id);
    return MS_OK;
  case MS_BLOCKED:
    return before->has_life || before->born_blocked ? MS_OK : contradiction(store, before);
  case MS_SUCCEEDED:
  case MS_FAILED:
  case MS_CANCELLED:
    return taken(store, before, ms_sql_take(store, 1, delete_done, "i", before->id));
  }
  return MS_OK;
}

/* In a lane that somebody has deleted it waits, and nobody looks for it there. */
static ms_status enter_waiting(ms_store *store, const ms_work *work) {
  ms_lane *lane = ms_lane_find(store, work->lane);
  ms_waiting waiting = {{work->due_at_ms, work->id}, (int64_t)reading_of(work)};
  MS_TRY(ms_rows_add(store, MS_ROWS_WAITING, work->lane, work->due_at_ms, work->id, waiting.more));
  if (!lane) return MS_OK;
  lane->offers = store->lanes.offer = true;
  ms_front_join(lane, waiting);
  return MS_OK;
}

static ms_status enter(ms_store *store, const ms_work *work) {
  if (work->state == MS_ENQUEUED) return enter_waiting(store, work);
  if (ms_state_is_finished(work->state)) return write_done(store, work);
  return MS_OK;
}

static ms_status insert_spec(ms_store *store, const ms_work *work) {
  int64_t source;
  MS_TRY(ms_source_find(store, work->enqueued_by, &source));
  if (!ms_work_is_plain(work) && !work->born_blocked) return write_spec(store, work, source);
  return ms_rows_add(store, MS_ROWS_PLAIN_WORK, work->id, work->lane, work->enqueued_at_ms,
                     work->due_at_ms, (int64_t)work->born_blocked, work->input, work->tags,
                     work->name, work->delay_ms, work->max_attempts, work->timeout_ms,
                     work->prerequisites, work->trace, source,
                     source ? MS_TEXT_NONE : work->enqueued_by);
}

ms_status ms_work_insert(ms_store *store, const ms_work *work, const ms_text *tags,
                         size_t tag_count) {
  MS_TRY(insert_spec(store, work));
  if (work->has_life) MS_TRY(ms_work_write_life(store, work));
  if (tag_count) MS_TRY(write_tags(store, work->id, tags, tag_count));
  if (work->name.data) MS_TRY(ms_sql_run(store, insert_name, "ti", work->name, work->id));
  if (work->deadline_ms != MS_NEVER) MS_TRY(ms_deadline_move(store, NULL, work));
  return ms_state_is_finished(work->state) ? write_done(store, work) : MS_OK;
}

ms_status ms_work_replace(ms_store *store, const ms_work *before, const ms_work *after,
                          const ms_text *tags, size_t tag_count) {
  if (before->state == MS_ENQUEUED) MS_TRY(leave(store, before, true));
  MS_TRY(ms_sql_run(store, delete_work, "i", after->id));
  MS_TRY(write_spec(store, after, 0));
  MS_TRY(ms_work_write_life(store, after));
  if (before->tags.data)
    MS_TRY(ms_sql_run(store, ms_sql_in(store, &delete_tags), "it", before->id, before->tags));
  MS_TRY(write_tags(store, after->id, tags, tag_count));
  MS_TRY(ms_deadline_move(store, before, after));
  if (before->state == MS_RUNNING) ms_claims_touch(store, before->id);
  if (before->lane != after->lane) MS_TRY(ms_claims_keep_lane(store, before->id, before->lane));
  return before->state == MS_ENQUEUED ? enter(store, after) : MS_OK;
}

/* The row in done tells all that has changed in a work that finishes, but for its period and that
 * it is not blocked any more. */
static bool outlives(const ms_work *before, const ms_work *after) {
  return before->has_life && ms_state_is_finished(after->state) && before->state != MS_BLOCKED &&
         before->period == after->period;
}

static ms_status move_life(ms_store *store, const ms_work *before, const ms_work *after) {
  if (!after->has_life || outlives(before, after)) return MS_OK;
  if (!before->has_life && is_freed(after)) return write_first_life(store, after);
  return ms_work_write_life(store, after);
}

ms_status ms_work_move(ms_store *store, const ms_work *before, const ms_work *after, bool ended) {
  MS_TRY(leave(store, before, ended));
  MS_TRY(move_life(store, before, after));
  if (before->deadline_ms != MS_NEVER) MS_TRY(ms_deadline_move(store, before, after));
  return enter(store, after);
}

ms_status ms_work_drop_name(ms_store *store, int64_t id, ms_text name) {
  MS_TRY(ms_sql_run(store, delete_name, "ti", name, id));
  return ms_sql_run(store, clear_name, "i", id);
}

ms_status ms_work_delete(ms_store *store, const ms_work *work) {
  MS_TRY(ms_store_keep_id(store, work->id));
  if (work->tags.data)
    MS_TRY(ms_sql_run(store, ms_sql_in(store, &delete_tags), "it", work->id, work->tags));
  if (work->name.data) MS_TRY(ms_sql_run(store, delete_name, "ti", work->name, work->id));
  if (work->has_life) MS_TRY(ms_sql_run(store, delete_life, "i", work->id));
  bool had_files = work->files.data || work->generation > 0;
  if (had_files) MS_TRY(ms_files_delete(store, work->id));
  MS_TRY(ms_sql_run(store, delete_progress, "i", work->id));
  MS_TRY(ms_sql_run(store, delete_done, "i", work->id));
  return ms_sql_run(store, delete_work, "i", work->id);
}

ms_status ms_progress_write(ms_store *store, int64_t id, ms_text data) {
  return ms_sql_run(store, write_progress, "it", id, data);
}

ms_status ms_progress_clear(ms_store *store, int64_t id) {
  return ms_sql_run(store, delete_progress, "i", id);
}

ms_status ms_waiting_place(ms_store *store, const ms_work *work) {
  if (work->born_blocked && !work->has_life) MS_TRY(write_first_life(store, work));
  return enter_waiting(store, work);
}

ms_status ms_waiting_return(ms_store *store, const ms_work *work) {
  ms_claims_end(store, work->id);
  return ms_waiting_place(store, work);
}
