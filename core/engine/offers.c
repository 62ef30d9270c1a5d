#include "engine/offers.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "store/waiting.h"
#include "store/work_move.h"

/* Works that become enqueued in this turn and are due at once are offered to its claims as they
 * are; only where the claims do not take them do they get a place among those that wait. Whatever
 * looks for works meanwhile has them placed first, so nobody misses them there. */

/* More are not claimed at once. */
#define OFFERED_MOST 512

/* Nothing but what a claim reads beside a place is to be known of it. */
static bool is_claimed_by_its_columns(const ms_work *work) {
  return ms_work_is_plain(work) || (work->born_blocked && !work->has_life);
}

/* Whoever observes sees each work in each of its states. */
bool ms_offers_may(const ms_engine *engine, const ms_work *work) {
  return engine->options.has_workers && !engine->closing && !engine->observer_count &&
         is_claimed_by_its_columns(work) && ms_lane_find(engine->store, work->lane) &&
         work->due_at_ms <= engine->turn.now_ms && engine->turn.offers.count < OFFERED_MOST;
}

static bool grow(ms_offers *offers) {
  size_t capacity = offers->capacity ? offers->capacity * 2 : 8;
  ms_work *works = ms_mem_resize(offers->works, capacity * sizeof *works);
  if (!works) return false;
  offers->works = works;
  offers->capacity = capacity;
  return true;
}

ms_status ms_offers_add(ms_engine *engine, const ms_work *work) {
  ms_offers *offers = &engine->turn.offers;
  if (offers->count == offers->capacity && !grow(offers)) return ms_engine_no_memory(engine);
  return ms_work_copy(engine->store, work, &offers->arena, &offers->works[offers->count++]);
}

void ms_offers_clear(ms_engine *engine) {
  engine->turn.offers.count = 0;
  ms_arena_clear(&engine->turn.offers.arena);
}

ms_status ms_offers_place(ms_engine *engine) {
  const ms_offers *offers = &engine->turn.offers;
  for (size_t i = 0; i < offers->count; i++) {
    const ms_work *work = &offers->works[i];
    if (work->state == MS_ENQUEUED) MS_TRY(ms_waiting_place(engine->store, work));
  }
  ms_offers_clear(engine);
  return MS_OK;
}

void ms_offers_free(ms_engine *engine) {
  ms_mem_free(engine->turn.offers.works);
  ms_arena_deinit(&engine->turn.offers.arena);
}
