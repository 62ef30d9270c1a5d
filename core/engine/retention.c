#include "engine/retention.h"

#include "engine/engine.h"
#include "engine/outbox.h"
#include "engine/schedule.h"
#include "store/claim.h"
#include "store/graph.h"
#include "store/prune.h"
#include "store/work_move.h"

/* Between two looks whether runs that a work tells of have ended; they seldom go on for long. */
#define RUNS_PAUSE_MS 1000

static ms_status delete_one(ms_engine *engine, const ms_work *work) {
  MS_TRY(ms_outbox_event(engine, MS_EVENT_REMOVED, work->id));
  MS_TRY(ms_edge_drop(engine->store, work->id, work->name));
  return ms_work_delete(engine->store, work);
}

/* Whoever comes under the name of a work learns from it which runs of the name have not ended. */
static ms_status names_runs(ms_engine *engine, const ms_work *work, bool *yes) {
  *yes = false;
  return work->name.data ? ms_schedule_is_behind(engine, work, yes) : MS_OK;
}

/* A run that has not ended yet still needs its work. */
static ms_status deletable(ms_engine *engine, const ms_work *work, bool *yes) {
  bool live, needed;
  *yes = false;
  if (!ms_state_is_finished(work->state)) return MS_OK;
  if (ms_claims_find(engine->store, work->id, &live)) return MS_OK;
  MS_TRY(names_runs(engine, work, &needed));
  if (needed) return MS_OK;
  MS_TRY(ms_edge_unfinished_dependent(engine->store, work->id, &needed));
  *yes = !needed;
  return MS_OK;
}

/* Work with a bound of its own is noted again under the time at which that bound is reached, and
 * what tells of runs that go on under a later one. */
static ms_status delete_expired(ms_engine *engine, const ms_work *work, int64_t before_ms,
                                bool *deleted) {
  int64_t extra_ms = work->keep_ms - engine->options.retention_ms;
  int64_t expires_ms = work->finished_at_ms + (extra_ms > 0 ? extra_ms : 0);
  bool yes, waits;
  if (!ms_state_is_finished(work->state)) return MS_OK;
  MS_TRY(names_runs(engine, work, &waits));
  if (waits) expires_ms = engine->turn.now_ms + RUNS_PAUSE_MS;
  if (expires_ms > before_ms) return ms_prune_note(engine->store, expires_ms, &work->id, 1);
  MS_TRY(deletable(engine, work, &yes));
  if (!yes) return ms_prune_pass_over(engine->store);
  *deleted = true;
  return delete_one(engine, work);
}

static ms_status delete_finished(ms_engine *engine, int64_t id, int64_t before_ms, bool *deleted) {
  ms_arena arena = {0};
  ms_work work;
  bool found;
  *deleted = false;
  ms_status status = ms_work_load(engine->store, id, &arena, &work, &found);
  if (status == MS_OK && found) status = delete_expired(engine, &work, before_ms, deleted);
  ms_arena_deinit(&arena);
  return status;
}

/* ---- By age, a little in each turn ---- */

static ms_status sweep(ms_engine *engine, int64_t before_ms, ms_ids *ids, bool *more) {
  bool deleted;
  MS_TRY(ms_prune_take(engine->store, before_ms, ids, more));
  for (size_t i = 0; i < ids->count; i++) {
    MS_TRY(delete_finished(engine, ids->items[i], before_ms, &deleted));
  }
  return MS_OK;
}

/* A client's retention says nothing about what those who run the work want kept. */
ms_status ms_retention_sweep(ms_engine *engine) {
  ms_ids ids = {0};
  bool more = false;
  int64_t oldest_ms, before_ms = engine->turn.now_ms - engine->options.retention_ms;
  if (!engine->options.has_workers && !engine->options.stepped) return MS_OK;
  MS_TRY(ms_prune_next(engine->store, &oldest_ms));
  ms_status status = oldest_ms <= before_ms ? sweep(engine, before_ms, &ids, &more) : MS_OK;
  ms_ids_deinit(&ids);
  MS_TRY(status);
  if (more) ms_turn_go_on(engine);
  MS_TRY(ms_prune_next(engine->store, &oldest_ms));
  if (oldest_ms != MS_NEVER) ms_turn_wake_at(engine, oldest_ms + engine->options.retention_ms);
  return MS_OK;
}

/* ---- All at once ---- */

typedef struct prune_call {
  ms_call call;
  int64_t older_than_ms;
  int64_t count;
} prune_call;

static ms_status prune_one(ms_engine *engine, int64_t id, ms_arena *arena, int64_t *count) {
  ms_work work;
  bool found, yes;
  MS_TRY(ms_work_load(engine->store, id, arena, &work, &found));
  MS_TRY(deletable(engine, &work, &yes));
  *count += yes;
  return yes ? delete_one(engine, &work) : MS_OK;
}

static ms_status apply_prune(ms_engine *engine, ms_call *call) {
  prune_call *args = (prune_call *)(void *)call;
  ms_ids ids = {0};
  ms_arena arena = {0};
  int64_t before_ms = engine->turn.now_ms - (args->older_than_ms > 0 ? args->older_than_ms : 0);
  args->count = 0;
  if (args->older_than_ms < 0) before_ms = MS_NEVER;
  ms_status status = ms_prune_finished(engine->store, before_ms, &ids);
  for (size_t i = 0; i < ids.count && status == MS_OK; i++) {
    ms_arena_clear(&arena);
    status = prune_one(engine, ids.items[i], &arena, &args->count);
  }
  ms_ids_deinit(&ids);
  ms_arena_deinit(&arena);
  return status;
}

ms_status ms_prune(ms_manager *engine, int64_t older_than_ms, int64_t *count, ms_err *err) {
  prune_call args = {.call = {.apply = apply_prune}, .older_than_ms = older_than_ms};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *count = args.count;
  return MS_OK;
}
