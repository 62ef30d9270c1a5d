#include "engine/ahead.h"

#include "engine/engine.h"
#include "engine/settle.h"

/* How much is claimed ahead of the threads and of the host, and what of it goes back. */

/* A thread that wakes up costs as much as a hundred claims, so quick work is claimed ahead, in
 * steps that double while it stays quick and never by more than the largest. */
#define FIRST 8
#define MOST 512
/* Where works of many lanes take turns, they and their results stand on many pages. There a turn
 * takes more of them, so that a page is written once for several: but not while callers come, who
 * would wait for it, nor beside other processes, which might run some of them. */
#define MOST_OF_MANY 2048
#define CALM_MS 50
/* Runs that took no longer were quick. */
#define QUICK_MS 5
/* Host work is claimed when the host asks for it: one, then more while it is quick. */
#define HOST_MOST 64

/* ---- What is quick ---- */

void ms_ahead_note_length(ms_engine *engine, ms_run *run) {
  ms_flight *flight = ms_flight_of(run);
  if (!run->begun_at_ms) return;
  engine->turn.quick = flight->ended_at_ms - run->begun_at_ms <= QUICK_MS;
  engine->turn.ended_at_ms = flight->ended_at_ms;
  flight->worker->quick = engine->turn.quick;
}

/* Then nobody need look at all runs. */
static bool all_is_quick(const ms_engine *engine) {
  if (engine->turn.slow) return false;
  return engine->turn.now_ms - ms_executor_oldest(engine->executor) <= QUICK_MS;
}

bool ms_ahead_is_blocked(ms_engine *engine, int beginning) {
  int threads = ms_executor_threads(engine->executor), slow = beginning;
  size_t at = 0;
  if (!beginning && all_is_quick(engine)) return false;
  for (ms_flight *flight; (flight = ms_map_next(&engine->runs, &at)) && slow < threads;) {
    int64_t begun_at_ms = flight->run.begun_at_ms;
    bool quick = !begun_at_ms || engine->turn.now_ms - begun_at_ms <= QUICK_MS;
    if (flight->host || (quick && flight->worker->quick)) continue;
    if (!ms_flight_returned(engine, flight)) slow++;
  }
  return slow >= threads;
}

/* ---- How much ---- */

static size_t most(const ms_engine *engine) {
  bool calm = engine->turn.now_ms - engine->called_at_ms > CALM_MS && !engine->others.count;
  return calm && engine->lanes_due >= MS_AHEAD_MANY_LANES ? MOST_OF_MANY : MOST;
}

ms_status ms_ahead_note_lanes(ms_engine *engine, size_t due) {
  engine->lanes_due = due;
  if (due && due < MS_AHEAD_MANY_LANES) return MS_OK;
  return ms_store_widen(engine->store, due >= MS_AHEAD_MANY_LANES);
}

/* Twice as many would have begun in time. How long the results have waited since for other writers
 * does not matter: where there are many, small claims would stay small and others large. */
static bool may_grow(const ms_engine *engine) {
  const ms_turn *turn = &engine->turn;
  return turn->quick && turn->ended_at_ms - engine->handed_at_ms <= MS_AHEAD_PATIENCE_MS / 2;
}

size_t ms_ahead_room(ms_engine *engine) {
  size_t ready = ms_executor_ready(engine->executor);
  int64_t since_ms = engine->turn.now_ms - engine->handed_at_ms;
  if (since_ms > MS_AHEAD_PATIENCE_MS && !engine->piled)
    engine->ahead = 0;
  else if (!ready && may_grow(engine)) {
    engine->ahead = engine->ahead ? engine->ahead * 2 : FIRST;
  }
  if (engine->ahead > most(engine)) engine->ahead = most(engine);
  if (engine->observer_count) return 0;
  return ready <= engine->ahead / 2 ? engine->ahead - ready : 0;
}

size_t ms_ahead_host_room(ms_engine *engine) {
  int64_t since_ms = ms_engine_now(engine) - engine->host_claimed_at_ms;
  engine->host_ahead = since_ms <= QUICK_MS ? engine->host_ahead * 2 : 1;
  if (engine->host_ahead > HOST_MOST) engine->host_ahead = HOST_MOST;
  engine->host_claimed_at_ms = ms_engine_now(engine);
  return engine->host_ahead;
}

/* ---- What has not begun ---- */

/* Whether what was handed over at that time has had its chance. */
static bool impatient(ms_engine *engine, int64_t handed_at_ms) {
  int64_t until_ms = handed_at_ms + MS_AHEAD_PATIENCE_MS;
  if (engine->turn.recalls) return true;
  if (engine->turn.now_ms >= until_ms) return true;
  ms_turn_wake_at(engine, until_ms);
  return false;
}

static void take_back_from_pool(ms_engine *engine) {
  if (!engine->executor || !ms_executor_ready(engine->executor)) return;
  if (!engine->ahead && !engine->turn.recalls) return;
  if (!impatient(engine, engine->handed_at_ms)) return;
  engine->ahead = engine->turn.quick ? engine->ahead / 2 : 0;
  ms_executor_take_back(engine->executor, &engine->turn.taken_back);
}

static void take_back_from_host(ms_engine *engine) {
  if (engine->options.stepped) return;
  pthread_mutex_lock(&engine->mutex);
  bool waits = !ms_list_empty(&engine->host_runs);
  if (waits && impatient(engine, engine->host_claimed_at_ms)) {
    ms_list_move(&engine->turn.taken_back, &engine->host_runs);
  }
  pthread_mutex_unlock(&engine->mutex);
}

ms_status ms_ahead_take_back(ms_engine *engine) {
  take_back_from_pool(engine);
  take_back_from_host(engine);
  MS_LIST_EACH (link, &engine->turn.taken_back) {
    MS_TRY(ms_settle_return(engine, MS_LIST_ENTRY(link, ms_run, link)));
  }
  return MS_OK;
}
