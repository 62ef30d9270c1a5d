#include "base/point.h"
#include "engine/engine.h"
#include "engine/hearing.h"
#include "engine/intake.h"
#include "engine/offers.h"
#include "engine/outbox.h"

/* ---- It is committed ---- */

static void hand_over(ms_engine *engine) {
  ms_link pool, host;
  size_t pool_count = 0;
  ms_list_init(&pool);
  ms_list_init(&host);
  MS_LIST_EACH (link, &engine->turn.claimed) {
    ms_flight *flight = ms_flight_of(MS_LIST_ENTRY(link, ms_run, link));
    ms_list_remove(link);
    ms_list_push(flight->host ? &host : &pool, link);
    if (!flight->host) pool_count++;
  }
  MS_POINT("handover");
  if (pool_count) engine->handed_at_ms = ms_engine_now(engine);
  if (pool_count) ms_executor_submit(engine->executor, &pool, pool_count);
  pthread_mutex_lock(&engine->mutex);
  ms_list_move(&engine->host_runs, &host);
  pthread_mutex_unlock(&engine->mutex);
}

/* A run that was taken back since may have left its place to the next one of its work, which nobody
 * has stopped. */
static void stop_runs(ms_engine *engine) {
  for (size_t i = 0; i < engine->turn.stopped.count; i++) {
    ms_flight *flight = ms_map_get(&engine->runs, engine->turn.stopped.items[i]);
    if (!flight || !flight->stops) continue;
    flight->stopped_at_ms = engine->turn.now_ms;
    ms_run_stop(&flight->run, flight->reason);
    if (ms_flight_take_unbegun(engine, flight)) ms_engine_give_back(engine, &flight->run);
    ms_turn_wake_at(engine, engine->turn.now_ms + engine->options.stop_grace_ms);
  }
}

/* Constraints count as met until the run ends. */
static void forget_met(ms_engine *engine, int64_t id) {
  for (size_t i = 0; i < engine->met.count; i++) {
    if (engine->met.items[i] != id) continue;
    engine->met.items[i] = engine->met.items[--engine->met.count];
    engine->met_lanes.items[i] = engine->met_lanes.items[--engine->met_lanes.count];
    i--;
  }
}

/* Settled runs go; their engine's record goes with them. */
static void free_ended(ms_engine *engine) {
  for (ms_link *link; (link = ms_list_shift(&engine->turn.settled));) {
    ms_run *run = MS_LIST_ENTRY(link, ms_run, link);
    if (ms_map_get(&engine->runs, run->id) == run) ms_map_remove(&engine->runs, run->id);
    if (run->error.size && !ms_run_stopped(run)) {
      ms_buf_add_char(&run->error, '\0');
      ms_engine_trouble(engine, "worker", run->error.data, run->id, run->worker.data);
    }
    if (ms_flight_of(run)->meets) forget_met(engine, run->id);
    engine->stats.results++;
    ms_flight_free(run);
  }
}

static void free_taken_back(ms_engine *engine) {
  for (ms_link *link; (link = ms_list_shift(&engine->turn.taken_back));) {
    ms_run *run = MS_LIST_ENTRY(link, ms_run, link);
    if (ms_map_get(&engine->runs, run->id) == run) ms_map_remove(&engine->runs, run->id);
    ms_flight_free(run);
  }
}

/* What was taken back in a turn that failed is handed over again. */
static void hand_back(ms_engine *engine) {
  ms_list_move(&engine->turn.claimed, &engine->turn.taken_back);
  hand_over(engine);
}

/* Those who watch files have news to take in. */
static void tell_lookout(ms_engine *engine) {
  engine->files_seen = engine->turn.files_seen;
  if (!engine->turn.files || !engine->options.has_workers || engine->options.stepped) return;
  pthread_mutex_lock(&engine->mutex);
  engine->look_out = true;
  ms_engine_wake_thread(engine);
  pthread_mutex_unlock(&engine->mutex);
}

void ms_turn_publish(ms_engine *engine) {
  MS_POINT("publish");
  stop_runs(engine);
  free_taken_back(engine);
  hand_over(engine);
  free_ended(engine);
  MS_POINT("events");
  ms_outbox_publish(engine);
  tell_lookout(engine);
  ms_intake_tell(engine);
  MS_POINT("nudge");
  ms_hearing_publish(engine);
}

/* ---- It was rolled back ---- */

/* A work that was claimed anew in the turn that failed has its run of before again. */
static void keep_runs(ms_engine *engine, const ms_link *runs) {
  MS_LIST_EACH (link, runs) {
    ms_run *run = MS_LIST_ENTRY(link, ms_run, link);
    /* There is room: the new run stood in the same place. */
    if (!ms_map_get(&engine->runs, run->id)) ms_map_put(&engine->runs, run->id, run);
  }
}

/* What the turn that failed has noted about runs is not so: they were not told to stop, and their
 * progress is not stored. */
static void forget_notes(ms_engine *engine) {
  size_t at = 0;
  pthread_mutex_lock(&engine->mutex);
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at));) {
    flight->fresh = false;
    flight->start_at_ms = 0;
    if (flight->stopped_at_ms == MS_NEVER) flight->stops = false;
    ms_progress_failed(engine, flight);
  }
  pthread_mutex_unlock(&engine->mutex);
}

/* The last one first, as several may have changed the same thing. */
static void undo_calls(ms_engine *engine, ms_link *calls) {
  for (ms_link *link = calls->previous; link != calls; link = link->previous) {
    ms_call *call = MS_LIST_ENTRY(link, ms_call, link);
    if (call->applied && call->undo) call->undo(engine, call);
  }
}

void ms_turn_drop_claimed(ms_engine *engine) {
  for (ms_link *link; (link = ms_list_shift(&engine->turn.claimed));) {
    ms_run *run = MS_LIST_ENTRY(link, ms_run, link);
    ms_map_remove(&engine->runs, run->id);
    ms_flight_free(run);
  }
}

/* Nothing of a turn that failed may be seen: what it claimed goes, its results wait. */
void ms_turn_take_down(ms_engine *engine, ms_link *calls, ms_link *results) {
  undo_calls(engine, calls);
  ms_turn_drop_claimed(engine);
  keep_runs(engine, results);
  keep_runs(engine, &engine->turn.taken_back);
  hand_back(engine);
  ms_map_clear(&engine->lane_places);
  ms_offers_clear(engine);
  ms_outbox_drop(engine);
  ms_hearing_failed(engine);
  ms_intake_failed(engine);
  forget_notes(engine);
  pthread_mutex_lock(&engine->mutex);
  ms_list_move(results, &engine->results);
  ms_list_move(&engine->results, results);
  pthread_mutex_unlock(&engine->mutex);
}
