#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/schedule.h"
#include "engine/settle.h"
#include "store/claim.h"
#include "store/queue.h"

#include <stdio.h>

/* A run that was interrupted and still goes on after this is native code that never returns. */
#define ABANDON_MS 1000

/* "constraint:" and a name, which has no more than 255 bytes. */
#define REASON_BYTES 272

/* The work was given to others, who took this process for dead. */
static bool is_lost(const ms_engine *engine, const ms_flight *flight) {
  bool live;
  const ms_claim *claim = ms_claims_find(engine->store, flight->run.id, &live);
  return !claim || claim->owner != engine->owner;
}

/* Another process, or a peer, has decided over this run. */
static ms_status stop_void(ms_engine *engine, ms_flight *flight) {
  const char *reason = is_lost(engine, flight) ? "crashed" : "cancelled";
  ms_arena arena = {0};
  ms_work work;
  bool found;
  ms_status status = ms_work_load(engine->store, flight->run.id, &arena, &work, &found);
  bool told = status == MS_OK && found && work.stop_reason.data;
  if (status == MS_OK) {
    status = ms_flight_stop(engine, flight, told ? work.stop_reason.data : reason);
  }
  ms_arena_deinit(&arena);
  return status;
}

static ms_status check_timeout(ms_engine *engine, ms_flight *flight, bool *stopped) {
  int64_t begun_at_ms = flight->run.begun_at_ms, now_ms = engine->turn.now_ms;
  *stopped = false;
  if (!flight->run.timeout_ms) return MS_OK;
  int64_t until_ms = (begun_at_ms ? begun_at_ms : now_ms) + flight->run.timeout_ms;
  if (now_ms < until_ms) {
    ms_turn_wake_at(engine, until_ms);
    return MS_OK;
  }
  *stopped = true;
  return ms_settle_stop(engine, flight->run.id, "timeout", false);
}

static ms_status check_constraints(ms_engine *engine, ms_flight *flight, ms_arena *arena) {
  ms_constraints constraints;
  ms_unmet unmet;
  size_t position = 0;
  char reason[REASON_BYTES];
  if (!flight->constraints.size || flight->meets) return MS_OK;
  MS_TRY(ms_lane_constraints(engine, flight->constraints, arena, &constraints));
  if (constraints.at_start_only) return MS_OK;
  if (!ms_conditions_unmet(engine, &constraints, &position, &unmet)) return MS_OK;
  snprintf(reason, sizeof reason, "constraint:%.*s", (int)unmet.name.size, unmet.name.data);
  return ms_settle_stop(engine, flight->run.id, reason, false);
}

/* The grace of a stopped run: first it is asked, then interrupted, then given up. */
static void press(ms_engine *engine, ms_flight *flight) {
  int64_t now_ms = engine->turn.now_ms;
  int64_t until_ms = flight->stopped_at_ms + engine->options.stop_grace_ms;
  if (flight->interrupted) until_ms += ABANDON_MS;
  if (now_ms < until_ms) {
    ms_turn_wake_at(engine, until_ms);
    return;
  }
  if (!flight->interrupted) {
    flight->interrupted = true;
    ms_run_interrupt(&flight->run);
    ms_turn_wake_at(engine, until_ms + ABANDON_MS);
    return;
  }
  if (flight->host) return;
  int64_t id = flight->run.id;
  char worker[256];
  snprintf(worker, sizeof worker, "%.*s", (int)flight->run.worker.size, flight->run.worker.data);
  if (!ms_executor_abandon(engine->executor, &flight->run)) return;
  ms_map_remove(&engine->runs, id);
  ms_engine_trouble(engine, "thread",
                    "a stopped worker does not return from native code; its thread is given up", id,
                    worker);
}

/* A fresh one stands in its claim, unless this turn has decided over it: nobody looks through a
 * long claim for each of its runs. */
static bool is_held(const ms_engine *engine, const ms_flight *flight) {
  return flight->fresh ? !flight->stops : ms_flight_holds(engine, flight);
}

static ms_status watch_run(ms_engine *engine, ms_flight *flight, ms_arena *arena, bool judges) {
  bool stopped = false;
  if (ms_flight_returned(engine, flight)) return MS_OK;
  if (flight->stopped_at_ms != MS_NEVER) {
    press(engine, flight);
    return MS_OK;
  }
  if (!is_held(engine, flight)) return flight->stops ? MS_OK : stop_void(engine, flight);
  if (judges) MS_TRY(check_timeout(engine, flight, &stopped));
  return stopped ? MS_OK : check_constraints(engine, flight, arena);
}

/* What begins later than it was counted leaves the window later. */
static ms_status note_begin(ms_engine *engine, ms_flight *flight) {
  if (!flight->start) return MS_OK;
  int64_t begun_at_ms = flight->run.begun_at_ms;
  int64_t at_ms = begun_at_ms ? begun_at_ms : engine->turn.now_ms;
  if (at_ms <= flight->start_at_ms) return MS_OK;
  flight->start_at_ms = at_ms;
  return ms_queue_delay_start(engine->store, flight->run.queue, flight->start, at_ms);
}

/* What is watched in one turn. */
typedef struct watch_round {
  ms_engine *engine;
  ms_arena arena;
  ms_ids ids;     /* of runs to look at more closely */
  ms_text judged; /* the constraints that were judged last, and whether one of them is lost */
  bool lost;
  ms_map verdicts; /* what was judged for the lane in which a run began: held or lost */
} watch_round;

static char held, lost;

static ms_status judge(watch_round *round, const ms_flight *flight) {
  ms_constraints constraints;
  ms_arena_clear(&round->arena);
  MS_TRY(ms_lane_constraints(round->engine, flight->constraints, &round->arena, &constraints));
  round->judged = flight->constraints;
  round->lost = !constraints.at_start_only && !ms_conditions_hold(round->engine, &constraints);
  bool noted = ms_map_put(&round->verdicts, flight->work.lane, round->lost ? &lost : &held);
  return noted ? MS_OK : ms_engine_no_memory(round->engine);
}

/* Conditions do not change meanwhile; thousands of runs share a few lanes, and many lanes often
 * need the same. */
static ms_status has_lost(watch_round *round, const ms_flight *flight, bool *has) {
  bool again = ms_text_equal(flight->constraints, round->judged);
  const void *verdict = again ? NULL : ms_map_get(&round->verdicts, flight->work.lane);
  if (!again && !verdict) MS_TRY(judge(round, flight));
  *has = verdict ? verdict == &lost : round->lost;
  return MS_OK;
}

/* Most runs are left alone, and with a look at what no other thread writes. */
static ms_status look_at(watch_round *round, ms_flight *flight) {
  bool watched = flight->timed || flight->stopped_at_ms != MS_NEVER || !flight->fresh;
  if (!flight->worker->quick) round->engine->turn.slow++;
  MS_TRY(note_begin(round->engine, flight));
  bool needs = flight->constraints.size && !flight->meets;
  if (!watched && needs) MS_TRY(has_lost(round, flight, &watched));
  if (!watched || ms_ids_add(&round->ids, flight->run.id)) return MS_OK;
  return ms_engine_no_memory(round->engine);
}

/* Giving up a run changes the map, so the ids are gathered first. */
ms_status ms_schedule_stop(ms_engine *engine, bool judges) {
  watch_round round = {.engine = engine};
  size_t at = 0;
  ms_status status = MS_OK;
  engine->turn.slow = 0;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at)) && status == MS_OK;)
    status = look_at(&round, flight);
  for (size_t i = 0; i < round.ids.count && status == MS_OK; i++) {
    ms_flight *flight = ms_map_get(&engine->runs, round.ids.items[i]);
    if (flight) status = watch_run(engine, flight, &round.arena, judges);
  }
  ms_ids_deinit(&round.ids);
  ms_map_deinit(&round.verdicts);
  ms_arena_deinit(&round.arena);
  return status;
}
