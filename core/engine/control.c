#include "engine/due.h"
#include "engine/engine.h"
#include "engine/outbox.h"
#include "engine/settle.h"
#include "engine/trigger.h"
#include "store/graph.h"
#include "store/work_move.h"

/* ---- Cancel ---- */

static ms_status add_dependents(ms_engine *engine, int64_t id, ms_ids *list, ms_map *seen) {
  static char mark;
  ms_ids dependents = {0};
  ms_status status = ms_edge_dependents(engine->store, id, &dependents);
  for (size_t i = 0; i < dependents.count && status == MS_OK; i++) {
    int64_t dependent = dependents.items[i];
    if (ms_map_get(seen, dependent)) continue;
    if (!ms_map_put(seen, dependent, &mark) || !ms_ids_add(list, dependent)) {
      status = ms_engine_no_memory(engine);
    }
  }
  ms_ids_deinit(&dependents);
  return status;
}

static ms_status cancel_reachable(ms_engine *engine, ms_ids *list, ms_map *seen, const char *reason,
                                  int64_t *count) {
  bool cancelled;
  for (size_t i = 0; i < list->count; i++) {
    MS_TRY(ms_settle_cancel(engine, list->items[i], reason, &cancelled));
    *count += cancelled;
    MS_TRY(add_dependents(engine, list->items[i], list, seen));
  }
  return MS_OK;
}

ms_status ms_cancel_works(ms_engine *engine, const ms_ids *ids, const char *reason,
                          int64_t *count) {
  static char mark;
  ms_ids list = {0};
  ms_map seen = {0};
  bool complete = true;
  *count = 0;
  for (size_t i = 0; i < ids->count && complete; i++) {
    if (ms_map_get(&seen, ids->items[i])) continue;
    complete = ms_map_put(&seen, ids->items[i], &mark) && ms_ids_add(&list, ids->items[i]);
  }
  ms_status status = complete ? cancel_reachable(engine, &list, &seen, reason, count)
                              : ms_engine_no_memory(engine);
  ms_ids_deinit(&list);
  ms_map_deinit(&seen);
  return status;
}

typedef struct select_call {
  ms_call call;
  const ms_selector *selector;
  ms_status (*act)(ms_engine *engine, const ms_selector *selector, const ms_ids *ids,
                   int64_t *count);
  unsigned states;
  int64_t count;
} select_call;

static ms_status apply_select(ms_engine *engine, ms_call *call) {
  select_call *args = (select_call *)(void *)call;
  ms_ids ids = {0};
  args->count = 0;
  ms_status status = ms_query_ids(engine->store, args->selector, args->states, NULL, &ids);
  if (status == MS_OK) status = args->act(engine, args->selector, &ids, &args->count);
  ms_ids_deinit(&ids);
  return status;
}

static ms_status run_select(ms_engine *engine, select_call *args, int64_t *count, ms_err *err) {
  args->call.apply = apply_select;
  MS_TRY(ms_engine_call(engine, &args->call, err));
  *count = args->count;
  return MS_OK;
}

static ms_status act_cancel(ms_engine *engine, const ms_selector *selector, const ms_ids *ids,
                            int64_t *count) {
  if (selector->all) {
    MS_TRY(ms_store_set_counter(engine->store, "last_cancel_all", engine->turn.now_ms));
  }
  return ms_cancel_works(engine, ids, "cancelled", count);
}

/* Finished works selected by id lead to their unfinished dependents. */
ms_status ms_cancel(ms_manager *engine, const ms_selector *selector, int64_t *count, ms_err *err) {
  select_call args = {
      .selector = selector,
      .act = act_cancel,
      .states = selector->id_count ? 0 : MS_UNFINISHED_STATES,
  };
  return run_select(engine, &args, count, err);
}

/* ---- Retry ---- */

static ms_work revived(const ms_work *before, int64_t now_ms) {
  ms_work after = *before;
  after.has_life = true;
  after.attempt = 0;
  after.streak = 0;
  after.enqueued_at_ms = now_ms;
  after.ended_at_ms = MS_NEVER;
  after.wait_ms = -1;
  after.wish_at_ms = MS_NEVER;
  after.finished_at_ms = MS_NEVER;
  after.outcome = MS_OUTCOME_NONE;
  after.output = after.error = after.stop_reason = MS_TEXT_NONE;
  return after;
}

/* *revived_it is false while a prerequisite is failed or cancelled. */
static ms_status revive(ms_engine *engine, int64_t id, ms_arena *arena, bool *revived_it) {
  ms_work before;
  bool found;
  ms_standing standing = {0};
  *revived_it = false;
  MS_TRY(ms_work_load(engine->store, id, arena, &before, &found));
  if (!found || (before.state != MS_FAILED && before.state != MS_CANCELLED)) return MS_OK;
  if (before.prerequisites) MS_TRY(ms_edge_standing(engine->store, id, &standing));
  if (standing.failed || standing.cancelled) return MS_OK;
  ms_work after = revived(&before, engine->turn.now_ms);
  after.pending = standing.unfinished;
  after.state = standing.unfinished ? MS_BLOCKED : MS_ENQUEUED;
  MS_TRY(ms_trigger_revive(engine, &after));
  MS_TRY(ms_due_at(engine, &after, &after.due_at_ms));
  MS_TRY(ms_progress_clear(engine->store, id));
  MS_TRY(ms_work_move(engine->store, &before, &after, true));
  *revived_it = true;
  return ms_outbox_event(engine, MS_EVENT_ENQUEUED, id);
}

/* Works to look at, and what is known of each: that it stands in the list still, or was revived. */
typedef struct revival {
  ms_ids list;
  ms_map known;
} revival;

static char in_list, was_revived;

/* However many of its prerequisites were revived, a work stands in the list once. */
static ms_status add_to_list(ms_engine *engine, revival *works, const ms_ids *ids) {
  for (size_t i = 0; i < ids->count; i++) {
    if (ms_map_get(&works->known, ids->items[i])) continue;
    bool added = ms_map_put(&works->known, ids->items[i], &in_list) &&
                 ms_ids_add(&works->list, ids->items[i]);
    if (!added) return ms_engine_no_memory(engine);
  }
  return MS_OK;
}

static ms_status revive_next(ms_engine *engine, revival *works, int64_t id, ms_arena *arena,
                             ms_ids *dependents) {
  bool revived_it;
  ms_arena_clear(arena);
  MS_TRY(revive(engine, id, arena, &revived_it));
  if (!revived_it) {
    ms_map_remove(&works->known, id);
    return MS_OK;
  }
  dependents->count = 0;
  if (!ms_map_put(&works->known, id, &was_revived)) return ms_engine_no_memory(engine);
  MS_TRY(ms_edge_dependents(engine->store, id, dependents));
  return add_to_list(engine, works, dependents);
}

/* A revived work may be what its dependents failed for, so these are looked at after it, and again
 * whenever another prerequisite of theirs has been revived. */
static ms_status revive_all(ms_engine *engine, revival *works) {
  ms_arena arena = {0};
  ms_ids dependents = {0};
  ms_status status = MS_OK;
  for (size_t i = 0; i < works->list.count && status == MS_OK; i++) {
    status = revive_next(engine, works, works->list.items[i], &arena, &dependents);
  }
  ms_ids_deinit(&dependents);
  ms_arena_deinit(&arena);
  return status;
}

static ms_status act_retry(ms_engine *engine, const ms_selector *selector, const ms_ids *ids,
                           int64_t *count) {
  revival works = {0};
  (void)selector;
  ms_status status = add_to_list(engine, &works, ids);
  if (status == MS_OK) status = revive_all(engine, &works);
  for (size_t i = 0; i < ids->count; i++)
    *count += ms_map_get(&works.known, ids->items[i]) == &was_revived;
  ms_ids_deinit(&works.list);
  ms_map_deinit(&works.known);
  return status;
}

ms_status ms_retry(ms_manager *engine, const ms_selector *selector, int64_t *count, ms_err *err) {
  select_call args = {
      .selector = selector,
      .act = act_retry,
      .states = 1u << MS_FAILED | 1u << MS_CANCELLED,
  };
  return run_select(engine, &args, count, err);
}

/* ---- Run now ---- */

static ms_status wish(ms_engine *engine, int64_t id, ms_arena *arena) {
  ms_work before, after;
  bool found;
  MS_TRY(ms_work_load(engine->store, id, arena, &before, &found));
  after = before;
  after.has_life = true;
  after.wish_at_ms = engine->turn.now_ms;
  MS_TRY(ms_due_at(engine, &after, &after.due_at_ms));
  MS_TRY(ms_work_move(engine->store, &before, &after, true));
  return ms_outbox_event(engine, MS_EVENT_UPDATED, id);
}

static ms_status act_run_now(ms_engine *engine, const ms_selector *selector, const ms_ids *ids,
                             int64_t *count) {
  ms_arena arena = {0};
  ms_status status = MS_OK;
  (void)selector;
  for (size_t i = 0; i < ids->count && status == MS_OK; i++) {
    ms_arena_clear(&arena);
    status = wish(engine, ids->items[i], &arena);
    *count += status == MS_OK;
  }
  ms_arena_deinit(&arena);
  return status;
}

ms_status ms_run_now(ms_manager *engine, const ms_selector *selector, int64_t *count, ms_err *err) {
  select_call args = {.selector = selector, .act = act_run_now, .states = 1u << MS_ENQUEUED};
  return run_select(engine, &args, count, err);
}
