#include "engine/gate.h"

#include "engine/engine.h"
#include "store/claim.h"
#include "store/queue.h"

#include <string.h>

/* A run counts in the queue in which it began, wherever its work has been moved since. Rows that
 * somebody altered may name what is no work, or no lane, which is in no queue. */
static ms_status find_queue(ms_engine *engine, const ms_claim *claim, int64_t id,
                            const ms_queue **queue) {
  ms_flight *flight = ms_map_get(&engine->runs, id);
  *queue = NULL;
  if (flight) {
    *queue = ms_queue_find(engine->store, flight->run.queue);
    return MS_OK;
  }
  int64_t lane_id = ms_claims_lane(claim, id);
  if (!lane_id) MS_TRY(ms_work_lane(engine->store, id, &lane_id));
  if (!lane_id) return MS_OK;
  const ms_lane *lane = ms_lane_find(engine->store, lane_id);
  if (!lane) return MS_OK;
  *queue = ms_queue_find(engine->store, lane->queue);
  return MS_OK;
}

static ms_status count_claim(ms_gates *gates, const ms_claim *claim) {
  const ms_queue *first = ms_queues_all(gates->engine->store)->items, *queue;
  for (size_t i = 0; i < claim->count; i++) {
    int64_t id = claim->ids[i];
    MS_TRY(find_queue(gates->engine, claim, id < 0 ? -id : id, &queue));
    if (queue) gates->running[queue - first]++;
  }
  return MS_OK;
}

/* Occupancy is counted from the claims of all processes, those that are ending included: once for
 * all queues, when the first of them asks. */
static ms_status count_running(ms_gates *gates) {
  ms_store *store = gates->engine->store;
  const ms_claims *claims = ms_claims_all(store);
  size_t size = ms_queues_all(store)->count * sizeof *gates->running;
  if (gates->running) return MS_OK;
  gates->running = ms_arena_take(gates->arena, size);
  if (!gates->running) return ms_engine_no_memory(gates->engine);
  memset(gates->running, 0, size);
  MS_TRY(ms_claims_read(store));
  for (size_t i = 0; i < claims->count; i++)
    MS_TRY(count_claim(gates, claims->items[i]));
  return MS_OK;
}

ms_status ms_schedule_starts(ms_gates *gates, const ms_queue *queue, ms_starts **starts) {
  ms_engine *engine = gates->engine;
  const ms_queues *queues = ms_queues_all(engine->store);
  if (!gates->starts) {
    gates->starts = ms_arena_take(gates->arena, queues->count * sizeof *gates->starts);
  }
  if (!gates->starts) return ms_engine_no_memory(engine);
  *starts = &gates->starts[queue - queues->items];
  if ((*starts)->known) return MS_OK;
  return ms_queue_read_starts(engine->store, queue, engine->turn.now_ms, *starts);
}

ms_status ms_schedule_gate(ms_gates *gates, const ms_lane *lane, ms_gate *gate) {
  ms_engine *engine = gates->engine;
  const ms_queue *queue = ms_queue_find(engine->store, lane->queue);
  *gate = (ms_gate){.queue = queue, .clears_at_ms = MS_NEVER, .room = INT64_MAX};
  if (!queue) return MS_OK;
  gate->paused = queue->paused;
  if (queue->limit) {
    MS_TRY(count_running(gates));
    int64_t running = gates->running[queue - ms_queues_all(engine->store)->items];
    gate->room = queue->limit + lane->expedited - running;
    gate->full = gate->room <= 0;
  }
  if (queue->rate) {
    ms_starts *starts;
    MS_TRY(ms_schedule_starts(gates, queue, &starts));
    gate->rated = starts->room == 0;
    gate->clears_at_ms = starts->room_at_ms;
    if (starts->room < gate->room) gate->room = starts->room;
  }
  return MS_OK;
}

ms_status ms_schedule_look_at_rates(ms_gates *gates) {
  ms_engine *engine = gates->engine;
  const ms_queues *queues = ms_queues_all(engine->store);
  for (size_t i = 0; i < queues->count && gates->starts; i++) {
    ms_starts *starts = &gates->starts[i];
    if (!starts->known || starts->room) continue;
    MS_TRY(ms_queue_read_starts(engine->store, &queues->items[i], engine->turn.now_ms, starts));
    ms_turn_wake_at(engine, starts->room_at_ms);
  }
  return MS_OK;
}

ms_status ms_lane_constraints(ms_engine *engine, ms_text text, ms_arena *arena,
                              ms_constraints *constraints) {
  ms_err err;
  ms_status status =
      ms_constraints_parse(text.size ? text : MS_TEXT_NONE, arena, constraints, &err);
  if (status == MS_OK) return MS_OK;
  return ms_fail(ms_store_err(engine->store), status, "table ms_lane: %s", err.message);
}

static ms_status judge(ms_gates *gates, ms_lane *lane) {
  ms_constraints constraints;
  ms_status status =
      ms_lane_constraints(gates->engine, lane->constraints, gates->arena, &constraints);
  if (status != MS_OK && status != MS_CORRUPT) return status;
  gates->judged = lane->constraints;
  gates->hold = status == MS_OK && ms_conditions_hold(gates->engine, &constraints);
  if (status == MS_OK || lane->told) return MS_OK;
  ms_engine_pass_over(gates->engine, 0);
  lane->told = true;
  return MS_OK;
}

/* Conditions do not change meanwhile, and lanes that follow each other often need the same. */
ms_status ms_schedule_judge(ms_gates *gates, ms_lane *lane, bool *hold) {
  *hold = true;
  if (!lane->constraints.size) return MS_OK;
  if (!ms_text_equal(lane->constraints, gates->judged)) MS_TRY(judge(gates, lane));
  *hold = gates->hold;
  return MS_OK;
}

ms_worker_name *ms_schedule_place(ms_engine *engine, const ms_lane *lane) {
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
  return name;
}
