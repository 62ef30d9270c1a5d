#include "store/work.h"

#include "store/deadline.h"
#include "store/files.h"
#include "store/front.h"
#include "store/private.h"
#include "store/waiting.h"

#include <math.h>

#define SPEC_COLUMNS                                                                               \
  "w.id, w.lane, w.enqueued_at, w.due_at, w.input, w.tags, w.name, w.delay, w.at, w.every, "       \
  "w.flex,"                                                                                        \
  " w.repeats, w.cron, w.zone, w.backoff_policy, w.backoff_delay, w.backoff_max,"                  \
  " w.backoff_jitter, w.max_attempts, w.timeout, w.deadline, w.merger, w.keep, w.prerequisites,"   \
  " w.trace, coalesce(w.enqueued_by, s.text), w.files, w.blocked, w.deadline_within"
#define LIFE_COLUMNS                                                                               \
  "l.id, l.blocked, l.pending, l.attempt, l.run, l.period, l.generation, l.enqueued_at, l.due_at," \
  " l.started_at, l.ended_at, l.streak, l.wait, l.wish, l.outcome, l.error, l.stop_reason,"        \
  " l.output, l.behind"
#define DONE_COLUMNS                                                                               \
  "d.id, d.state, d.outcome, d.attempt, d.run, d.started_at, d.finished_at, d.stop_reason,"        \
  " d.output, d.error, d.enqueued_at"
#define FIRST_LIFE_COLUMN 29
#define FIRST_DONE_COLUMN (FIRST_LIFE_COLUMN + 19)

static const char select_work[] =
    "SELECT " SPEC_COLUMNS ", " LIFE_COLUMNS ", " DONE_COLUMNS
    " FROM ms_work w"
    " LEFT JOIN ms_life l ON l.id = w.id LEFT JOIN ms_done d ON d.id = w.id"
    " LEFT JOIN ms_source s ON s.id = w.source WHERE w.id = ?";
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
void ms_work_init(ms_work *work) {
  *work = (ms_work){
      .at_ms = MS_NEVER,
      .backoff = ms_backoff_default,
      .deadline_ms = MS_NEVER,
      .keep_ms = -1,
      .started_at_ms = MS_NEVER,
      .ended_at_ms = MS_NEVER,
      .wait_ms = -1,
      .wish_at_ms = MS_NEVER,
      .finished_at_ms = MS_NEVER,
  };
}

bool ms_work_is_periodic(const ms_work *work) {
  return work->every_ms > 0 || work->cron.data || work->repeats == MS_ON_CHANGE;
}

/* ---- Reading ---- */

/* −1 = none. */
static int64_t read_length_or_none(const ms_statement *statement, int column) {
  return ms_sql_column_is_null(statement, column) ? -1 : ms_sql_column_length(statement, column);
}

static ms_outcome read_outcome(const ms_statement *statement, int column) {
  return (ms_outcome)ms_sql_column_within(statement, column, 0, MS_OUTCOME_RETRY);
}

/* The view reads other numbers in the same way. */
static ms_state read_end(const ms_statement *statement, int column) {
  int64_t number = ms_sql_column_int(statement, column);
  return number == MS_SUCCEEDED || number == MS_FAILED ? (ms_state)number : MS_CANCELLED;
}

static void read_backoff(ms_statement *statement, ms_work *work) {
  if (ms_sql_column_is_null(statement, 14)) return;
  work->backoff = (ms_backoff){
      .policy = (ms_backoff_policy)ms_sql_column_within(statement, 14, 0, MS_BACKOFF_LINEAR),
      .delay_ms = ms_sql_column_length(statement, 15),
      .max_ms = ms_sql_column_length(statement, 16),
      .jitter = fmin(fmax(ms_sql_column_double(statement, 17), 0), 1),
  };
}

static bool read_spec(ms_statement *statement, ms_arena *arena, ms_work *work) {
  bool failed = false;
  ms_work_init(work);
  work->id = ms_sql_column_int(statement, 0);
  work->lane = ms_sql_column_int(statement, 1);
  work->enqueued_at_ms = ms_sql_column_moment(statement, 2);
  work->due_at_ms = ms_sql_column_due(statement, 3);
  work->input = ms_sql_column_copy(statement, 4, arena, &failed);
  work->tags = ms_sql_column_copy(statement, 5, arena, &failed);
  work->name = ms_sql_column_copy(statement, 6, arena, &failed);
  work->delay_ms = ms_sql_column_length(statement, 7);
  work->at_ms = ms_sql_column_moment(statement, 8);
  work->every_ms = ms_sql_column_length(statement, 9);
  work->flex_ms = ms_sql_column_length(statement, 10);
  work->repeats = (ms_repeats)ms_sql_column_within(statement, 11, 0, MS_ON_CHANGE);
  work->cron = ms_sql_column_copy(statement, 12, arena, &failed);
  work->zone = ms_sql_column_copy(statement, 13, arena, &failed);
  read_backoff(statement, work);
  work->max_attempts = ms_sql_column_length(statement, 18);
  work->timeout_ms = ms_sql_column_length(statement, 19);
  work->deadline_ms = ms_sql_column_moment(statement, 20);
  work->deadline_within_ms = ms_sql_column_length(statement, 28);
  work->merger = ms_sql_column_copy(statement, 21, arena, &failed);
  work->keep_ms = read_length_or_none(statement, 22);
  work->prerequisites = ms_sql_column_length(statement, 23);
  work->trace = ms_sql_column_copy(statement, 24, arena, &failed);
  work->enqueued_by = ms_sql_column_copy(statement, 25, arena, &failed);
  work->files = ms_sql_column_copy(statement, 26, arena, &failed);
  work->period = ms_work_is_periodic(work) ? 1 : 0;
  work->born_blocked = ms_sql_column_int(statement, 27) != 0;
  work->state = work->born_blocked ? MS_BLOCKED : MS_ENQUEUED;
  work->pending = work->born_blocked;
  return !failed;
}

static bool read_life(ms_statement *statement, ms_arena *arena, ms_work *work) {
  enum { AT = FIRST_LIFE_COLUMN };
  bool failed = false;
  if (ms_sql_column_is_null(statement, AT)) return true;
  work->has_life = true;
  work->state = ms_sql_column_int(statement, AT + 1) ? MS_BLOCKED : MS_ENQUEUED;
  work->pending = ms_sql_column_length(statement, AT + 2);
  work->attempt = ms_sql_column_length(statement, AT + 3);
  work->run = ms_sql_column_length(statement, AT + 4);
  work->period = ms_sql_column_length(statement, AT + 5);
  work->generation = ms_sql_column_length(statement, AT + 6);
  work->enqueued_at_ms = ms_sql_column_moment(statement, AT + 7);
  work->due_at_ms = ms_sql_column_due(statement, AT + 8);
  work->started_at_ms = ms_sql_column_moment(statement, AT + 9);
  work->ended_at_ms = ms_sql_column_moment(statement, AT + 10);
  work->streak = ms_sql_column_length(statement, AT + 11);
  work->wait_ms = read_length_or_none(statement, AT + 12);
  work->wish_at_ms = ms_sql_column_moment(statement, AT + 13);
  work->outcome = read_outcome(statement, AT + 14);
  work->error = ms_sql_column_copy(statement, AT + 15, arena, &failed);
  work->stop_reason = ms_sql_column_copy(statement, AT + 16, arena, &failed);
  work->output = ms_sql_column_copy(statement, AT + 17, arena, &failed);
  work->behind = ms_sql_column_copy(statement, AT + 18, arena, &failed);
  return !failed;
}

static bool read_done(ms_statement *statement, ms_arena *arena, ms_work *work) {
  enum { AT = FIRST_DONE_COLUMN };
  bool failed = false;
  if (ms_sql_column_is_null(statement, AT)) return true;
  work->state = read_end(statement, AT + 1);
  work->outcome = read_outcome(statement, AT + 2);
  work->attempt = ms_sql_column_length(statement, AT + 3);
  work->run = ms_sql_column_length(statement, AT + 4);
  work->started_at_ms = ms_sql_column_moment(statement, AT + 5);
  work->finished_at_ms = ms_sql_column_moment(statement, AT + 6);
  work->stop_reason = ms_sql_column_copy(statement, AT + 7, arena, &failed);
  work->output = ms_sql_column_copy(statement, AT + 8, arena, &failed);
  work->error = ms_sql_column_copy(statement, AT + 9, arena, &failed);
  if (!ms_sql_column_is_null(statement, AT + 10))
    work->enqueued_at_ms = ms_sql_column_moment(statement, AT + 10);
  return !failed;
}

bool ms_work_read_plain(const ms_statement *statement, int column, ms_arena *arena, ms_work *work) {
  bool failed = false;
  work->lane = ms_sql_column_int(statement, column);
  work->enqueued_at_ms = ms_sql_column_moment(statement, column + 1);
  work->input = ms_sql_column_copy(statement, column + 2, arena, &failed);
  work->tags = ms_sql_column_copy(statement, column + 3, arena, &failed);
  work->name = ms_sql_column_copy(statement, column + 4, arena, &failed);
  work->delay_ms = ms_sql_column_length(statement, column + 5);
  work->max_attempts = ms_sql_column_length(statement, column + 6);
  work->timeout_ms = ms_sql_column_length(statement, column + 7);
  work->trace = ms_sql_column_copy(statement, column + 8, arena, &failed);
  return !failed;
}

/* Who never waited was enqueued in the turn that claimed it. */
static void read_claim(ms_store *store, ms_work *work) {
  bool live;
  const ms_claim *claim = ms_claims_find(store, work->id, &live);
  if (!live) return;
  work->state = MS_RUNNING;
  if (!work->born_blocked || work->has_life) return;
  work->enqueued_at_ms = claim->at_ms;
  work->due_at_ms = claim->at_ms + work->delay_ms;
}

static ms_status no_memory(ms_store *store) {
  return ms_fail(&store->err, MS_NOMEM, "not enough memory");
}

ms_status ms_work_read(ms_store *store, int64_t id, ms_arena *arena, ms_work *work, bool *found) {
  ms_statement *statement;
  *found = false;
  ms_work_init(work);
  if (!ms_is_id(id)) return MS_OK;
  MS_TRY(ms_sql_open(store, select_work, &statement, "i", id));
  MS_TRY(ms_sql_step(store, statement, found));
  if (!*found) return MS_OK;
  bool read = read_spec(statement, arena, work) && read_life(statement, arena, work) &&
              read_done(statement, arena, work);
  ms_sql_close(statement);
  return read ? MS_OK : no_memory(store);
}

/* What has neither finished nor got a life that is blocked waits or runs, unless it came blocked.
 */
ms_status ms_work_load(ms_store *store, int64_t id, ms_arena *arena, ms_work *work, bool *found) {
  bool live;
  MS_TRY(ms_work_read(store, id, arena, work, found));
  bool waits = *found && (work->state == MS_ENQUEUED || (work->born_blocked && !work->has_life));
  if (!waits || ms_state_is_finished(work->state)) return MS_OK;
  if (!ms_claims_find(store, id, &live)) MS_TRY(ms_claims_read(store));
  read_claim(store, work);
  return MS_OK;
}

/* Where its texts stand. */
static const size_t texts_of[] = {
    offsetof(ms_work, input), offsetof(ms_work, tags),         offsetof(ms_work, name),
    offsetof(ms_work, cron),  offsetof(ms_work, zone),         offsetof(ms_work, merger),
    offsetof(ms_work, trace), offsetof(ms_work, output),       offsetof(ms_work, enqueued_by),
    offsetof(ms_work, error), offsetof(ms_work, behind),       offsetof(ms_work, stop_reason),
    offsetof(ms_work, files), offsetof(ms_work, prior_output),
};

#define TEXT_COUNT (sizeof texts_of / sizeof *texts_of)

size_t ms_work_bytes(const ms_work *work) {
  size_t bytes = 0;
  for (size_t i = 0; i < TEXT_COUNT; i++)
    bytes += ms_arena_bytes_of(*(const ms_text *)(const void *)((const char *)work + texts_of[i]));
  return bytes;
}

ms_status ms_work_copy(ms_store *store, const ms_work *work, ms_arena *arena, ms_work *copy) {
  *copy = *work;
  for (size_t i = 0; i < TEXT_COUNT; i++) {
    ms_text *text = (ms_text *)(void *)((char *)copy + texts_of[i]);
    if (!text->data) continue;
    *text = ms_arena_copy(arena, *text);
    if (!text->data) return no_memory(store);
  }
  return MS_OK;
}

ms_status ms_work_lane(ms_store *store, int64_t id, int64_t *lane) {
  return ms_sql_int(store, "SELECT lane FROM ms_work WHERE id = ?", 0, lane, "i", id);
}

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
  MS_TRY(ms_rows_add(store, MS_ROWS_WAITING, work->lane, work->due_at_ms, work->id,
                     (int64_t)reading_of(work)));
  if (!lane) return MS_OK;
  lane->offers = store->lanes.offer = true;
  ms_front_join(lane, (ms_spot){work->due_at_ms, work->id});
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
