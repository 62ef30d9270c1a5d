#include "engine/settle.h"

#include "engine/due.h"
#include "engine/engine.h"
#include "engine/hearing.h"
#include "engine/outbox.h"
#include "engine/trigger.h"
#include "store/claim.h"
#include "store/graph.h"
#include "store/prune.h"
#include "store/queue.h"
#include "store/waiting.h"
#include "store/work_move.h"

#include <stdio.h>

/* A work on its way from one state to another. */
typedef struct passage {
  const ms_work *before;
  ms_work after;
  ms_arena *arena; /* for texts of after */
  bool ended;      /* its run, if it was running, is over */
} passage;

static ms_text copy_text(ms_arena *arena, const char *text) {
  return ms_arena_copy(arena, ms_text_of(text));
}

/* ---- Reaching a finished state ---- */

ms_status ms_settle_finished(ms_engine *engine, const ms_work *work) {
  if (!ms_ids_add(&engine->turn.finished, work->id)) return ms_engine_no_memory(engine);
  MS_TRY(ms_trigger_finish(engine, work));
  return work->prerequisites ? ms_edge_note_released(engine->store, work->id) : MS_OK;
}

/* ---- Dependents ---- */

/* The work shares the fate of a prerequisite that failed or was cancelled. */
static ms_status share_fate(ms_engine *engine, ms_arena *arena, ms_work *work, int64_t prerequisite,
                            ms_state state) {
  char text[96];
  snprintf(text, sizeof text, "prerequisite %lld %s", (long long)prerequisite,
           state == MS_FAILED ? "failed" : "was cancelled");
  work->state = state;
  work->finished_at_ms = engine->turn.now_ms;
  work->error = copy_text(arena, text);
  return work->error.data ? MS_OK : ms_engine_no_memory(engine);
}

static ms_status fail_dependent(ms_engine *engine, ms_arena *arena, const ms_work *before,
                                int64_t prerequisite, ms_state state) {
  ms_work after = *before;
  MS_TRY(share_fate(engine, arena, &after, prerequisite, state));
  MS_TRY(ms_work_move(engine->store, before, &after, true));
  MS_TRY(ms_settle_finished(engine, &after));
  return ms_outbox_event(engine, state == MS_FAILED ? MS_EVENT_FAILED : MS_EVENT_CANCELLED,
                         after.id);
}

/* The dependents of one work that failed or was cancelled; those it takes along join the list. */
static ms_status cascade_one(ms_engine *engine, int64_t id, ms_arena *arena, ms_ids *dependents,
                             ms_ids *list) {
  ms_work work;
  bool found;
  dependents->count = 0;
  MS_TRY(ms_edge_dependents(engine->store, id, dependents));
  if (!dependents->count) return MS_OK;
  MS_TRY(ms_work_load(engine->store, id, arena, &work, &found));
  ms_state state = work.state == MS_FAILED ? MS_FAILED : MS_CANCELLED;
  for (size_t i = 0; i < dependents->count; i++) {
    ms_arena_clear(arena);
    MS_TRY(ms_work_load(engine->store, dependents->items[i], arena, &work, &found));
    if (!found || (work.state != MS_BLOCKED && work.state != MS_ENQUEUED)) continue;
    MS_TRY(fail_dependent(engine, arena, &work, id, state));
    if (!ms_ids_add(list, work.id)) return ms_engine_no_memory(engine);
  }
  return MS_OK;
}

static ms_status cascade(ms_engine *engine, int64_t id) {
  ms_ids list = {0}, dependents = {0};
  ms_arena arena = {0};
  ms_status status = ms_ids_add(&list, id) ? MS_OK : ms_engine_no_memory(engine);
  for (size_t i = 0; i < list.count && status == MS_OK; i++) {
    ms_arena_clear(&arena);
    status = cascade_one(engine, list.items[i], &arena, &dependents, &list);
  }
  ms_ids_deinit(&list);
  ms_ids_deinit(&dependents);
  ms_arena_deinit(&arena);
  return status;
}

static ms_status finish(ms_engine *engine, passage *way, ms_state state, ms_event_type event) {
  ms_work *after = &way->after;
  after->state = state;
  after->finished_at_ms = engine->turn.now_ms;
  MS_TRY(ms_work_move(engine->store, way->before, after, way->ended));
  MS_TRY(ms_settle_finished(engine, after));
  MS_TRY(ms_outbox_event(engine, event, after->id));
  if (state != MS_SUCCEEDED) return cascade(engine, after->id);
  return ms_ids_add(&engine->turn.succeeded, after->id) ? MS_OK : ms_engine_no_memory(engine);
}

ms_status ms_settle_standing(ms_engine *engine, ms_arena *arena, ms_work *work) {
  ms_standing standing;
  MS_TRY(ms_edge_standing(engine->store, work->id, &standing));
  if (standing.failed) return share_fate(engine, arena, work, standing.failed, MS_FAILED);
  if (standing.cancelled) return share_fate(engine, arena, work, standing.cancelled, MS_CANCELLED);
  work->pending = standing.unfinished;
  work->state = standing.unfinished ? MS_BLOCKED : MS_ENQUEUED;
  return MS_OK;
}

/* ---- Results ---- */

static bool attempts_used_up(const ms_work *work) {
  return work->max_attempts > 0 && work->attempt >= work->max_attempts;
}

/* Work whose calendar cannot be read any more ends, or its result would hold up all others. */
static ms_status end_calendar(ms_engine *engine, passage *way) {
  ms_err err = *ms_store_err(engine->store);
  way->after.outcome = MS_OUTCOME_FAILURE;
  way->after.output = MS_TEXT_NONE;
  way->after.error = ms_text_of(err.message);
  return finish(engine, way, MS_FAILED, MS_EVENT_FAILED);
}

ms_status ms_settle_unreadable(ms_engine *engine, const ms_work *before) {
  passage way = {.before = before, .after = *before, .ended = true};
  return end_calendar(engine, &way);
}

/* Where a work waits in a lane that somebody has deleted, nobody ever looks for it. */
static ms_status wait_on(ms_engine *engine, const passage *way) {
  ms_lane *lane;
  if (ms_lane_get(engine->store, way->after.lane, &lane) != MS_OK)
    ms_engine_pass_over(engine, way->after.id);
  return ms_work_move(engine->store, way->before, &way->after, way->ended);
}

/* Periodic work goes on to its next period, whatever became of this one. */
static ms_status next_period(ms_engine *engine, passage *way, ms_event_type event) {
  ms_work *after = &way->after;
  after->state = MS_ENQUEUED;
  after->has_life = true;
  after->attempt = 0;
  after->streak = 0;
  after->period++;
  MS_TRY(ms_trigger_rearm(engine, after));
  ms_status status = ms_due_at(engine, after, &after->due_at_ms);
  if (status == MS_CORRUPT) return end_calendar(engine, way);
  MS_TRY(status);
  MS_TRY(wait_on(engine, way));
  return ms_outbox_event(engine, event, after->id);
}

static ms_status end_run(ms_engine *engine, passage *way) {
  bool success = way->after.outcome == MS_OUTCOME_SUCCESS;
  ms_event_type event = success ? MS_EVENT_SUCCEEDED : MS_EVENT_FAILED;
  if (ms_work_is_periodic(&way->after)) return next_period(engine, way, event);
  return finish(engine, way, success ? MS_SUCCEEDED : MS_FAILED, event);
}

static ms_status give_up(ms_engine *engine, passage *way, const char *why) {
  char text[160];
  ms_work *after = &way->after;
  snprintf(text, sizeof text, "max_attempts (%lld) used up: the last attempt ended with %s",
           (long long)after->max_attempts, why);
  after->outcome = MS_OUTCOME_FAILURE;
  after->output = MS_TEXT_NONE;
  after->error = copy_text(way->arena, text);
  return after->error.data ? end_run(engine, way) : ms_engine_no_memory(engine);
}

/* Between two attempts only the backoff counts. */
static ms_status rest(ms_engine *engine, passage *way, ms_event_type event) {
  ms_work *after = &way->after;
  after->state = MS_ENQUEUED;
  after->has_life = true;
  MS_TRY(ms_trigger_rest(engine, after));
  MS_TRY(ms_due_at(engine, after, &after->due_at_ms));
  MS_TRY(wait_on(engine, way));
  return ms_outbox_event(engine, event, after->id);
}

/* A run by the calendar has begun at its time, however the clock was set back since. */
static int64_t bound_by_calendar(const ms_work *work, int64_t started_at_ms) {
  bool before_time = work->cron.data && work->due_at_ms != MS_NEVER;
  return before_time && work->due_at_ms > started_at_ms ? work->due_at_ms : started_at_ms;
}

/* Threads read the system's clock and the engine its own, so a begin is kept within what the engine
 * knows of it. */
static int64_t started_at(ms_engine *engine, const ms_work *work) {
  bool live;
  int64_t id = work->id;
  ms_flight *flight = ms_map_get(&engine->runs, id);
  int64_t begun_at_ms = flight ? flight->run.begun_at_ms : 0;
  int64_t claimed_at_ms = ms_claims_find(engine->store, id, &live)->at_ms;
  if (begun_at_ms > engine->turn.now_ms) begun_at_ms = engine->turn.now_ms;
  return bound_by_calendar(work, begun_at_ms < claimed_at_ms ? claimed_at_ms : begun_at_ms);
}

static void count_run(ms_engine *engine, ms_work *work, bool attempt) {
  int64_t started_at_ms = started_at(engine, work);
  work->run++;
  if (attempt) work->attempt++;
  work->started_at_ms = started_at_ms;
  work->ended_at_ms = engine->turn.now_ms;
  work->wait_ms = -1;
  work->stop_reason = MS_TEXT_NONE;
}

static ms_status apply_result(ms_engine *engine, ms_run *run, const ms_work *before,
                              ms_arena *arena) {
  passage way = {.before = before, .after = *before, .arena = arena, .ended = true};
  ms_work *after = &way.after;
  count_run(engine, after, true);
  after->streak = 0;
  if (run->outcome == MS_OUTCOME_RETRY) {
    after->wait_ms = run->retry_after_ms;
    if (attempts_used_up(after)) return give_up(engine, &way, "retry");
    return rest(engine, &way, MS_EVENT_RETRIED);
  }
  after->outcome = run->outcome == MS_OUTCOME_SUCCESS ? MS_OUTCOME_SUCCESS : MS_OUTCOME_FAILURE;
  after->output = run->output.size ? ms_buf_text(&run->output) : MS_TEXT_NONE;
  after->error = run->error.size ? ms_buf_text(&run->error) : MS_TEXT_NONE;
  return end_run(engine, &way);
}

/* A void run's end changes nothing but that its work, or its name's next one, may start now, and
 * that retention, which leaves work alone while it runs, may look at it. */
ms_status ms_settle_void(ms_engine *engine, int64_t id) {
  ms_arena arena = {0};
  ms_work work;
  bool found;
  ms_claims_end(engine->store, id);
  ms_lanes_forget_heads(engine->store);
  engine->turn.returned = engine->turn.opens = true;
  ms_status status = ms_work_load(engine->store, id, &arena, &work, &found);
  if (status == MS_OK && found && ms_state_is_finished(work.state)) {
    status = ms_prune_note(engine->store, work.finished_at_ms, &id, 1);
  }
  ms_arena_deinit(&arena);
  return status;
}

/* Its work; not found where somebody has deleted that. */
static ms_status work_of(ms_engine *engine, ms_run *run, ms_arena *arena, ms_work *work,
                         bool *found) {
  ms_flight *flight = ms_flight_of(run);
  *work = flight->work;
  *found = true;
  return flight->fresh ? MS_OK : ms_work_load(engine->store, run->id, arena, work, found);
}

static ms_status settle_live(ms_engine *engine, ms_run *run, ms_arena *arena) {
  ms_work work;
  bool found;
  MS_TRY(work_of(engine, run, arena, &work, &found));
  if (!found) return ms_settle_void(engine, run->id);
  work.state = MS_RUNNING;
  if (ms_flight_of(run)->noted || work.run > 0) {
    MS_TRY(ms_progress_clear(engine->store, run->id));
  }
  return apply_result(engine, run, &work, arena);
}

/* A run whose claim was lost leaves nothing behind but that its work may start here again. */
static bool is_own(ms_engine *engine, const ms_run *run, bool *live) {
  const ms_claim *claim = ms_claims_find(engine->store, run->id, live);
  engine->turn.returned = true;
  if (claim && claim->batch == run->batch && claim->owner == engine->owner) return true;
  ms_lanes_forget_heads(engine->store);
  return false;
}

ms_status ms_settle_result(ms_engine *engine, ms_run *run) {
  bool live;
  ms_arena arena = {0};
  if (!is_own(engine, run, &live)) return MS_OK;
  if (!live) return ms_settle_void(engine, run->id);
  ms_hearing_opened(engine);
  ms_status status = settle_live(engine, run, &arena);
  ms_arena_deinit(&arena);
  return status;
}

/* ---- Stops ---- */

/* The run is told once the turn is committed. */
static ms_status tell_run(ms_engine *engine, int64_t id, const char *reason) {
  ms_flight *flight = ms_map_get(&engine->runs, id);
  if (!flight || flight->stopped_at_ms != MS_NEVER) return MS_OK;
  return ms_flight_stop(engine, flight, reason);
}

static ms_status stop_loaded(ms_engine *engine, passage *way, const char *reason) {
  bool timeout = strcmp(reason, "timeout") == 0, crashed = strcmp(reason, "crashed") == 0;
  ms_work *after = &way->after;
  count_run(engine, after, timeout || crashed);
  after->streak = timeout ? 0 : after->streak + 1;
  after->stop_reason = copy_text(way->arena, reason);
  if (!after->stop_reason.data) return ms_engine_no_memory(engine);
  if (crashed) MS_TRY(ms_progress_clear(engine->store, after->id));
  if (!way->ended) MS_TRY(ms_progress_flush(engine, after->id));
  if (!way->ended) MS_TRY(tell_run(engine, after->id, reason));
  if ((timeout || crashed) && attempts_used_up(after)) {
    MS_TRY(ms_progress_clear(engine->store, after->id));
    return give_up(engine, way, reason);
  }
  return rest(engine, way, MS_EVENT_STOPPED);
}

ms_status ms_settle_stop(ms_engine *engine, int64_t id, const char *reason, bool ended) {
  ms_arena arena = {0};
  ms_work work;
  bool found;
  ms_status status = ms_work_load(engine->store, id, &arena, &work, &found);
  if (status == MS_OK && found && work.state == MS_RUNNING) {
    passage way = {.before = &work, .after = work, .arena = &arena, .ended = ended};
    status = stop_loaded(engine, &way, reason);
  }
  /* A claim that somebody altered may name what is no work. */
  if (status == MS_OK && !found && ended) ms_claims_end(engine->store, id);
  ms_arena_deinit(&arena);
  return status;
}

/* It waits as it would if it had not been claimed: for its wish, unless there is a newer one, and
 * by the spec to which it was updated meanwhile. */
static ms_status wait_again(ms_engine *engine, const ms_flight *flight, ms_work *work) {
  int64_t due_at_ms = work->due_at_ms;
  bool wished = flight->wish_at_ms != MS_NEVER && work->wish_at_ms == MS_NEVER;
  if (wished) work->wish_at_ms = flight->wish_at_ms;
  if (work->generation != flight->run.generation) MS_TRY(ms_due_anew(engine, work));
  if (wished || work->due_at_ms != due_at_ms) MS_TRY(ms_work_write_life(engine->store, work));
  MS_TRY(ms_waiting_return(engine->store, work));
  return work->deadline_ms > engine->turn.now_ms ? MS_OK : ms_settle_deadline(engine, work->id);
}

ms_status ms_settle_return(ms_engine *engine, ms_run *run) {
  ms_flight *flight = ms_flight_of(run);
  ms_work work;
  bool live, found;
  if (!is_own(engine, run, &live)) return MS_OK;
  if (!live) return ms_settle_void(engine, run->id);
  /* It is no event, but somebody may wait for nothing to run. */
  engine->turn.ends = true;
  MS_TRY(work_of(engine, run, &flight->arena, &work, &found));
  if (!found) return ms_settle_void(engine, run->id);
  MS_TRY(ms_trigger_rest(engine, &work));
  if (flight->start) {
    MS_TRY(ms_queue_forget_start(engine->store, flight->run.queue, flight->start));
  }
  return wait_again(engine, flight, &work);
}

static ms_status fail_late(ms_engine *engine, const ms_work *before) {
  passage way = {.before = before, .after = *before, .ended = true};
  way.after.error = MS_TEXT("deadline: the work did not start in time");
  return finish(engine, &way, MS_FAILED, MS_EVENT_FAILED);
}

ms_status ms_settle_deadline(ms_engine *engine, int64_t id) {
  ms_arena arena = {0};
  ms_work work;
  bool found;
  ms_status status = ms_work_load(engine->store, id, &arena, &work, &found);
  if (status == MS_OK && found && (work.state == MS_ENQUEUED || work.state == MS_BLOCKED)) {
    status = fail_late(engine, &work);
  }
  ms_arena_deinit(&arena);
  return status;
}

/* A run that was stopped before and has not ended yet is not told again, but its reason is. */
static ms_status cancel_loaded(ms_engine *engine, ms_arena *arena, const ms_work *before,
                               const char *reason) {
  ms_work after = *before;
  bool live;
  if (before->state == MS_RUNNING) {
    count_run(engine, &after, true);
    MS_TRY(ms_progress_flush(engine, before->id));
    MS_TRY(tell_run(engine, before->id, reason));
  }
  if (ms_claims_find(engine->store, before->id, &live)) {
    after.stop_reason = copy_text(arena, reason);
    if (!after.stop_reason.data) return ms_engine_no_memory(engine);
  }
  after.state = MS_CANCELLED;
  after.finished_at_ms = engine->turn.now_ms;
  MS_TRY(ms_work_move(engine->store, before, &after, false));
  MS_TRY(ms_settle_finished(engine, &after));
  return ms_outbox_event(engine, MS_EVENT_CANCELLED, after.id);
}

ms_status ms_settle_cancel(ms_engine *engine, int64_t id, const char *reason, bool *cancelled) {
  ms_arena arena = {0};
  ms_work work;
  bool found;
  ms_status status = ms_work_load(engine->store, id, &arena, &work, &found);
  *cancelled = status == MS_OK && found && !ms_state_is_finished(work.state);
  if (*cancelled) status = cancel_loaded(engine, &arena, &work, reason);
  ms_arena_deinit(&arena);
  return status;
}
