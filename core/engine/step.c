#include "engine/due.h"
#include "engine/engine.h"
#include "engine/settle.h"
#include "engine/trigger.h"
#include "model/paths.h"
#include "store/claim.h"
#include "store/files.h"
#include "store/work_move.h"

#include <stdio.h>

/* Stepped managers: the same turns, called by a test that owns the clock. */

int64_t ms_step_now(ms_manager *engine) {
  return ms_engine_now(engine);
}

void ms_step_clock(ms_manager *engine, int64_t now_ms) {
  int64_t ahead_ms = now_ms - ms_engine_now(engine);
  if (ahead_ms > 0) engine->world->clock.virtual_ms += ahead_ms;
}

static ms_status apply_time(ms_engine *engine, ms_call *call) {
  (void)call;
  engine->turn.judges = true;
  return MS_OK;
}

static ms_status apply_time_and_retention(ms_engine *engine, ms_call *call) {
  engine->turn.prunes = true;
  return apply_time(engine, call);
}

/* A turn in which nothing is asked but what time brings. */
static ms_status turn(ms_engine *engine, bool prunes, ms_err *err) {
  ms_call call = {.apply = prunes ? apply_time_and_retention : apply_time};
  return ms_engine_call(engine, &call, err);
}

ms_status ms_step_jump(ms_manager *engine, int64_t jump_ms, ms_err *err) {
  MS_TRY(ms_usable(engine, err));
  engine->world->clock.skew_ms += jump_ms;
  ms_engine_ask_for_turn(engine);
  return turn(engine, true, err);
}

void ms_step_restart(ms_manager *engine, int64_t jump_ms) {
  engine->world->clock.skew_ms += jump_ms;
  engine->world->boot++;
}

ms_status ms_step_to(ms_manager *engine, int64_t now_ms, ms_err *err) {
  MS_TRY(ms_usable(engine, err));
  ms_step_clock(engine, now_ms);
  return turn(engine, false, err);
}

ms_status ms_step_next(ms_manager *engine, int64_t *at_ms, ms_err *err) {
  MS_TRY(turn(engine, true, err));
  *at_ms = engine->next_at_ms;
  return MS_OK;
}

ms_status ms_step_claim(ms_manager *engine, ms_run **run, ms_err *err) {
  MS_TRY(ms_ask_for_runs(engine, err));
  *run = ms_shift_run(engine);
  return MS_OK;
}

/* A run that ends exactly at its timeout has finished, so its result comes in before time is
 * judged. */
void ms_step_settle(ms_engine *engine) {
  if (engine->options.stepped) ms_engine_take_turn(engine);
}

typedef struct step_call {
  ms_call call;
  int64_t id;
  const char *word;
} step_call;

static ms_status load_enqueued(ms_engine *engine, step_call *args, ms_arena *arena, ms_work *work) {
  bool found;
  MS_TRY(ms_work_load(engine->store, args->id, arena, work, &found));
  if (!found) {
    return ms_fail(args->call.err, MS_MISUSE, "there is no work %lld", (long long)args->id);
  }
  if (work->state == MS_ENQUEUED) return MS_OK;
  return ms_fail(args->call.err, MS_MISUSE, "work %lld is %s and does not wait for its %s",
                 (long long)args->id, ms_state_word(work->state), args->word);
}

static ms_status meet_constraints(ms_engine *engine, step_call *args, const ms_work *work) {
  ms_lane *lane;
  MS_TRY(ms_lane_get(engine->store, work->lane, &lane));
  if (!lane->constraints.size && !work->files.data) {
    return ms_fail(args->call.err, MS_MISUSE, "work %lld has no constraints", (long long)work->id);
  }
  int64_t now_ms = engine->turn.now_ms;
  ms_change met = {.id = work->id, .first_at_ms = now_ms, .last_at_ms = now_ms, .settled = true};
  if (work->files.data) MS_TRY(ms_trigger_change(engine, &met));
  bool added = ms_ids_add(&engine->met, work->id) && ms_ids_add(&engine->met_lanes, lane->id);
  return added ? MS_OK : ms_engine_no_memory(engine);
}

/* A backoff counts as a delay. A delay may end within a period whose end is waited for. */
static bool waits_for(const ms_work *work, const char *word, int64_t now_ms) {
  bool period = strcmp(ms_due_kind(work), "period") == 0;
  if (strcmp(word, "period") == 0) return period;
  return !period || ms_due_starts_after(work, now_ms);
}

static ms_status meet_time(ms_engine *engine, step_call *args, const ms_work *before) {
  int64_t due_ms = before->due_at_ms;
  if (before->files.data) MS_TRY(ms_due_by_time(engine, before, &due_ms));
  if (!waits_for(before, args->word, engine->turn.now_ms) || due_ms <= engine->turn.now_ms) {
    return ms_fail(args->call.err, MS_MISUSE, "work %lld does not wait for its %s",
                   (long long)before->id, args->word);
  }
  ms_work after = *before;
  after.has_life = true;
  after.wish_at_ms = engine->turn.now_ms;
  MS_TRY(ms_due_at(engine, &after, &after.due_at_ms));
  return ms_work_move(engine->store, before, &after, true);
}

static ms_status apply_meet(ms_engine *engine, ms_call *call) {
  step_call *args = (step_call *)(void *)call;
  ms_arena arena = {0};
  ms_work work;
  ms_status status = load_enqueued(engine, args, &arena, &work);
  if (status == MS_OK) {
    status = strcmp(args->word, "constraints") == 0 ? meet_constraints(engine, args, &work)
                                                    : meet_time(engine, args, &work);
  }
  ms_arena_deinit(&arena);
  return status;
}

ms_status ms_step_meet(ms_manager *engine, int64_t id, const char *kind, ms_err *err) {
  step_call args = {.call = {.apply = apply_meet}, .id = id, .word = kind};
  return ms_engine_call(engine, &args.call, err);
}

/* ---- Files ---- */

typedef struct files_call {
  ms_call call;
  const ms_text *paths;
  size_t count;
  int64_t works;
} files_call;

/* Those of the paths that the work waits for, as JSON text; absent if there are none. */
static ms_status choose_paths(ms_engine *engine, const files_call *args, const ms_work *work,
                              ms_arena *arena, ms_text *list) {
  ms_constraints files;
  ms_paths chosen = {0};
  ms_buf text = {0};
  MS_TRY(ms_trigger_files(engine, work, arena, &files));
  for (size_t i = 0; i < args->count; i++) {
    bool within = false;
    for (size_t k = 0; k < files.file_count; k++) {
      const ms_watched *watched = &files.files[k];
      within = within || ms_path_within(args->paths[i], watched->path, watched->recursive);
    }
    if (within) ms_paths_add(&chosen, args->paths[i]);
  }
  bool complete = ms_paths_format(&chosen, &text);
  *list = chosen.count && complete ? ms_arena_copy(arena, ms_buf_text(&text)) : MS_TEXT_NONE;
  complete = complete && (list->data || !chosen.count);
  ms_paths_deinit(&chosen);
  ms_buf_deinit(&text);
  return complete ? MS_OK : ms_engine_no_memory(engine);
}

static ms_status change_one(ms_engine *engine, files_call *args, int64_t id, ms_arena *arena) {
  ms_work work;
  bool found;
  int64_t now_ms = engine->turn.now_ms;
  ms_change change = {.id = id, .first_at_ms = now_ms, .last_at_ms = now_ms};
  MS_TRY(ms_work_load(engine->store, id, arena, &work, &found));
  if (!found || !work.files.data) return MS_OK;
  MS_TRY(choose_paths(engine, args, &work, arena, &change.paths));
  if (!change.paths.data) return MS_OK;
  MS_TRY(ms_trigger_change(engine, &change));
  args->works += change.taken;
  return MS_OK;
}

static ms_status apply_files(ms_engine *engine, ms_call *call) {
  files_call *args = (files_call *)(void *)call;
  ms_ids ids = {0};
  ms_arena arena = {0};
  args->works = 0;
  ms_status status = ms_files_since(engine->store, 0, &ids);
  for (size_t i = 0; i < ids.count && status == MS_OK; i++) {
    ms_arena_clear(&arena);
    status = change_one(engine, args, ids.items[i], &arena);
  }
  ms_arena_deinit(&arena);
  ms_ids_deinit(&ids);
  return status;
}

ms_status ms_step_files(ms_manager *engine, const ms_text *paths, size_t count, int64_t *works,
                        ms_err *err) {
  files_call args = {.call = {.apply = apply_files}, .paths = paths, .count = count};
  MS_TRY(ms_engine_call(engine, &args.call, err));
  *works = args.works;
  return MS_OK;
}

static ms_status apply_stop(ms_engine *engine, ms_call *call) {
  step_call *args = (step_call *)(void *)call;
  bool live;
  ms_claims_find(engine->store, args->id, &live);
  if (!live) return ms_fail(call->err, MS_MISUSE, "work %lld does not run", (long long)args->id);
  if (strcmp(args->word, "cancelled") == 0 || strcmp(args->word, "replaced") == 0) {
    int64_t count;
    ms_ids ids = {.items = &args->id, .count = 1};
    return ms_cancel_works(engine, &ids, args->word, &count);
  }
  return ms_settle_stop(engine, args->id, args->word, false);
}

ms_status ms_step_stop(ms_manager *engine, int64_t id, const char *reason, ms_err *err) {
  step_call args = {.call = {.apply = apply_stop}, .id = id, .word = reason};
  return ms_engine_call(engine, &args.call, err);
}
