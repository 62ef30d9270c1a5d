#include "engine/schedule.h"

#include "base/mem.h"
#include "engine/ahead.h"
#include "engine/engine.h"
#include "engine/hearing.h"
#include "engine/outbox.h"
#include "engine/round.h"
#include "store/claim.h"
#include "store/front.h"
#include "store/queue.h"

bool ms_schedule_has_met(const ms_engine *engine, const ms_lane *lane) {
  for (size_t i = 0; i < engine->met.count; i++) {
    if (engine->met_lanes.items[i] == lane->id) return true;
  }
  return false;
}

/* What the works of those runs run later does not matter. A list that does not parse names none. */
ms_status ms_schedule_is_behind(ms_engine *engine, const ms_work *work, bool *behind) {
  int64_t *ids;
  size_t count;
  bool live;
  *behind = false;
  if (!work->behind.data) return MS_OK;
  ms_status status = ms_ids_parse(work->behind, &ids, &count);
  if (status == MS_NOMEM) return ms_engine_no_memory(engine);
  if (status != MS_OK) return MS_OK;
  for (size_t i = 0; i < count; i++) {
    if (ms_claims_find(engine->store, ids[i], &live) && !live) *behind = true;
  }
  ms_mem_free(ids);
  return MS_OK;
}

/* ---- Claiming ---- */

static ms_status write_claim(ms_round *round) {
  ms_engine *engine = round->engine;
  int64_t batch;
  if (!round->ids.count) return MS_OK;
  MS_TRY(ms_claims_add(engine->store, engine->owner, engine->turn.now_ms, round->ids.items,
                       round->ids.count, &batch));
  MS_LIST_EACH (link, &engine->turn.claimed) {
    MS_LIST_ENTRY(link, ms_run, link)->batch = batch;
  }
  MS_LIST_EACH (link, &engine->turn.claimed) {
    MS_TRY(ms_outbox_event(engine, MS_EVENT_STARTED, MS_LIST_ENTRY(link, ms_run, link)->id));
  }
  return MS_OK;
}

static ms_status find_room(ms_round *round) {
  ms_engine *engine = round->engine;
  size_t queues = ms_queues_all(engine->store)->count;
  if (queues) round->started = ms_arena_take(&round->arena, queues * sizeof *round->started);
  if (queues && !round->started) return ms_engine_no_memory(engine);
  round->others_want = ms_hearing_others_want_work(engine);
  round->room[MS_PLACE_HOST] = (int64_t)engine->turn.host_room;
  if (!engine->executor) return MS_OK;
  round->free = ms_executor_free(engine->executor);
  round->room[MS_PLACE_POOL] = round->free + (int64_t)ms_ahead_room(engine);
  return MS_OK;
}

/* Where one that was picked may not start, others have its room. */
static ms_status compete(ms_round *round) {
  bool refused;
  do {
    MS_TRY(ms_round_pick(round));
    MS_TRY(ms_round_start(round, &refused));
  } while (refused);
  return ms_round_end(round);
}

/* What does not begin soon goes back, also if nothing else happens until then. */
static void note_claimed(ms_round *round) {
  ms_engine *engine = round->engine;
  int64_t hosted = (int64_t)engine->turn.host_room - round->room[MS_PLACE_HOST];
  bool ahead = round->free < 0 || (hosted > 1 && !engine->options.stepped);
  if (ahead) ms_turn_wake_at(engine, engine->turn.now_ms + MS_AHEAD_PATIENCE_MS);
}

static ms_status claim(ms_round *round) {
  ms_engine *engine = round->engine;
  MS_TRY(find_room(round));
  bool had_room = round->room[MS_PLACE_POOL] > 0;
  MS_TRY(ms_round_gather(round));
  if (had_room) MS_TRY(ms_ahead_note_lanes(engine, round->count));
  MS_TRY(compete(round));
  engine->turn.has_room = ms_round_has_room(round, MS_PLACE_POOL);
  if (had_room) engine->piled = !engine->turn.has_room && !round->held_up;
  bool used_up = engine->turn.host_room && !round->room[MS_PLACE_HOST];
  engine->turn.host_ready = engine->turn.host_ready || used_up;
  MS_TRY(ms_schedule_look_at_rates(&round->gates));
  MS_TRY(write_claim(round));
  note_claimed(round);
  return MS_OK;
}

ms_status ms_schedule_claim(ms_engine *engine) {
  ms_round round;
  if (engine->closing || !engine->options.has_workers) return MS_OK;
  MS_TRY(ms_ahead_take_back(engine));
  ms_round_init(&round, engine);
  ms_status status = claim(&round);
  ms_round_deinit(&round);
  return status;
}

/* ---- Is there anything to do? ---- */

static ms_status could_start(ms_gates *gates, ms_lane *lane, bool *could) {
  ms_engine *engine = gates->engine;
  ms_gate gate;
  bool hold;
  if (ms_schedule_place(engine, lane)->place == MS_PLACE_NONE) return MS_OK;
  MS_TRY(ms_front_find(engine->store, lane, MS_FRONT_FIRST));
  if (ms_front_head(lane).due_at_ms > engine->turn.now_ms) return MS_OK;
  MS_TRY(ms_schedule_gate(gates, lane, &gate));
  if (gate.paused || gate.room <= 0) return MS_OK;
  MS_TRY(ms_schedule_judge(gates, lane, &hold));
  /* What a sensor is about to tell may hold. */
  *could = *could || hold || ms_conditions_unread(engine);
  return MS_OK;
}

ms_status ms_schedule_ready(ms_engine *engine, bool *ready) {
  ms_arena arena = {0};
  ms_gates gates = {.engine = engine, .arena = &arena};
  const ms_lanes *lanes = ms_lanes_all(engine->store);
  ms_status status = MS_OK;
  *ready = false;
  if (!engine->options.has_workers) return MS_OK;
  for (size_t i = 0; i < lanes->count && status == MS_OK && !*ready; i++) {
    status = could_start(&gates, lanes->items[i], ready);
  }
  ms_arena_deinit(&arena);
  return status;
}
