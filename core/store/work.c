#include "store/work.h"

#include "store/private.h"

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
  return read ? MS_OK : ms_no_memory(&store->err);
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
    if (!text->data) return ms_no_memory(&store->err);
  }
  return MS_OK;
}

ms_status ms_work_lane(ms_store *store, int64_t id, int64_t *lane) {
  return ms_sql_int(store, "SELECT lane FROM ms_work WHERE id = ?", 0, lane, "i", id);
}
