#include "engine/orphans.h"

#include "engine/engine.h"
#include "engine/hearing.h"
#include "engine/settle.h"
#include "store/claim.h"

/* At the most, while others commit. Long against a turn, short against a user's patience. */
#define LOOK_PAUSE_MS 100

bool ms_owner_alive(const ms_engine *engine, int64_t owner) {
  if (owner == engine->owner) return true;
  if (!engine->options.stepped) {
    return !ms_store_in_memory(engine->store) && ms_peers_alive(&engine->peers, owner);
  }
  const ms_ids *alive = &engine->world->alive;
  for (size_t i = 0; i < alive->count; i++) {
    if (alive->items[i] == owner) return true;
  }
  return false;
}

/* A turn whose commit went through, although the connection broke before anybody could tell, has
 * claimed works that nobody here knows of. */
static bool is_lost(const ms_engine *engine, const ms_claim *claim, int64_t id) {
  if (!ms_peers_renewed(&engine->peers) || claim->owner != engine->owner || id < 0) return false;
  const ms_flight *flight = ms_map_get(&engine->runs, id);
  return !flight || flight->run.batch != claim->batch;
}

/* The claims change underfoot, so the ids are gathered first; negative ones are void runs. */
static ms_status gather_orphans(ms_engine *engine, ms_ids *ids) {
  const ms_claims *claims = ms_claims_all(engine->store);
  for (size_t i = 0; i < claims->count; i++) {
    const ms_claim *claim = claims->items[i];
    bool dead = (claim->count || claim->unread) && !ms_owner_alive(engine, claim->owner);
    if (dead) MS_TRY(ms_claims_read(engine->store));
    for (size_t k = 0; k < claim->count; k++) {
      if (!dead && !is_lost(engine, claim, claim->ids[k])) continue;
      if (!ms_ids_add(ids, claim->ids[k])) return ms_engine_no_memory(engine);
    }
  }
  return MS_OK;
}

static ms_status list_others(ms_engine *engine, bool checks) {
  engine->others.count = engine->doors.count = 0;
  MS_TRY(ms_process_list(engine->store, &engine->others, &engine->doors));
  size_t kept = 0;
  for (size_t i = 0; i < engine->others.count; i++) {
    int64_t owner = engine->others.items[i];
    if (owner == engine->owner) continue;
    if (checks && !ms_owner_alive(engine, owner)) {
      MS_TRY(ms_process_delete(engine->store, owner));
      continue;
    }
    engine->others.items[kept] = owner;
    engine->doors.items[kept++] = engine->doors.items[i];
  }
  engine->others.count = engine->doors.count = kept;
  return MS_OK;
}

/* Processes are told of each other's end, so a turn that knows of none need not ask the kernel
 * about everybody; now and then it does, whatever was told. */
static bool looks_at_others(const ms_engine *engine) {
  int64_t since_ms = ms_clock_steady_ms(&engine->world->clock) - engine->looked_at_ms;
  return !engine->board || engine->suspects || engine->turn.ending || since_ms >= LOOK_PAUSE_MS;
}

static ms_status settle_dead(ms_engine *engine) {
  ms_ids ids = {0};
  ms_status status = gather_orphans(engine, &ids);
  for (size_t i = 0; i < ids.count && status == MS_OK; i++) {
    if (ids.items[i] > 0)
      status = ms_settle_stop(engine, ids.items[i], "crashed", true);
    else
      status = ms_settle_void(engine, -ids.items[i]);
    engine->turn.returned = true;
    ms_hearing_opened(engine);
  }
  if (ids.count) ms_lanes_forget_heads(engine->store);
  ms_ids_deinit(&ids);
  return status;
}

ms_status ms_orphans_settle(ms_engine *engine) {
  bool looks = looks_at_others(engine);
  if (looks) MS_TRY(settle_dead(engine));
  MS_TRY(list_others(engine, looks));
  engine->turn.saw_others = looks;
  return MS_OK;
}
