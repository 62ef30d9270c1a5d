#include "engine/engine.h"
#include "store/claim.h"
#include "store/queue.h"

#include <string.h>

static ms_status count_lane(ms_engine *engine, int64_t id, ms_text queue, int64_t *running) {
  ms_flight *flight = ms_map_get(&engine->runs, id);
  ms_lane *lane;
  int64_t lane_id;
  if (flight) {
    *running += ms_text_equal(flight->lane.queue, queue);
    return MS_OK;
  }
  MS_TRY(ms_work_lane(engine->store, id, &lane_id));
  MS_TRY(ms_lane_get(engine->store, lane_id, &lane));
  *running += ms_text_equal(lane->queue, queue);
  return MS_OK;
}

/* Occupancy is counted from the claims of all processes, those that are ending included. */
static ms_status count_running(ms_engine *engine, ms_text queue, int64_t *running) {
  const ms_claims *claims = ms_claims_all(engine->store);
  *running = 0;
  for (size_t i = 0; i < claims->count; i++) {
    for (size_t k = 0; k < claims->items[i]->count; k++) {
      int64_t id = claims->items[i]->ids[k];
      MS_TRY(count_lane(engine, id < 0 ? -id : id, queue, running));
    }
  }
  return MS_OK;
}

ms_status ms_schedule_gate(ms_engine *engine, const ms_lane *lane, ms_gate *gate) {
  const ms_queue *queue = ms_queue_find(engine->store, lane->queue);
  int64_t running;
  *gate = (ms_gate){.clears_at_ms = MS_NEVER, .room = INT64_MAX};
  if (!queue) return MS_OK;
  gate->paused = queue->paused;
  if (queue->limit) {
    MS_TRY(count_running(engine, lane->queue, &running));
    gate->room = queue->limit + lane->expedited - running;
    gate->full = gate->room <= 0;
  }
  if (queue->rate) {
    int64_t room;
    MS_TRY(
        ms_queue_rate_room(engine->store, queue, engine->turn.now_ms, &room, &gate->clears_at_ms));
    gate->rated = room == 0;
    if (room < gate->room) gate->room = room;
  }
  return MS_OK;
}

ms_status ms_lane_constraints(ms_engine *engine, const ms_lane *lane, ms_arena *arena,
                              ms_constraints *constraints) {
  ms_text text = lane->constraints.size ? lane->constraints : MS_TEXT_NONE;
  return ms_constraints_parse(text, arena, constraints, ms_store_err(engine->store));
}

ms_place ms_schedule_place(ms_engine *engine, const ms_lane *lane, int64_t *timeout_ms) {
  static ms_worker_name nowhere = {.place = MS_PLACE_NONE};
  ms_worker_name *name = ms_map_get(&engine->lane_places, lane->id);
  if (!name) {
    name = &nowhere;
    for (size_t i = 0; i < engine->name_count; i++) {
      if (ms_text_equal(engine->names[i].name, lane->worker)) name = &engine->names[i];
    }
    /* Out of memory it is only looked up again next time. */
    ms_map_put(&engine->lane_places, lane->id, name);
  }
  *timeout_ms = name->timeout_ms;
  return name->place;
}
