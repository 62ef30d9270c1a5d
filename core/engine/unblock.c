#include "engine/due.h"
#include "engine/engine.h"
#include "engine/offers.h"
#include "engine/outbox.h"
#include "engine/settle.h"
#include "store/graph.h"
#include "store/waiting.h"
#include "store/work_move.h"

/* Works that succeed free those that depend on them. */

static ms_status place(ms_engine *engine, const ms_work *before, const ms_work *freed) {
  ms_work after = *freed;
  after.has_life = true;
  return ms_work_move(engine->store, before, &after, true);
}

static ms_status enqueue(ms_engine *engine, const ms_work *before) {
  ms_work freed = *before;
  freed.state = MS_ENQUEUED;
  freed.pending = 0;
  freed.enqueued_at_ms = engine->turn.now_ms;
  ms_status status = ms_due_at(engine, &freed, &freed.due_at_ms);
  if (status == MS_CORRUPT) return ms_settle_unreadable(engine, before);
  MS_TRY(status);
  MS_TRY(ms_offers_may(engine, &freed) ? ms_offers_add(engine, &freed)
                                       : place(engine, before, &freed));
  return ms_outbox_event(engine, MS_EVENT_UNBLOCKED, freed.id);
}

/* A work that depends on several, of which so many have succeeded in this turn. */
static ms_status unblock_whole(ms_engine *engine, int64_t id, int64_t succeeded, ms_arena *arena) {
  ms_work work;
  bool found;
  MS_TRY(ms_work_load(engine->store, id, arena, &work, &found));
  if (!found || work.state != MS_BLOCKED) return MS_OK;
  if (work.pending <= succeeded) return enqueue(engine, &work);
  work.pending -= succeeded;
  return ms_work_write_life(engine->store, &work);
}

/* Some works, in the order of their ids, and how often each of them stood among the dependents. */
typedef struct group {
  int64_t ids[MS_FREED_MOST];
  int64_t times[MS_FREED_MOST];
  size_t count;
} group;

static size_t gather(const ms_ids *dependents, size_t at, group *some) {
  some->count = 0;
  while (at < dependents->count) {
    int64_t id = dependents->items[at];
    bool again = some->count && some->ids[some->count - 1] == id;
    if (!again && some->count == MS_FREED_MOST) break;
    if (!again) {
      some->times[some->count] = 0;
      some->ids[some->count++] = id;
    }
    some->times[some->count - 1]++;
    at++;
  }
  return at;
}

static const ms_work *find(const ms_work *works, size_t count, int64_t id) {
  for (size_t i = 0; i < count; i++) {
    if (works[i].id == id) return &works[i];
  }
  return NULL;
}

static ms_status unblock_some(ms_engine *engine, const group *some, ms_arena *arena) {
  ms_work works[MS_FREED_MOST];
  size_t found;
  MS_TRY(ms_works_freed(engine->store, some->ids, some->count, arena, works, &found));
  for (size_t i = 0; i < some->count; i++) {
    const ms_work *alone = find(works, found, some->ids[i]);
    MS_TRY(alone ? enqueue(engine, alone)
                 : unblock_whole(engine, some->ids[i], some->times[i], arena));
  }
  return MS_OK;
}

static ms_status unblock_all(ms_engine *engine, ms_ids *dependents) {
  ms_arena arena = {0};
  group some;
  ms_status status = MS_OK;
  ms_ids_sort(dependents);
  for (size_t at = 0; at < dependents->count && status == MS_OK;) {
    ms_arena_clear(&arena);
    at = gather(dependents, at, &some);
    status = unblock_some(engine, &some, &arena);
  }
  ms_arena_deinit(&arena);
  return status;
}

ms_status ms_unblock(ms_engine *engine) {
  ms_ids *succeeded = &engine->turn.succeeded, dependents = {0};
  if (!succeeded->count) return MS_OK;
  ms_ids_sort(succeeded);
  ms_status status = ms_edge_all_dependents(engine->store, succeeded, &dependents);
  if (status == MS_OK) status = unblock_all(engine, &dependents);
  succeeded->count = 0;
  ms_ids_deinit(&dependents);
  return status;
}
